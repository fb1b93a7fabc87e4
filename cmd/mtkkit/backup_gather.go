package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/split"
)

// gather takes a finished folder as it is, and plans anything else.
func (j *backupJob) gather(c *cli.Context, path string) error {
	wishes := c.IsSet("only") || c.IsSet("skip") || c.IsSet("slot") || c.IsSet("userdata") || c.IsSet("scatter") || c.IsSet("table") || c.Bool("identity") || j.share
	if st, err := os.Stat(path); err == nil && st.IsDir() && !wishes {
		folder, err := split.Open(path)
		if err == nil && folder.Manifest.Kind != flash.KindDump {
			j.closers = append(j.closers, folder)
			j.folder(folder)
			return nil
		}
		if err == nil {
			folder.Close()
		} else if !errors.Is(err, split.ErrNoFolder) {
			return refused(err)
		}
	}
	d, err := openDump(c, j.u, path)
	if err != nil {
		return err
	}
	j.closers = append(j.closers, d)
	j.file.Inputs = append(j.file.Inputs, d.Source.Files...)
	return j.dump(c, d)
}

// folder packs the files of a parts folder, and an archive that was unpacked.
func (j *backupJob) folder(f *split.Opened) {
	j.outputs, j.record, j.sums = f.Outputs, f.Manifest, map[string]string{}
	for _, file := range f.Manifest.Files {
		j.sums[file.Name] = file.SHA256
	}
}

// dump packs what a split would make of a dump.
func (j *backupJob) dump(c *cli.Context, d *input) error {
	w, _, err := wishes(c)
	if err != nil {
		return err
	}
	if c.Bool("identity") {
		if w.Only, err = identityOf(d); err != nil {
			return err
		}
	}
	w.Share = j.share
	p, err := d.Plan(w)
	if err != nil {
		return patternHelp(c, err)
	}
	j.source = d
	if j.share {
		return j.shared(c, p)
	}
	blocks, err := blocksText(c, d)
	if err != nil {
		return err
	}
	j.u.bars.clear()
	j.outputs = p.Outputs()
	j.first = []flash.Output{{Name: p.ScatterName, Image: bytes.NewReader(p.Scatter())}}
	j.last = []flash.Output{{Name: blocksName, Image: bytes.NewReader(blocks)}}
	j.record = d.Record(p)
	if s := p.Identity(); s != "" {
		j.notes = append(j.notes, s)
	}
	return nil
}

// identityOf lists the partitions that make the phone this phone.
func identityOf(d *input) (names []string, err error) {
	for _, row := range d.Layout.Table.Partitions {
		if _, yes := scatter.Identity(row.Name); yes {
			names = append(names, row.Name)
		}
	}
	if len(names) == 0 {
		err = fmt.Errorf("%s has no partition that is known to carry a phone's identity", d.Path)
		if !d.Layout.Claimed {
			err = hinted{err, []string{d.wantScatter()}}
		}
		return nil, err
	}
	return names, nil
}

// blocksName is the blocks map in an archive.
const blocksName = "blocks.txt"

// blocksText draws the blocks map as text.
func blocksText(c *cli.Context, d *input) ([]byte, error) {
	facts, err := d.Facts()
	if err != nil {
		return nil, err
	}
	r, err := report.Build(c.Context, facts)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = r.Text(&b, report.TextOptions{Width: 110, Unicode: true, Exact: hintFull, Pictures: hintPictures})
	return b.Bytes(), err
}
