package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/mtkkit/mtkkit/acquire/adb"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// Origin is the source of a dump: a phone on a port, a running rooted phone, or files.
type Origin struct {
	Source *source.Source // its Device is read
	// Captures are the origin's lists of partitions that are not read from its flash.
	Captures []adb.Capture
	// Holes are the ranges for which the origin has no bytes; bytes that a read returns there are
	// meaningless.
	Holes map[flash.Region][]flash.Extent

	dropCache func()           // makes the next read come from the flash, not from a cache; nil: no cache
	isLocal   func(error) bool // whether the error concerns only the range that was read
	sector    int64            // the smallest read, bytes
	chip      string
	phone     flash.ManifestPhone
	ids       map[string][]byte
	problems  []flash.Problem // for the manifest
	live      bool            // the origin changes while it is read
	partial   bool            // it may have fewer regions than the phone
	packaged  bool            // the scatter file of Source is from a firmware package, not from the phone

	connected *Phone // nil for an origin without a port
	close     func() error
	once      sync.Once
}

// Close closes the origin; more calls do nothing. A phone then does what Options.End says.
func (o *Origin) Close() (err error) {
	o.once.Do(func() { err = o.close() })
	return err
}

// After returns a text for the user: what the phone does after Close, and what to do next. It is ""
// if there is nothing to do.
func (o *Origin) After() string {
	if o.connected == nil {
		return ""
	}
	return o.connected.After()
}

// accuse is Phone.Accuse for an origin with a port.
func (o *Origin) accuse(err error) error {
	if o.connected == nil {
		return err
	}
	return o.connected.Accuse(err)
}

// FromPhone returns a connected phone as an origin. Its Close closes the phone.
func FromPhone(p *Phone) *Origin {
	src := &source.Source{Device: *p.Device()}
	if p.scatter != "" {
		src.Scatter, src.ScatterText = p.scatter, bytes.NewReader(p.scatterText)
	}
	return &Origin{
		Source: src, packaged: p.scatter != "", dropCache: p.Forget, sector: p.Sector, chip: p.Chip,
		isLocal: func(err error) bool { return errors.As(err, new(*da.StatusError)) },
		phone: flash.ManifestPhone{
			HWCode: hex16(p.Loader.HWCode), HWSubCode: hex16(p.Loader.HWSubCode),
			HWVersion: hex16(p.Loader.HWVersion), SWVersion: hex16(p.Loader.SWVersion),
			Protocol: p.Protocol.String(), Agent: p.Agents.ID, AgentSHA: p.Agents.SHA256,
		},
		ids: map[string][]byte{
			"me_id": p.Loader.MEID, "soc_id": p.Loader.SOCID,
			"cid" + suffix(p.Storage == flash.EMMC, p.Protocol):         p.CID,
			"random_id" + suffix(p.Protocol == brom.XFlash, p.Protocol): p.RandomID,
		},
		connected: p, close: p.Close,
	}
}

// suffix returns the suffix of an identity's name. An identity that differs between protocols gets
// the protocol as suffix: legacy agents give a hash of the random id, and there are several forms
// of a UFS chip's identity.
func suffix(alike bool, protocol brom.Protocol) string {
	if alike {
		return ""
	}
	return "_" + protocol.String()
}

func hex16(v uint16) string { return fmt.Sprintf("0x%04x", v) }

// ADBOptions select the rooted phone and its adb server.
type ADBOptions struct {
	Server string // HOST:PORT, "" for adb.DefaultServer
	Serial string // "" if there is only one phone
	Tell   func(Notice)
}

// FromADB opens a rooted phone through an adb server. IsTrouble is true for errors about the phone
// or the server.
func FromADB(ctx context.Context, opt ADBOptions) (*Origin, error) {
	t := teller{to: opt.Tell}
	t.tell(AskingRoot{})
	p, err := adb.Open(ctx, adb.Options{Server: opt.Server, Serial: opt.Serial})
	if err != nil {
		return nil, err
	}
	t.tell(Rooted{p.Model, p.Chip, p.Storage})
	return &Origin{
		Source: &source.Source{Device: p.Device}, sector: 512, chip: strings.ToUpper(p.Chip), live: true,
		isLocal:  func(err error) bool { return errors.As(err, new(*adb.ReadError)) },
		phone:    flash.ManifestPhone{Protocol: "adb"},
		ids:      map[string][]byte{"serial": []byte(p.Serial), "kernel_cid": []byte(p.CID)}, // text, not the bytes that an agent gives
		problems: p.Problems,
		Captures: p.Captures,
		close:    p.Close,
	}, nil
}

// FromFiles opens a device in a card reader, or files or a folder with the regions of a phone. A
// folder with hashes is compared with them first; if it has changed, the error is a
// *dump.ChangedError.
func FromFiles(ctx context.Context, paths []string, progress func(flash.Event)) (*Origin, error) {
	src, err := source.OpenSet(ctx, paths, source.Options{Progress: progress})
	if err != nil {
		return nil, err
	}
	if err = dump.With(paths[0], src, nil, dump.Options{}).RefusePackage(dump.NoBackup); err == nil {
		err = proveFolder(ctx, src, paths[0], progress)
	}
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	o := &Origin{Source: src, sector: 512, partial: true, phone: flash.ManifestPhone{Protocol: "file"}, close: src.Close,
		problems: src.Problems, Holes: map[flash.Region][]flash.Extent{},
		isLocal:   func(err error) bool { return errors.As(err, new(*source.MediumError)) },
		dropCache: func() { forget(src) }}
	for _, p := range src.Parts {
		o.Holes[p.Region] = flash.Union(append(append([]flash.Extent{}, p.Unread...), src.Holes[p.Region]...))
	}
	for _, path := range paths {
		if st, err := os.Stat(path); err == nil && st.Mode()&os.ModeDevice != 0 {
			o.sector = 4096 // the kernel reads disks in pages
		}
	}
	return o, nil
}

// proveFolder compares a folder with its own hashes before it is read: otherwise the new dump would
// have hashes of changed bytes.
func proveFolder(ctx context.Context, src *source.Source, path string, progress func(flash.Event)) error {
	var found []flash.Problem
	switch {
	case src.Unfinished:
		var err error
		if found, err = dump.With(path, src, nil, dump.Options{Progress: progress}).Proven(ctx); err != nil {
			return err
		}
	case src.Record != nil:
		r, err := split.Verify(ctx, path, split.VerifyOptions{Progress: progress})
		if err != nil {
			return err
		}
		found = r.Problems
	}
	for _, p := range found {
		if p.Severity == flash.Error {
			return &dump.ChangedError{Text: p.String(), Folder: path}
		}
	}
	return nil
}

// forget makes the next read of a source's files come from the disk, not from a cache.
func forget(src *source.Source) {
	for _, p := range src.Parts {
		img, _ := flash.Root(p.Image)
		if f, ok := img.(*source.File); ok {
			f.Forget()
		}
	}
}

// claim returns the partitions that the origin's captures list, or nil if they cannot be read.
func (o *Origin) claim() *layout.Claim {
	for _, c := range o.Captures {
		got, err := capture.Read(bytes.NewReader([]byte(c.Text)))
		if err == nil && got.Kind == capture.KindDumchar {
			return &layout.Claim{Name: c.Name, Kind: got.Kind, Table: func(int64) *flash.Table { return got.Table }}
		}
	}
	return nil
}

// keepCaptures writes the phone's own lists of its partitions into the dump folder.
func (o *Origin) keepCaptures(dir string) error {
	for _, c := range o.Captures {
		if err := disk.WriteOwn(filepath.Join(dir, c.Name+".txt"), []byte(c.Text)); err != nil {
			return fmt.Errorf("acquire: %w", err)
		}
	}
	return nil
}
