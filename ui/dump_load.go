package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
	"github.com/mtkkit/mtkkit/words"
)

// content is what was opened: a dump, or a file that is none (other). It does not change, apart from
// its sums and what belongs to dumps.mu.
type content struct {
	end context.CancelFunc // ends what is still unpacked of a package; nil for nothing

	dump     *dump.Dump // nil for a file that is no dump
	plan     *plan.Plan
	view     *report.View
	items    []*plan.Item // for each row of the report; nil for a row of which a split makes nothing
	numbers  []string     // the state of the IMEIs, in words
	problems []flash.Problem
	reopened bool // it has changed on the disk, and was opened again

	path  string
	state fs.FileInfo    // of the path; nil if it is none of the file system
	store *document.Tags // the list of backups, if it is a store
	other *dump.NotDump
	image *dump.Opened       // the image in it; nil if it is none that can be opened
	super *dump.LogicalTable // its logical partitions; nil for none

	turn chan struct{} // has room for who computes a hash
	mu   sync.Mutex
	sums map[int]string // SHA-256 of rows

	// These belong to dumps.mu.
	users   int
	dropped bool
}

// load opens what the user named and collects everything that its page shows.
func load(ctx context.Context, o opening, opt dump.Options) (*content, error) {
	c := &content{path: o.Path, turn: make(chan struct{}, 1), sums: map[int]string{}}
	c.state, _ = os.Stat(o.Path) // a store is no path
	if ref, ok := storeOf(o.Path); ok {
		var err error
		if c.store, err = listStore(ctx, ref, opt); err != nil {
			return nil, err
		}
		return c, nil
	}
	d, err := dump.OpenPieces(ctx, o.paths(), opt)
	var keys []string
	if o.Key != "" {
		keys = append(keys, o.Key)
	}
	if err = words.LockedDump(err, keys); err != nil {
		if errors.As(err, &c.other) && isUseful(c.other) {
			c.openOther(ctx, o, opt)
			return c, nil
		}
		return nil, err
	}
	c.dump = d
	if err := c.look(ctx, opt.Progress); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return c, nil
}

// isUseful reports whether there is more to say about a file than why it cannot be opened.
func isUseful(n *dump.NotDump) bool {
	use := n.Thing.Kind.Use()
	return use == whatis.Phone || use == whatis.Own
}

// look reads what the page of a dump shows.
func (c *content) look(ctx context.Context, tell func(flash.Event)) error {
	facts, err := c.dump.Facts()
	if err != nil {
		return err
	}
	facts.Progress = tell
	r, err := report.Build(ctx, facts)
	if err != nil {
		return err
	}
	c.view, c.numbers = r.View(), words.IMEIs(report.FindIMEIs(facts.Rows))
	if c.plan, err = c.dump.Plan(plan.Wishes{}); err != nil {
		return err
	}
	c.items = itemsOf(r, c.plan)
	c.problems = slices.Clone(c.view.Notes)
	for _, p := range c.dump.Source.Problems { // the plan leaves out that the dump is unfinished
		if strings.Contains(p.Text, source.NeverFinished) && !slices.Contains(r.Problems, p) {
			c.problems = append(c.problems, p)
		}
	}
	slices.SortStableFunc(c.problems, func(a, b flash.Problem) int { return cmp.Compare(b.Severity, a.Severity) })
	return ctx.Err()
}

// itemsOf finds the item of the plan for each row of a report.
func itemsOf(r *report.Report, p *plan.Plan) []*plan.Item {
	out := make([]*plan.Item, len(r.Rows))
	taken := map[*plan.Item]bool{}
	for i := range r.Rows {
		row := &r.Rows[i]
		for k := range p.Items {
			it := &p.Items[k]
			if !taken[it] && it.Kind == row.Kind && it.Name == row.Name && it.Region == row.Region && it.Offset == row.Start && it.Length == row.Length {
				out[i], taken[it] = it, true
				break
			}
		}
	}
	return out
}

// openOther opens a file that is no dump as an image, if it is one.
func (c *content) openOther(ctx context.Context, o opening, opt dump.Options) {
	kind := c.other.Thing.Kind
	if kind == whatis.Super {
		if t, err := dump.OpenLogical(ctx, o.paths(), "", opt); err == nil {
			c.super, c.image = t, t.Opened
		}
	}
	if c.image == nil && kind.Use() == whatis.Phone {
		if i, err := dump.OpenSlice(ctx, o.paths(), "", opt); err == nil {
			c.image = i
		}
	}
}

// title returns a short name of what was opened.
func (c *content) title() string {
	if c.view == nil {
		return filepath.Base(c.path)
	}
	return c.view.Title
}

// check returns an error if what was opened is not the same on the disk any more.
func (c *content) check() error {
	if c.state != nil {
		now, err := os.Stat(c.path)
		if err != nil {
			return err
		}
		same := os.SameFile(now, c.state) && (now.IsDir() || now.Size() == c.state.Size() && now.ModTime().Equal(c.state.ModTime()))
		if !same {
			return fmt.Errorf("%s has changed", c.path)
		}
	}
	if c.dump == nil {
		return nil
	}
	if err := c.dump.Check(); err != nil {
		return err
	}
	return c.dump.Moved()
}

// grown reports whether it is a folder to which a file was added since it was opened, or taken from it.
func (c *content) grown() bool {
	if c.state == nil || !c.state.IsDir() {
		return false
	}
	now, err := os.Stat(c.path)
	return err != nil || !now.ModTime().Equal(c.state.ModTime())
}

func (c *content) close() error {
	if c.end != nil {
		c.end()
	}
	switch {
	case c.dump != nil:
		return c.dump.Close()
	case c.image != nil:
		return c.image.Close()
	}
	return nil
}

// notes returns what a command says about the files that it uses.
func (c *content) notes() (out []string) {
	for _, t := range c.dump.Taken {
		out = append(out, words.Taken(c.dump, t))
	}
	if s := words.NotCompared(c.dump); s != "" {
		out = append(out, s)
	}
	return out
}

// hints returns what the user can do to get more.
func (c *content) hints() []string {
	out := words.MissingPieces(c.dump)
	if s := words.GoOnWith(c.dump.Path); c.dump.Source.Unfinished && s != "" {
		out = append([]string{s}, out...)
	}
	return out
}

// problemsOf returns the problems of bytes in which no partitions were found.
func problemsOf(err error) []flash.Problem {
	if none := (*dump.NoTableError)(nil); errors.As(err, &none) {
		return none.Problems
	}
	return nil
}
