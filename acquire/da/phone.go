package da

import (
	"context"
	"fmt"
	"sync"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Options is what a start may need in addition to the agent.
type Options struct {
	// DRAM are the memory settings (MTK_BLOADER_INFO) of the phone's own preloader.
	// They are sent only to a phone in BootROM mode. DRAMVersion is the number in the
	// block's name, for legacy agents.
	DRAM        []byte
	DRAMVersion uint32
	// Reconnect opens the phone's next port after it left the bus to come back faster.
	// Without it a phone in BootROM mode is read at full speed, 1 MB/s.
	Reconnect func(context.Context) (*port.Line, error)
}

// Region is a part of the phone's flash the agent reads.
type Region struct {
	Name flash.Region
	Size int64 // bytes

	storage, part uint32 // XFlash and legacy
	xmlName       string
}

// Phone is a phone whose Download Agent answers. Its Images may be read by several
// goroutines; one request is on the wire at a time.
type Phone struct {
	Protocol brom.Protocol
	Agent    Entry
	Storage  flash.Storage
	Sector   int64 // bytes; what is asked of the phone is a multiple
	Regions  []Region
	CID      []byte // the flash chip's identity, nil when not told; private
	RandomID []byte // the phone's, nil when not told; private

	reader reader
	agent  agent
	close  sync.Once
	told   bool // what to do in the end
}

// End is what the phone does when reading is over.
type End int

// The ends. No agent switches the phone off while the cable is in.
const (
	Off    End = iota // let go: the phone waits with its screen dark
	Reboot            // start Android; legacy agents do not, they let go
	Stay              // nothing: the agent serves on, for the next tool
)

// After says to the user what a phone does that was closed with an end, and what is next
// to do: "" for one that was gone before it could be told.
func (p *Phone) After(end End) string {
	if !p.told {
		return ""
	}
	const dark = "the phone waits with its screen dark: pull the cable out, and it switches off (if it does not start then, hold its power key for 10 seconds)"
	switch {
	case end == Stay:
		return "the phone's agent serves on until the cable is out; hold its power key for 10 seconds if it does not start then"
	case end == Off:
		return dark
	case p.Protocol == brom.Legacy:
		return "legacy agents have no command to start Android; " + dark
	}
	return "the phone starts Android"
}

// agent is what the three families have in common once they run.
type agent interface {
	// start sets the agent up after JUMP_DA and fills in what p tells of the phone.
	start(ctx context.Context, p *Phone) error
	// read has length bytes at off of r sent, and gives them to s in order. An error
	// that is a *StatusError leaves the agent ready for more.
	read(r Region, e flash.Extent, s *sink) error
	finish(End) error
	line() *port.Line
}

// Start sends the agent for the phone out of c, starts both its stages and asks what
// there is to read. The session cannot be used any more; Close ends what has begun,
// also after an error.
func Start(ctx context.Context, s *brom.Session, info *brom.Info, c *Container, o Options) (*Phone, error) {
	chip, known := brom.Lookup(info.HWCode)
	if !known && !c.IsXML() {
		return nil, fmt.Errorf("da: %w: 0x%x", ErrUnknownChip, info.HWCode)
	}
	if !known {
		chip = brom.Chip{HWCode: info.HWCode, Protocol: brom.XML, DACode: info.HWCode}
	}
	if c.IsXML() { // the file decides: chips that began with XFlash agents have XML ones today
		chip.Protocol = brom.XML
	}
	entry, err := c.choose(chip.DACode, info.HWVersion, info.SWVersion)
	if err != nil && c.IsXML() { // XML files go by either code
		if e, herr := c.choose(info.HWCode, info.HWVersion, info.SWVersion); herr == nil {
			entry, err = e, nil
		}
	}
	if err != nil {
		return nil, err
	}
	first, err := c.bytes(entry.Regions[1])
	if err != nil {
		return nil, err
	}
	second, err := c.bytes(entry.Regions[2])
	if err != nil {
		return nil, err
	}
	if err := s.SendDA(entry.Regions[1].Address, first, entry.Regions[1].Signature); err != nil {
		return nil, fmt.Errorf("da: first stage: %w", err)
	}
	if err := s.JumpDA(entry.Regions[1].Address); err != nil {
		return nil, fmt.Errorf("da: first stage: %w", err)
	}
	p := &Phone{Protocol: chip.Protocol, Agent: entry}
	b := boot{info: info, second: second, stage: entry.Regions[2], options: o}
	switch chip.Protocol {
	case brom.XFlash:
		p.agent = &xflash{packets: packets{s.Line()}, boot: b}
	case brom.Legacy:
		p.agent = &legacy{l: s.Line(), boot: b}
	case brom.XML:
		p.agent = &xmlAgent{packets: packets{s.Line()}, boot: b}
	}
	if err := p.agent.start(ctx, p); err != nil {
		return nil, fmt.Errorf("da: %v: %w", chip.Protocol, err)
	}
	if err := p.checkRegions(); err != nil {
		return nil, fmt.Errorf("da: %v: %w", chip.Protocol, err)
	}
	p.reader.begin(p.agent, p.Sector)
	return p, nil
}

// boot is what an agent starts with.
type boot struct {
	info    *brom.Info
	second  []byte // with its signature
	stage   Stage
	options Options
}

// plain is the second stage without its signature, as XFlash and XML take it.
func (b *boot) plain() []byte { return b.second[:len(b.second)-b.stage.Signature] }

// largest bounds what a phone may say of a region's size.
const largest = 1 << 44

// add notes a region the agent told of; one of no bytes is not there.
func (p *Phone) add(r Region, size uint64) error {
	if size > largest || size%512 != 0 {
		return protocolError("%s is said to be 0x%x bytes long", r.Name, size)
	}
	if r.Size = int64(size); size > 0 {
		p.Regions = append(p.Regions, r)
	}
	return nil
}

func (p *Phone) checkRegions() error {
	if len(p.Regions) == 0 {
		return ErrNoStorage
	}
	if p.Sector < 512 || p.Sector > 64<<10 || p.Sector&(p.Sector-1) != 0 {
		return protocolError("sectors of %d bytes", p.Sector)
	}
	return nil
}

// Image returns a region's bytes as they are on the phone, or nil when it has no such
// region. Reading is fastest in order; a jump costs up to the read-ahead.
func (p *Phone) Image(name flash.Region) flash.Image {
	for _, r := range p.Regions {
		if r.Name == name {
			return &regionImage{&p.reader, r}
		}
	}
	return nil
}

// Device returns the phone as the rest of the program sees dumps.
func (p *Phone) Device() *flash.Device {
	d := &flash.Device{Storage: p.Storage}
	for _, r := range p.Regions {
		d.Parts = append(d.Parts, flash.Part{Region: r.Name, Image: p.Image(r.Name), Source: "phone"})
	}
	return d
}

// Forget drops the last few MiB read and what was read ahead, so that the next read
// comes from the flash again. A second reading to compare with must begin with it.
func (p *Phone) Forget() { p.reader.forget() }

// Close lets the reading under way finish, tells the agent what to do in the end, and
// closes the line. Images cannot be read any more. After an error of the line there is
// nobody to tell, and Close is silent.
func (p *Phone) Close(end End) (err error) {
	p.close.Do(func() {
		p.told = p.reader.end()
		if p.told && end != Stay {
			err = p.agent.finish(end)
			p.told = err == nil
		}
		p.agent.line().Close()
	})
	if err != nil {
		return fmt.Errorf("da: %v: ending: %w", p.Protocol, err)
	}
	return nil
}
