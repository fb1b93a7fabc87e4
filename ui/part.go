package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

func (w *window) partRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /dump/{id}/part/{n}", w.withPart(w.showPart))
	m.HandleFunc("GET /dump/{id}/part/{n}/save", w.withPart(w.savePart))
	m.HandleFunc("GET /dump/{id}/part/{n}/sum", w.withPart(w.sumPart))
}

// part is a row of a dump's table, by its index in the report.
type part struct {
	head
	N   int
	Row report.ViewRow
	c   *content
	it  *plan.Item // nil if a split makes nothing of it
}

// withPart finds the row of an address.
func (w *window) withPart(do func(http.ResponseWriter, *http.Request, *part)) http.HandlerFunc {
	return w.withContent(func(rw http.ResponseWriter, r *http.Request, x *opened, c *content) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if row := c.row(n); err == nil && row != nil {
			do(rw, r, &part{headOf(x), n, *row, c, c.items[n]})
			return
		}
		w.refuse(rw, r, http.StatusNotFound, errors.New(w.language(r).T("refused.part")))
	})
}

// row returns a row by its index, nil if there is none.
func (c *content) row(n int) *report.ViewRow {
	if c.view == nil {
		return nil
	}
	for _, a := range c.view.Areas {
		for i := range a.Rows {
			if a.Rows[i].Index == n {
				return &a.Rows[i]
			}
		}
	}
	return nil
}

// has reports whether the dump has bytes of the row.
func (p *part) has() bool {
	return p.it != nil && p.it.Present > 0 && flash.Total(p.it.Unread) < p.it.Present
}

// partial reports whether a file of it would not be the partition of the phone.
func (p *part) partial() bool { return flash.Worst(p.c.dump.Doubts(p.it)) == flash.Error }

// file returns the name of a file of it.
func (p *part) file() string {
	name := cmp.Or(p.it.File, p.it.Name+".bin")
	if p.partial() {
		ext := path.Ext(name)
		name = strings.TrimSuffix(name, ext) + ".partial" + ext
	}
	safe, _ := downloadName(name)
	return safe
}

// name returns what finds the partition: its name, or that of its file if others have the same name.
func (p *part) name() string {
	if it, err := dump.Find(p.c.plan, p.it.Name); err == nil && it.Offset == p.it.Offset && it.Region == p.it.Region {
		return p.it.Name
	}
	return p.it.File
}

// partPage is the page of a row.
type partPage struct {
	*part
	Info     *image.Info // nil if the dump has no bytes of it
	Known    []pair
	Problems []flash.Problem
	Head     []hexLine
	File     string // name of the file that can be saved, "" for none
	Partial  bool
	Whole    bool   // a hash of it means something
	Sum      string // SHA-256, "" if it is not known
	Recorded string // SHA-256 in the manifest
	Inside   string // partition whose files can be listed, "" for none
	Super    []logicalRow
}

func (w *window) showPart(rw http.ResponseWriter, r *http.Request, p *part) {
	w.show(rw, r, http.StatusOK, "part", view{Data: p.page()})
}

// Package reports whether it is an image of a firmware package, which has no place on a phone.
func (p *part) Package() bool { return p.c.dump.Package() }

func (p *part) page() *partPage {
	v := &partPage{part: p}
	if p.it != nil {
		v.Problems = p.c.dump.Doubts(p.it)
	}
	for _, q := range p.Row.Problems { // a cut has another text there
		same := func(d flash.Problem) bool { return d.Place == q.Place && d.Offset == q.Offset }
		if q.Offset == flash.NoOffset || !slices.ContainsFunc(v.Problems, same) {
			v.add(q)
		}
	}
	if !p.has() {
		return v
	}
	img := dump.Known(p.it)
	v.Info = image.Describe(img)
	for _, f := range v.Info.Facts {
		v.Known = append(v.Known, pair{f.Key, f.Value})
	}
	for _, f := range p.c.view.Phone.Build {
		if f.From == p.it.Name || strings.HasPrefix(f.From, p.it.Name+":") {
			v.Known = append(v.Known, pair{"software", f.Value})
		}
	}
	for _, q := range v.Info.Problems {
		if q.Offset != flash.NoOffset {
			q.Offset += p.it.Offset
		}
		v.add(q)
	}
	v.Head, v.File, v.Partial, v.Whole = hexOf(img), p.file(), p.partial(), len(p.it.Unread) == 0
	if old := p.c.dump.Recorded(p.it.Region, p.it.Offset, p.it.Present); old != nil {
		v.Recorded = old.SHA256
	}
	v.Sum = p.c.knownSum(p.N)
	v.look(dump.Raw(p.it))
	return v
}

// add adds a problem that is not in the list.
func (v *partPage) add(q flash.Problem) {
	if !slices.Contains(v.Problems, q) {
		v.Problems = append(v.Problems, q)
	}
}

// look finds out whether there is a file system or a table of logical partitions in it.
func (v *partPage) look(img flash.Image) {
	switch kind := image.Sniff(img).Kind; {
	case kind == image.Ext4 || kind == image.EROFS:
		v.Inside = v.name()
	case lp.Sniff(img):
		if s, err := dump.Super(v.c.plan, "a"); err == nil && s != nil {
			v.Super = logicalRows(s)
		}
	}
}

// savePart sends the bytes of a partition. Bytes that nobody has read are zeros in the file, whose
// name then says that it is not whole.
func (w *window) savePart(rw http.ResponseWriter, r *http.Request, p *part) {
	if !p.has() {
		w.refuse(rw, r, http.StatusConflict, fmt.Errorf("%s: the dump has no bytes of it", words.OneLine(p.Row.Row.Name)))
		return
	}
	known := p.c.dump.Doubts(p.it)
	w.send(rw, r, p.file(), p.it.Present, func(ctx context.Context, out io.Writer) error {
		found, err := p.c.dump.Copy(ctx, out, p.it)
		if err != nil {
			return err
		}
		for _, q := range found[min(len(known), len(found)):] { // what was only found while it was read
			if q.Severity == flash.Error {
				return errors.New(words.Problem(q).String())
			}
		}
		return p.c.dump.Check()
	})
}

// knownSum returns the SHA-256 of a row, "" if it was not computed.
func (c *content) knownSum(n int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sums[n]
}

// sum computes the SHA-256 of a partition, one at a time for each dump.
func (p *part) sum(ctx context.Context, tell func(flash.Event)) (string, error) {
	if !p.has() || len(p.it.Unread) > 0 {
		return "", fmt.Errorf("%s: the dump does not have all of it, so a hash of it would mean nothing", words.OneLine(p.Row.Row.Name))
	}
	select {
	case p.c.turn <- struct{}{}:
		defer func() { <-p.c.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	s := p.c.knownSum(p.N)
	if s != "" {
		return s, nil
	}
	s, err := split.Sum(ctx, p.it.Name, flash.Slice(p.it.Image, flash.Extent{Length: p.it.Present}), tell)
	if err == nil {
		err = p.c.dump.Check()
	}
	if err != nil {
		return "", err
	}
	p.c.mu.Lock()
	p.c.sums[p.N] = s
	p.c.mu.Unlock()
	return s, nil
}

// sumPart computes the hash of a partition: for a script with its progress, for others as a page.
func (w *window) sumPart(rw http.ResponseWriter, r *http.Request, p *part) {
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		if _, err := p.sum(r.Context(), func(flash.Event) {}); err != nil {
			w.refuse(rw, r, http.StatusConflict, err)
			return
		}
		back(rw, r, fmt.Sprintf("%s/part/%d#sum", p.Address, p.N))
		return
	}
	out, last := newStream(rw), -1
	s, err := p.sum(r.Context(), func(e flash.Event) {
		if now := int(100 * e.Done / max(e.Total, 1)); now != last {
			last = now
			_ = out.send("sum", fmt.Sprintf("%d %%", now)) // the end of the request ends the work
		}
	})
	if err != nil {
		s = failed(err).Text
	}
	_ = out.send("ended", s) // the browser may be gone
}

// hexLine is a line of bytes.
type hexLine struct{ Offset, Hex, Text string }

// hexOf returns the first bytes of an image; none if they cannot be read.
func hexOf(img flash.Image) (out []hexLine) {
	const size, line = 256, 16
	b, err := flash.ReadFull(img, 0, int(min(size, img.Size())))
	if err != nil {
		return nil
	}
	for at := 0; at < len(b); at += line {
		row := b[at:min(at+line, len(b))]
		printed := []byte(strings.Repeat(".", len(row)))
		for i, c := range row {
			if c >= 0x20 && c <= 0x7E {
				printed[i] = c
			}
		}
		out = append(out, hexLine{fmt.Sprintf("%04x", at), fmt.Sprintf("%-47s", fmt.Sprintf("% x", row)), string(printed)})
	}
	return out
}
