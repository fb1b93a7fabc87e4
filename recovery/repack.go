package recovery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// Repacked is an image made from a folder.
type Repacked struct {
	Image    flash.Image
	Changed  []string // what differs from the original; if empty, the bytes are those of the original
	Problems flash.Problems
}

// Repack makes the image from an unpacked folder. Parts that were not edited are
// identical byte for byte, and if nothing was edited, so is the image. The folder's
// files must not change, and original must stay open, until the result is written.
// limit is the largest unpacked size of all ramdisks in bytes, 0 for the usual limit.
func Repack(folder fs.FS, original flash.Image, limit int64) (*Repacked, error) {
	b, err := boot.Read(original)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", OriginalName, err)
	}
	p := &repacker{fs: folder, budget: newBudget(limit), b: b}
	if err := p.run(); err != nil {
		return nil, err
	}
	p.out.Problems = append(p.out.Problems, b.Problems...)
	if len(p.out.Changed) == 0 {
		p.out.Image, err = b.Encode()
		return &p.out, err
	}
	slices.Sort(p.out.Changed)
	return &p.out, p.finish(original)
}

// finish makes the changed image and the bytes behind it.
func (p *repacker) finish(original flash.Image) error {
	tail := sortTail(p.b.Tail)
	p.b.Tail = nil
	img, err := p.b.Encode()
	if err != nil {
		return err
	}
	img = tail.after(img)
	for _, name := range tail.names {
		p.problem(flash.Note, "after the image", "kept: %s", name)
	}
	whole, old, err := refooted(img, original, original.Size(), "")
	if err != nil {
		return err
	}
	if p.out.Image = whole; old != nil {
		p.problem(flash.Warning, "AVB", "the footer is new and unsigned: "+unsigned)
		if len(tail.signed) > 0 {
			p.problem(flash.Warning, "after the image", "left out, because it belongs to the old image: %s", tail.what())
		}
		return nil
	}
	fill, plain := tailFill(tail.rest)
	rest := int64(0)
	if tail.rest != nil {
		rest = tail.rest.Size()
	}
	switch {
	case !plain:
		p.problem(flash.Warning, "after the image", "0x%x bytes (%s) belong to the old image and are left out", rest, tail.what())
	case rest > 0 && img.Size() > original.Size():
		p.problem(flash.Warning, "size", "0x%x bytes are more than the 0x%x bytes of the original with its fill: the image may not fit into its partition", img.Size(), original.Size())
	case rest > 0:
		p.out.Image = flash.Join(img, filled{fill, original.Size() - img.Size()})
	}
	return nil
}

type repacker struct {
	fs     fs.FS
	budget *budget
	b      *boot.Image
	out    Repacked
}

func (p *repacker) changed(format string, a ...any) {
	p.out.Changed = append(p.out.Changed, fmt.Sprintf(format, a...))
}

func (p *repacker) problem(s flash.Severity, place, format string, a ...any) {
	p.out.Problems.Add(s, place, format, a...)
}

func (p *repacker) run() error {
	text, err := fs.ReadFile(p.fs, recordName)
	if err != nil {
		return err
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s: %w", recordName, err)
	}
	if r.Schema != recordSchema {
		return fmt.Errorf("%s: schema %q is not %s", recordName, r.Schema, recordSchema)
	}
	for _, pr := range r.Parts {
		if p.b.Part(pr.Name) == nil {
			return fmt.Errorf("%s: %s has no part %q", recordName, OriginalName, pr.Name)
		}
		if err := p.part(pr); err != nil {
			return fmt.Errorf("%s: %w", pr.Name, err)
		}
	}
	if was := p.b.Facts(); r.Facts != was {
		if err := p.b.Apply(r.Facts); err != nil {
			return err
		}
		p.changed("header")
	}
	return nil
}

// part reads one part from the folder.
func (p *repacker) part(pr PartRecord) error {
	part := p.b.Part(pr.Name)
	if pr.Tree != "" {
		rd, err := p.budget.read(part.Payload())
		if err != nil {
			return err
		}
		if err := p.applyTree(pr, rd); err != nil {
			return err
		}
		if rd.Edited() {
			packed, err := rd.Encode()
			if err != nil {
				return err
			}
			p.out.Problems = append(p.out.Problems, parted(pr.Name, rd)...)
			p.out.Problems = append(p.out.Problems, trailed(pr.Name, rd)...)
			if err := p.b.Replace(pr.Name, packed); err != nil {
				return err
			}
		}
	} else if same, data, err := p.compare(pr.File, part.Payload()); err != nil {
		return err
	} else if !same {
		p.changed("%s", pr.Name)
		if err := p.b.Replace(pr.Name, bytes.NewReader(data)); err != nil {
			return err
		}
	}
	if was := p.b.Part(pr.Name).Section; pr.Section != sectionName(was) {
		p.changed("MediaTek header of %s", pr.Name)
		return p.b.SetSection(pr.Name, pr.Section)
	}
	return nil
}

func sectionName(s *boot.Section) string {
	if s == nil {
		return ""
	}
	return s.Name
}

// compare reads a file of the folder, and reports whether it equals the part in the
// image.
func (p *repacker) compare(name string, img flash.Image) (same bool, data []byte, err error) {
	if !fs.ValidPath(name) {
		return false, nil, fmt.Errorf("%s: %q is not the name of a file in the folder", recordName, name)
	}
	if data, err = fs.ReadFile(p.fs, name); err != nil {
		return false, nil, err
	}
	if int64(len(data)) != img.Size() {
		return false, data, nil
	}
	was, err := io.ReadAll(io.NewSectionReader(img, 0, img.Size()))
	return bytes.Equal(data, was), data, err
}

// applyTree changes the entries of a ramdisk to what list and tree contain.
func (p *repacker) applyTree(pr PartRecord, rd *ramdisk.Ramdisk) error {
	text, err := fs.ReadFile(p.fs, pr.List)
	if err != nil {
		return err
	}
	lines, err := readList(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s, %w", pr.List, err)
	}
	left := map[string][]*ramdisk.Entry{}
	for _, e := range rd.Entries() {
		left[e.Name] = append(left[e.Name], e)
	}
	t := &tree{PartRecord: pr, rd: rd, used: map[string]bool{}, named: map[string]*ramdisk.Entry{}}
	for _, l := range lines {
		var e *ramdisk.Entry
		if old := left[l.name]; len(old) > 0 {
			e, left[l.name] = old[0], old[1:]
		}
		if err := p.applyLine(t, l, e); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	for _, list := range left {
		for _, e := range list {
			rd.Remove(e)
			p.changed("%s/%s removed", pr.Tree, e.Name)
		}
	}
	return p.addUnlisted(pr, rd, t.used)
}

// tree is a ramdisk while its list is applied.
type tree struct {
	PartRecord
	rd    *ramdisk.Ramdisk
	used  map[string]bool           // files of the folder that a line uses
	named map[string]*ramdisk.Entry // entries of the lines so far, by name
}

// applyLine changes one entry to its line; e is nil for a new one.
func (p *repacker) applyLine(t *tree, l line, e *ramdisk.Entry) error {
	data, err := p.content(t, l, e)
	if errors.Is(err, fs.ErrNotExist) && e != nil {
		t.rd.Remove(e)
		p.changed("%s/%s removed", t.Tree, l.name)
		return nil
	}
	if err != nil {
		return err
	}
	if e == nil {
		e = t.rd.Add(ramdisk.Header{Name: l.name}, nil)
	}
	l.apply(e, data)
	if err := t.link(l, e); err != nil {
		return err
	}
	t.named[l.name] = e
	if e.Edited() {
		p.changed("%s/%s", t.Tree, l.name)
	}
	return nil
}

// content returns the new content of the entry of a line; e is nil for a new one.
func (p *repacker) content(t *tree, l line, e *ramdisk.Entry) ([]byte, error) {
	switch l.kind() {
	case ramdisk.Symlink:
		return []byte(l.target), nil
	case ramdisk.File:
		at := l.in
		if at == "" {
			path, _ := ramdisk.Header{Name: l.name}.Path()
			at = t.Tree + "/" + path
		}
		if !fs.ValidPath(at) {
			return nil, fmt.Errorf("%q is not the name of a file in the folder", at)
		}
		t.used[at] = true
		if e != nil {
			if same, err := p.holds(at, e.Data); same || err != nil {
				return e.Data, err
			}
		}
		data, err := fs.ReadFile(p.fs, at)
		if to := t.named[l.hard]; errors.Is(err, fs.ErrNotExist) && e == nil && to != nil {
			return to.Data, nil
		}
		return data, err
	}
	if e == nil {
		return nil, nil
	}
	return e.Data, nil
}

// holds reports whether a file of the folder equals its entry. It does not hold the
// file in memory.
func (p *repacker) holds(name string, want []byte) (bool, error) {
	info, err := fs.Stat(p.fs, name)
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("%s in the folder is not a plain file", name)
	}
	if info.Size() != int64(len(want)) {
		return false, nil
	}
	f, err := p.fs.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	buf := make([]byte, min(64<<10, len(want)+1))
	for {
		n, err := io.ReadFull(f, buf)
		if n > len(want) || !bytes.Equal(buf[:n], want[:n]) {
			return false, nil
		}
		want = want[n:]
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return len(want) == 0, nil
		case err != nil:
			return false, err
		}
	}
}

// link makes the entry of a line a hard link or a separate file, as in the line.
func (t *tree) link(l line, e *ramdisk.Entry) error {
	first, to := e.LinkOf(), t.named[l.hard]
	switch {
	case first == nil && l.hard == "" || first != nil && first.Name == l.hard:
	case l.hard == "":
		t.rd.Link(e, nil)
	case l.kind() != ramdisk.File || to == nil || to.Type() != ramdisk.File:
		return fmt.Errorf("a hard link is another name of a file, but no line before it has the file %q", l.hard)
	default:
		t.rd.Link(e, to)
	}
	return nil
}

// apply changes the entry to the line.
func (l line) apply(e *ramdisk.Entry, data []byte) {
	e.Mode, e.UID, e.GID, e.Time = l.mode, l.uid, l.gid, l.time
	if k := l.kind(); k == ramdisk.Char || k == ramdisk.Block {
		e.RDevMajor, e.RDevMinor = l.device[0], l.device[1]
	}
	if !bytes.Equal(e.Data, data) {
		e.Data = data
	}
}

// addUnlisted adds the files of the tree that are in no line, with their folders.
func (p *repacker) addUnlisted(pr PartRecord, rd *ramdisk.Ramdisk, used map[string]bool) error {
	err := fs.WalkDir(p.fs, pr.Tree, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || used[at] {
			return err
		}
		if !d.Type().IsRegular() {
			p.problem(flash.Note, pr.List, "%s is not a plain file: add a line for it to the list", at)
			return nil
		}
		data, err := fs.ReadFile(p.fs, at)
		if err != nil {
			return err
		}
		path := strings.TrimPrefix(at, pr.Tree+"/")
		addFile(rd, path, data)
		p.changed("%s/%s added", pr.Tree, path)
		p.problem(flash.Note, pr.List, "%s is in no line: it is added, owned by root; add a line to give it another mode", path)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a ramdisk without files
	}
	return err
}

// addFile adds a file owned by root, and its missing folders.
func addFile(rd *ramdisk.Ramdisk, path string, data []byte) *ramdisk.Entry {
	for i, c := range path {
		if c == '/' && rd.Find(path[:i]) == nil {
			rd.Add(ramdisk.Header{Name: path[:i], Mode: ramdisk.Dir | 0o755}, nil)
		}
	}
	mode := uint32(0o644)
	if strings.HasPrefix(path, "sbin/") || strings.Contains("/"+path, "/bin/") || strings.HasSuffix(path, ".sh") {
		mode = 0o755
	}
	return rd.Add(ramdisk.Header{Name: path, Mode: ramdisk.File | mode}, data)
}
