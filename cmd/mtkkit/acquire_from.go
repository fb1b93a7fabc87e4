package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/adb"
	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// fromADB is the origin that is no file.
const fromADB = "adb"

// fromFlags are the options of acquire for origins without a loader.
func fromFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "from", Usage: "read from `ORIGIN` instead: adb (a rooted phone that runs), a card reader or eMMC such as /dev/sdX, or files: ROM_0,ROM_1, a folder"},
		&cli.StringFlag{Name: "serial", Usage: "`SERIAL` of the phone, for --from adb with several connected"},
	}
}

// openFrom opens the origin that --from names.
func openFrom(c *cli.Context, u *ui) (*origin, error) {
	from := c.String("from")
	for _, name := range []string{"port", "da", "preloader", "auth", "cert", "wait", "then"} {
		if c.IsSet(name) {
			return nil, usage("mtkkit acquire: --%s is for a phone's loader, and --from reads from elsewhere", name)
		}
	}
	if c.IsSet("serial") && from != fromADB {
		return nil, usage("mtkkit acquire: --serial names a phone for --from adb")
	}
	var (
		o   *origin
		err error
	)
	switch from {
	case "":
		return nil, usage("mtkkit acquire: --from is given without a name")
	case fromADB:
		o, err = openADBOrigin(c, u)
	default:
		o, err = openFileOrigin(c, u, from)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// openADBOrigin finds a rooted phone at this computer's adb server.
func openADBOrigin(c *cli.Context, u *ui) (*origin, error) {
	server, err := adbServer()
	if err != nil {
		return nil, err
	}
	u.note("asking the phone for root: confirm on its screen if it asks")
	p, err := adb.Open(c.Context, adb.Options{Server: server, Serial: c.String("serial")})
	if err != nil {
		return nil, err
	}
	u.note("%s, running: %s", strings.TrimSpace(p.Model+" "+p.Chip), p.Storage)
	return &origin{
		src: &source.Source{Device: p.Device}, sector: 512, chip: strings.ToUpper(p.Chip), live: true,
		atPlace:  func(err error) bool { return errors.As(err, new(*adb.ReadError)) },
		phone:    flash.ManifestPhone{Protocol: "adb"},
		ids:      map[string][]byte{"serial": []byte(p.Serial), "kernel_cid": []byte(p.CID)}, // text, and not an agent's bytes
		problems: p.Problems,
		claims:   p.Captures,
		close:    p.Close,
	}, nil
}

// adbServer is where the adb server is, by the variables that adb itself goes by.
func adbServer() (string, error) {
	if s := os.Getenv("ADB_SERVER_SOCKET"); s != "" {
		at, ok := strings.CutPrefix(s, "tcp:")
		if !ok {
			return "", usage("mtkkit acquire: ADB_SERVER_SOCKET is tcp:HOST:PORT here, not %q", s)
		}
		if !strings.Contains(at, ":") {
			at = "127.0.0.1:" + at
		}
		return at, nil
	}
	if n := os.Getenv("ANDROID_ADB_SERVER_PORT"); n != "" {
		return "127.0.0.1:" + n, nil
	}
	return adb.DefaultServer, nil
}

// openFileOrigin opens a device in a reader, or files that hold the regions of a phone.
func openFileOrigin(c *cli.Context, u *ui, from string) (*origin, error) {
	paths := strings.Split(from, ",")
	if _, err := os.Stat(from); err == nil { // a name with a comma in it
		paths = []string{from}
	}
	src, err := source.OpenSet(c.Context, paths, source.Options{Progress: u.bars.event})
	u.bars.clear()
	if err != nil {
		return nil, err
	}
	if err := proveOrigin(c.Context, u, src, paths[0]); err != nil {
		return nil, errors.Join(err, src.Close())
	}
	o := &origin{src: src, sector: 512, pieces: true, phone: flash.ManifestPhone{Protocol: "file"}, close: src.Close,
		problems: src.Problems, holes: map[flash.Region][]flash.Extent{},
		atPlace: func(err error) bool { return errors.As(err, new(*source.MediumError)) }}
	for _, p := range src.Parts {
		holes := flash.Union(append(append([]flash.Extent{}, p.Unread...), src.Holes[p.Region]...))
		o.holes[p.Region] = holes
	}
	o.again = func() { forget(src) }
	for _, path := range paths {
		if st, err := os.Stat(path); err == nil && st.Mode()&os.ModeDevice != 0 {
			o.sector = 4096 // the kernel reads disks in pages
		}
	}
	return o, nil
}

// proveOrigin holds a folder against its own hashes before it is read: afterwards what has
// changed in it would have a new hash, that proves it.
func proveOrigin(ctx context.Context, u *ui, src *source.Source, path string) error {
	var found []flash.Problem
	switch {
	case src.Unfinished:
		var err error
		if found, err = dump.With(path, src, nil, dump.Options{Progress: u.bars.event}).Proven(ctx); err != nil {
			return err
		}
	case src.Record != nil:
		r, err := split.Verify(ctx, path, split.VerifyOptions{Progress: u.bars.event})
		if err != nil {
			return err
		}
		found = r.Problems
	}
	u.bars.clear()
	for _, p := range found {
		if p.Severity == flash.Error {
			return &dump.ChangedError{Text: p.String(), Folder: path}
		}
	}
	return nil
}

// forget has the next read of a source's files come from the disk.
func forget(src *source.Source) {
	for _, p := range src.Parts {
		img, _ := flash.Root(p.Image)
		if f, ok := img.(*source.File); ok {
			f.Forget()
		}
	}
}

// claim is what the origin itself says of partitions, besides what stands in the flash:
// nil when it says nothing that can be read.
func (o *origin) claim() *layout.Claim {
	for _, c := range o.claims {
		got, err := capture.Read(bytes.NewReader([]byte(c.Text)))
		if err == nil && got.Kind == capture.KindDumchar {
			return &layout.Claim{Name: c.Name, Kind: got.Kind, Table: func(int64) *flash.Table { return got.Table }}
		}
	}
	return nil
}

// keepClaims writes the phone's own lists of its partitions into the dump folder.
func (o *origin) keepClaims(dir string) error {
	for _, c := range o.claims {
		path := filepath.Join(dir, c.Name+".txt")
		if err := disk.WriteOwn(path, []byte(c.Text)); err != nil {
			return fmt.Errorf("acquire: %w", err)
		}
	}
	return nil
}
