package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/split"
)

// BlocksName is the name of the blocks map in an archive.
const BlocksName = "blocks.txt"

// AsItIs reports whether Path is a finished parts folder, or an unpacked archive, so that its
// files are packed as they are. Anything else is opened as a dump. An unfinished parts folder is a
// *flash.Refusal.
func (o *CreateOptions) AsItIs(ctx context.Context) (bool, error) {
	f, err := o.openFolder(ctx)
	if f != nil {
		f.Close()
	}
	return f != nil, err
}

// openFolder opens a folder that is packed as it is. It returns nil for a dump, and if only some
// of the partitions are wanted.
func (o *CreateOptions) openFolder(ctx context.Context) (*split.Opened, error) {
	w := &o.Wishes
	if o.Dump != nil || o.Open.Table != "" || o.Identity || o.Share || len(w.Only)+len(w.Skip) > 0 || w.Slot != "" || w.Userdata != plan.UserdataFull {
		return nil, nil
	}
	if st, err := os.Stat(o.Path); err != nil || !st.IsDir() {
		return nil, nil // opening it as a dump reports why
	}
	f, err := dump.OpenFolder(ctx, o.Path)
	switch {
	case errors.Is(err, split.ErrNoFolder):
		return nil, nil
	case err != nil:
		return nil, err
	case f.Manifest.Kind == flash.KindDump:
		return nil, f.Close()
	}
	return f, nil
}

// gather takes a finished folder as it is, and plans anything else. It writes nothing.
func (c *creation) gather(ctx context.Context) error {
	c.inputs = append([]string{c.Path}, c.Inputs...)
	f, err := c.openFolder(ctx)
	if err != nil {
		return err
	}
	if f != nil {
		c.closers = append(c.closers, f)
		if err := c.refuseGuess(f.Manifest); err != nil {
			return err
		}
		c.takeFolder(f)
	} else if err := c.takeDump(ctx); err != nil {
		return err
	}
	for _, o := range c.outputs {
		c.total += o.Image.Size()
	}
	c.record.Kind, c.record.Tool, c.record.Created = flash.KindArchive, c.Tool, c.Now.UTC().Format(time.RFC3339)
	return nil
}

func (c *creation) refuseGuess(m *flash.Manifest) error {
	if err := dump.RefusePackage(c.Path, m, dump.NoBackup); err != nil || c.AcceptGuess {
		return err
	}
	return dump.RefuseGuess(c.Path, m)
}

// takeFolder adds the files of a parts folder.
func (c *creation) takeFolder(f *split.Opened) {
	c.outputs, c.record, c.sums = f.Outputs, f.Manifest, map[string]string{}
	for _, file := range f.Manifest.Files {
		c.sums[file.Name] = file.SHA256
	}
}

// takeDump adds the files that a split would make from a dump.
func (c *creation) takeDump(ctx context.Context) (err error) {
	if c.source = c.Dump; c.source == nil {
		if c.source, err = dump.Open(ctx, c.Path, c.Open); err != nil {
			return err
		}
		c.closers = append(c.closers, c.source)
	}
	if err := c.source.RefusePackage(dump.NoBackup); err != nil {
		return err
	}
	c.inputs = append(c.inputs, c.source.Source.Files...)
	if !c.AcceptGuess {
		if err := c.source.RefuseGuess(); err != nil {
			return err
		}
	}
	w := c.Wishes
	if c.Identity {
		if w.Only, err = identityOf(c.source); err != nil {
			return err
		}
	}
	if c.Share {
		w.Keep = everybodys
	}
	p, err := c.source.Plan(w)
	if err != nil {
		return err
	}
	c.outputs = p.Outputs()
	c.first = []flash.Output{{Name: p.ScatterName, Image: bytes.NewReader(p.Scatter())}}
	if c.Share {
		return c.share(ctx, p)
	}
	blocks, err := blocksText(ctx, c.source, c.Blocks)
	if err != nil {
		return err
	}
	c.last = []flash.Output{{Name: BlocksName, Image: bytes.NewReader(blocks)}}
	c.record = c.source.Record(p)
	c.made.Identity = p.Identity()
	return nil
}

// share makes the record of a shared archive. Private items are already out of the plan, and the
// record says nothing about the whole phone.
func (c *creation) share(ctx context.Context, p *plan.Plan) error {
	c.record = p.Record("").Public(func(string) bool { return false })
	for _, it := range ofThisPhone(p) {
		if it.Kind != flash.KindGap {
			c.made.LeftOut = append(c.made.LeftOut, it.Name)
		}
	}
	if c.OwnerKey == "" {
		return nil
	}
	ids, err := signature(ctx, c.OwnerKey, p)
	if err != nil {
		return err
	}
	c.record.Phone = &flash.ManifestPhone{IDs: ids}
	return nil
}

// identityOf lists the partitions that are unique to this phone.
func identityOf(d *dump.Dump) (names []string, err error) {
	for _, row := range d.Layout.Table.Partitions {
		if _, yes := scatter.Identity(row.Name); yes {
			names = append(names, row.Name)
		}
	}
	if len(names) == 0 {
		return nil, &NoIdentityError{Path: d.Path, Names: d.Layout.Claimed}
	}
	return names, nil
}

// blocksText returns the blocks map as text.
func blocksText(ctx context.Context, d *dump.Dump, opt report.TextOptions) ([]byte, error) {
	facts, err := d.Facts()
	if err != nil {
		return nil, err
	}
	r, err := report.Build(ctx, facts)
	if err != nil {
		return nil, fmt.Errorf("the blocks map: %w", err)
	}
	var b bytes.Buffer
	opt.Width, opt.Unicode = 110, true
	err = r.Text(&b, opt)
	return b.Bytes(), err
}
