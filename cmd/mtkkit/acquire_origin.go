package main

import (
	"errors"
	"fmt"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/adb"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
)

// origin is what acquire reads: a connected phone, or what stands in for one.
type origin struct {
	src      *source.Source // its Device is what there is to read
	again    func()         // the next read comes from the flash once more; nil when all do
	atPlace  func(error) bool
	sector   int64 // the least that is read at once, bytes
	chip     string
	phone    flash.ManifestPhone
	ids      map[string][]byte
	problems []flash.Problem                 // what the manifest is to say of how it was read
	live     bool                            // it goes on changing while it is read
	pieces   bool                            // it may have less regions than the phone
	holes    map[flash.Region][]flash.Extent // what of it nobody has: reads as zeros and is none
	claims   []adb.Capture                   // what it says of its partitions besides its flash

	accuse func(error) error // names another program on the port that err may come from; nil where there is no port
	after  func() string     // what it does now that it was closed, "" when that needs no word; nil for what is no phone
	close  func() error
	once   sync.Once
}

func (o *origin) device() *flash.Device  { return &o.src.Device }
func (o *origin) source() *source.Source { return o.src }

// Close lets go of the phone, once.
func (o *origin) Close() (err error) {
	o.once.Do(func() {
		if o.close != nil {
			err = o.close()
		}
	})
	return err
}

// letGo closes what may be open still, and says how the phone was left.
func (o *origin) letGo(u *ui) {
	o.Close()
	if o.after == nil {
		return
	}
	if s := o.after(); s != "" {
		u.note("%s", s)
	}
}

// hasOrigin reports whether the user says where to read from.
func hasOrigin(c *cli.Context) bool { return c.IsSet("da") || c.IsSet("port") || c.IsSet("from") }

// openOrigin opens what the options name; without any it waits for a phone.
func openOrigin(c *cli.Context, u *ui) (*origin, error) {
	if c.IsSet("from") {
		return openFrom(c, u)
	}
	return openPhoneOrigin(c, u)
}

// openPhoneOrigin waits for a phone and starts its agent.
func openPhoneOrigin(c *cli.Context, u *ui) (*origin, error) {
	p, err := openPhonePort(bridgePhone(c), u)
	if err != nil {
		return nil, err
	}
	live, err := p.connect(c.Context)
	if err != nil {
		p.Close()
		return nil, err
	}
	o := &origin{
		src: &source.Source{Device: *live.Device()}, again: live.Forget, sector: live.Sector, chip: live.Chip,
		atPlace: func(err error) bool { var s *da.StatusError; return errors.As(err, &s) },
		phone: flash.ManifestPhone{
			HWCode: hex16(live.Loader.HWCode), HWSubCode: hex16(live.Loader.HWSubCode),
			HWVersion: hex16(live.Loader.HWVersion), SWVersion: hex16(live.Loader.SWVersion),
			Protocol: fmt.Sprint(live.Protocol), Agent: live.Agent.ID, AgentSHA: live.Agent.SHA256,
		},
		ids:    map[string][]byte{"me_id": live.Loader.MEID, "soc_id": live.Loader.SOCID, "cid" + told(live.Storage == flash.EMMC, live.Protocol): live.CID, "random_id" + told(live.Protocol == brom.XFlash, live.Protocol): live.RandomID},
		accuse: func(err error) error { return p.accuse(err, live.Port) },
		after:  func() string { return live.After(p.end) },
		close:  func() error { return errors.Join(live.Close(p.end), p.Close()) },
	}
	return o, nil
}

// told marks an identity that only phones read by the same protocol have in common: legacy
// agents give a hash of the random id, and UFS chips are named in more than one way.
func told(alike bool, protocol brom.Protocol) string {
	if alike {
		return ""
	}
	return "_" + protocol.String()
}

func hex16(v uint16) string { return fmt.Sprintf("0x%04x", v) }

// Where partition tables stand, bytes: what is in front of the first partition, and the
// backup at the end.
const (
	tableTail = 1 << 20
)

// tableRanges are the stretches of the user area without which nothing in a dump has a
// name. They are read whatever is asked, and twice.
func tableRanges(dev *flash.Device, l *layout.Layout) []plan.Range {
	user := dev.User()
	if user == nil {
		return nil
	}
	size := user.Image.Size()
	add := func(off, n int64) plan.Range {
		return plan.Range{Region: user.Region, Extent: flash.Extent{Offset: off, Length: n}.Clip(size)}
	}
	out := []plan.Range{add(0, dump.TableHead), add(max(size-tableTail, 0), tableTail)}
	for _, off := range l.TableSectors { // EBRs stand between the partitions
		out = append(out, add(off, 512))
	}
	return out
}

// ownPlaces are the partitions that make a phone this phone: what tells it from others of
// its model.
func ownPlaces(l *layout.Layout) map[flash.Region][]flash.Extent {
	own := map[flash.Region][]flash.Extent{}
	for _, p := range l.Table.Partitions {
		if _, yes := scatter.Identity(p.Name); yes && p.Placed() {
			own[p.Region] = append(own[p.Region], p.Extent)
		}
	}
	return own
}
