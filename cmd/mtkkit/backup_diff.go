package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

func backupDiffCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "two dumps or backups, partition by partition, and whether they are of one phone",
		ArgsUsage: "A B",
		Flags:     []cli.Flag{noSiblingsFlag(), keyFlag(), jsonFlag(), quietFlag(), progressFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() != 2 {
				return usage("%s: two dumps, archives or folders, please (see %s --help)", commandName(c), commandName(c))
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			a, err := openSide(c, u, c.Args().Get(0))
			if err != nil {
				return err
			}
			defer a.Close()
			b, err := openSide(c, u, c.Args().Get(1))
			if err != nil {
				return err
			}
			defer b.Close()
			return diffSides(c.Context, u, a, b)
		},
	}
}

// side is one of two dumps that are compared.
type side struct {
	*input
	plan *plan.Plan
}

func openSide(c *cli.Context, u *ui, path string) (*side, error) {
	d, err := openDump(c, u, path)
	if err != nil {
		return nil, err
	}
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		d.Close()
		return nil, err
	}
	return &side{d, p}, nil
}

// rowDiff is what became of one partition between A and B.
type rowDiff struct {
	Name   string       `json:"name"`
	Region flash.Region `json:"region"`
	State  string       `json:"state"`           // "equal", "differs", "moved", "only in A", "only in B"; "unknown": equal as far as both hold it
	First  int64        `json:"first,omitempty"` // offset in the partition of the first byte that differs
	Detail string       `json:"detail,omitempty"`
	kind   flash.Kind
}

// diffDoc is the JSON document of diff.
type diffDoc struct {
	Schema    string    `json:"schema"`
	A         string    `json:"a"`
	B         string    `json:"b"`
	SameModel bool      `json:"same_model"`
	Phone     string    `json:"phone"` // "same", "another", "unknown"
	Why       string    `json:"why"`
	Rows      []rowDiff `json:"rows"`
}

func diffSides(ctx context.Context, u *ui, a, b *side) error {
	doc := diffDoc{Schema: "mtkkit.backup-diff/1", A: a.Path, B: b.Path, Rows: []rowDiff{}}
	for i := range a.plan.Items {
		x := &a.plan.Items[i]
		if !x.Kind.IsDump() {
			continue
		}
		row, err := diffItem(ctx, x, b.item(x))
		if err != nil {
			return err
		}
		if x.Kind != "gap" || row.State != "equal" { // what no table speaks of is a row where it tells something
			doc.Rows = append(doc.Rows, row)
		}
	}
	for i := range b.plan.Items {
		if y := &b.plan.Items[i]; y.Kind.IsDump() && a.item(y) == nil {
			doc.Rows = append(doc.Rows, rowDiff{Name: y.Name, Region: y.Region, State: "only in B", kind: y.Kind})
		}
	}
	doc.judge(a, b)
	u.bars.clear()
	if u.json {
		if err := u.document(doc); err != nil {
			return err
		}
	} else if err := doc.print(u); err != nil {
		return err
	}
	if slices.ContainsFunc(doc.Rows, func(r rowDiff) bool { return r.State != "equal" }) {
		return errProblems
	}
	return nil
}

// item finds the partition that has the name of another one.
func (s *side) item(of *plan.Item) *plan.Item {
	for i := range s.plan.Items {
		it := &s.plan.Items[i]
		if it.Kind == of.Kind && it.Region == of.Region && scatter.Canonical(it.Name) == scatter.Canonical(of.Name) {
			return it
		}
	}
	return nil
}

// diffItem compares one partition.
func diffItem(ctx context.Context, x, y *plan.Item) (rowDiff, error) {
	row := rowDiff{Name: x.Name, Region: x.Region, State: "equal", kind: x.Kind}
	switch {
	case y == nil:
		row.State = "only in A"
		return row, nil
	case x.Extent != y.Extent:
		row.State, row.Detail = "moved", fmt.Sprintf("A has it at %v, B at %v", x.Extent, y.Extent)
		return row, nil
	}
	here := flash.Extent{Offset: x.Offset, Length: min(x.Present, y.Present)}
	known := flash.Without([]flash.Extent{here}, flash.Union(x.Unread, y.Unread))
	for _, e := range known {
		e.Offset -= x.Offset
		first, err := flash.FirstDifference(ctx, flash.Slice(x.Image, e), flash.Slice(y.Image, e))
		if err != nil {
			return row, fmt.Errorf("%s: %w", x.Name, err)
		}
		if first >= 0 {
			row.State, row.First, row.Detail = "differs", e.Offset+first, fmt.Sprintf("from 0x%x on", e.Offset+first)
			return row, nil
		}
	}
	if n := flash.Total(known); n < x.Length {
		row.State, row.Detail = "unknown", fmt.Sprintf("%s of %s are in both, and equal", flash.Size(n), flash.Size(x.Length))
	}
	return row, nil
}

// judge says whether the two are of one model, and of one phone: proinfo is written at
// the factory and never again, the other partitions with an identity change in use.
func (d *diffDoc) judge(a, b *side) {
	x, y := a.Layout.Chip.Value, b.Layout.Chip.Value
	d.SameModel = (x == y || x == "" || y == "") && !slices.ContainsFunc(d.Rows, func(r rowDiff) bool {
		return r.kind == "partition" && r.State != "equal" && r.State != "differs" && r.State != "unknown"
	})
	d.Phone, d.Why = "unknown", "no partition that tells (proinfo, nvram …) is known by name in both and holds data"
	for _, name := range []string{"proinfo", "nvram", "protect1", "nvdata"} {
		i := slices.IndexFunc(d.Rows, func(r rowDiff) bool { return scatter.Canonical(r.Name) == name })
		if i < 0 || d.Rows[i].State != "equal" && d.Rows[i].State != "differs" || !a.holds(name) || !b.holds(name) {
			continue
		}
		why, _ := scatter.Identity(name)
		switch {
		case d.Rows[i].State == "equal":
			d.Phone, d.Why = "same", fmt.Sprintf("%s is the same: %s", name, why)
		case name == "proinfo":
			d.Phone, d.Why = "another", fmt.Sprintf("%s differs, which is written at the factory and never again", name)
		default:
			d.Why = fmt.Sprintf("%s differs, but it also changes while a phone is used", name)
			continue
		}
		return
	}
}

// holds reports whether a partition has any data.
func (s *side) holds(name string) bool {
	for i := range s.plan.Items {
		it := &s.plan.Items[i]
		if it.Kind == "partition" && scatter.Canonical(it.Name) == name {
			head := make([]byte, 64<<10)
			n, _ := it.Image.ReadAt(head, 0)
			return len(bytes.Trim(head[:n], "\x00\xff")) > 0
		}
	}
	return false
}

func (d *diffDoc) print(u *ui) error {
	equal, all := 0, 0
	w := tabwriter.NewWriter(u.out, 0, 8, 2, ' ', 0)
	for _, r := range d.Rows {
		if r.kind != "gap" {
			all++
		}
		if r.State == "equal" {
			equal++
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", oneLine(r.Name), r.Region, r.State, r.Detail)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	u.say("%d of %d partitions are equal", equal, all)
	model := "not of one model: chip or partitions differ"
	if d.SameModel {
		model = "one model: the same chip and partitions"
	}
	u.say("%s", model)
	u.say("%s", map[string]string{"same": "the same phone", "another": "two different phones", "unknown": "the same phone or another: cannot be told"}[d.Phone]+": "+d.Why)
	return nil
}
