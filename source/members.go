package source

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// Deep is how many folders below the one that was named OpenMembers usually looks into. MaxLooked is the
// number of entries in all of them: a whole disk is not searched.
const (
	Deep      = 4
	maxLooked = 50_000
)

// Members are the files of a folder and of the folders in it, or of a zip or tar archive, for a caller
// that wants some of them and no dump. A file that is no archive is its own only member.
type Members struct {
	List     []*Member
	Single   bool // the path is a file and no archive
	More     bool // there are more files than a search looks at
	Problems flash.Problems

	s     *Source
	depth int
}

// Member is a file of Members. Nothing of it is read before it is asked for.
type Member struct {
	Name string // relative to the folder, with slashes; in an archive, without its folders
	Path string // "" in an archive
	Size int64  // bytes

	s *Source
	m *member
}

// OpenMembers lists the files at a path; depth is how many folders below a folder are looked into. Links that
// leave a folder are not followed.
func OpenMembers(ctx context.Context, path string, opt Options, depth int) (*Members, error) {
	out := &Members{s: &Source{opt: opt}, depth: depth}
	err := out.open(ctx, path)
	if err != nil {
		out.Close()
		return nil, err
	}
	return out, nil
}

// Close closes every file that was opened, and removes what was unpacked.
func (l *Members) Close() error {
	l.s.leave()
	return l.s.Close()
}

func (l *Members) open(ctx context.Context, path string) error {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		if err := l.s.enter(path); err != nil {
			return fmt.Errorf("source: %w", err)
		}
		return l.walk(ctx, path)
	}
	raw, err := l.s.openPath(ctx, path)
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	f, err := l.s.archive(ctx, raw, name)
	if err == nil && f == nil {
		f, err = l.s.lonely(raw, name)
	}
	if err != nil {
		return err
	}
	if f == nil {
		l.Single = true
		l.add(&Member{Name: name, Path: path, m: &member{name: name, path: path, size: raw.Size(), packed: raw}})
		return nil
	}
	for _, m := range f.members {
		l.add(&Member{Name: m.name, m: m})
	}
	l.Problems = l.s.Problems
	return nil
}

// lonely returns the folder of a zip archive with one file, which Source.archive leaves out; nil for
// other files.
func (s *Source) lonely(in flash.Image, name string) (*folder, error) {
	head, err := headOf(in)
	if o := openerOf(head); err != nil || o == nil || o.kind != "zip" {
		return nil, err
	}
	files, err := readZip(in, name)
	if err != nil {
		return nil, err
	}
	only := files[0]
	m := &member{name: path.Base(only.Name), size: int64(only.UncompressedSize64), starts: func(magic string) bool { return zipStarts(only, magic) }}
	m.raw = func(ctx context.Context) (flash.Image, error) { return s.openMember(ctx, in, only) }
	if only.Method != zip.Store && only.Flags&zipEncrypted == 0 {
		m.stream = only.Open
	}
	return &folder{name: name, members: []*member{m}}, nil
}

func (l *Members) add(m *Member) {
	m.s, m.Size = l.s, m.m.size
	l.List = append(l.List, m)
}

// walk lists the files of the folder that the Source has entered.
func (l *Members) walk(ctx context.Context, dir string) error {
	looked, closed := 0, []string{}
	defer func() {
		if len(closed) > 0 {
			l.Problems.Add(flash.Note, dir, "not everything in it can be read: %s", list(closed))
		}
	}()
	return fs.WalkDir(l.s.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch looked++; {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && name == ".":
			return fmt.Errorf("source: %w", err)
		case err != nil:
			closed = append(closed, name)
			return nil
		case looked > maxLooked:
			l.More = true
			return fs.SkipAll
		case e.IsDir() && name != "." && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case e.IsDir() && name != "." && strings.Count(name, "/") >= l.depth:
			l.More = true
			return fs.SkipDir
		case e.IsDir():
			return nil
		}
		st, err := disk.StatIn(l.s.root, filepath.FromSlash(name))
		if err != nil || !st.Mode().IsRegular() { // a pipe, a device, a link to elsewhere
			return nil
		}
		full := filepath.Join(dir, filepath.FromSlash(name))
		m := &member{name: e.Name(), path: full, size: st.Size()}
		m.raw = func(ctx context.Context) (flash.Image, error) { return l.s.openFile(ctx, full) }
		l.add(&Member{Name: name, Path: full, m: m})
		return nil
	})
}

// Starts reports whether the file begins with a magic.
func (m *Member) Starts(magic string) bool {
	if m.Size < int64(len(magic)) { // some files of Linux have size 0, and reading them waits for an event
		return false
	}
	if m.m.packed == nil && m.Path != "" {
		f, err := m.s.openAt(m.Path)
		if err != nil {
			return false
		}
		defer f.Close()
		return startsWith(f, magic)
	}
	if m.m.packed != nil {
		return startsWith(m.m.packed, magic)
	}
	return m.m.starts(magic)
}

func startsWith(img flash.Image, magic string) bool {
	b, err := flash.ReadFull(img, 0, len(magic))
	return err == nil && string(b) == magic
}

// Open opens the file, which must have at most limit bytes. It stays open as long as the Members.
func (m *Member) Open(ctx context.Context, limit int64) (flash.Image, error) {
	if m.Size > limit {
		return nil, &UnreadableError{m.Name, fmt.Sprintf("has %s, more than the %s that such a file may have", flash.Size(m.Size), flash.Size(limit))}
	}
	if m.m.stream != nil && m.m.packed == nil { // an archive may contain more than it says
		r, err := m.m.stream()
		if err != nil {
			return nil, fmt.Errorf("source: %s: %w", m.Name, err)
		}
		defer r.Close()
		img, err := m.s.spool(ctx, io.LimitReader(r, m.Size), m.Name)
		if err != nil {
			return nil, err
		}
		m.m.packed = img
	}
	return m.s.openRaw(ctx, m.m)
}
