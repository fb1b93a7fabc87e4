package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
)

// unread is a dump of which too little was read yet to say anything about it: no damage,
// and no failure of the command. Exit code 3, as for every hole.
type unread struct {
	error
	hints []string
}

func (e unread) Unwrap() error { return e.error }

// whyNoTable tells a dump whose table was not read yet from one that has none.
func whyNoTable(err error, src *source.Source, path string) error {
	user := src.User()
	if !errors.Is(err, layout.ErrNoTable) || user == nil || len(flash.Within(user.Unread, flash.Extent{Length: tableHead})) == 0 {
		return explain(err, path)
	}
	var size, lacks int64
	for _, p := range src.Parts {
		size += p.Image.Size()
		lacks += flash.Total(p.Unread)
	}
	return unread{
		hidden{err, fmt.Sprintf("%s: the partition table is still to be read: nothing was read there yet (%s of %s are in the dump)", path, flash.Size(size-lacks), flash.Size(size))},
		[]string{goOnWith(path)},
	}
}

// whyNothing tells wishes that leave nothing from a dump that has nothing to choose from.
func (d *dump) whyNothing(w plan.Wishes, err error) error {
	switch {
	case len(w.Only)+len(w.Skip) > 0 || w.Slot != "" || w.Userdata != plan.UserdataFull:
		return err
	case w.Share:
		return refusal{fmt.Errorf("%s: nothing of it is certainly the same on every phone of the model, so nothing can be shared", d.path),
			[]string{"a table with names tells what is: give this phone's scatter file with --scatter FILE"}}
	}
	return unread{fmt.Errorf("%s: nothing was read yet", d.path), []string{goOnWith(d.path)}}
}

// errorsOf are the errors among problems.
func errorsOf(ps []flash.Problem) []flash.Problem {
	return slices.DeleteFunc(slices.Clone(ps), func(p flash.Problem) bool { return p.Severity < flash.Error })
}

// readOf leaves out the boot regions of a dump that nothing was read of yet, and says so.
// It is an error when these are all it has.
func readOf(u *ui, parts []flash.Part, path string) (read []flash.Part, err error) {
	var names []string
	for _, p := range parts {
		if flash.Total(p.Unread) < p.Image.Size() {
			read = append(read, p)
		} else {
			names = append(names, string(p.Region))
		}
	}
	if len(names) == 0 {
		return read, nil
	}
	text := "nothing was read yet of " + strings.Join(names, ", ")
	if len(read) == 0 {
		return nil, unread{fmt.Errorf("%s: %s", path, text), []string{goOnWith(path)}}
	}
	u.line("warning", "33;1", "%s", text)
	return read, nil
}

// unfinished is a dump or parts folder that was left before its end. Whatever was asked of
// it, the user is told, once, and the exit code says so.
type unfinished struct {
	problems []flash.Problem // that say so
	path     string
	told     bool
}

// unfinishedOf is what is to be said of a source, nil for a finished one.
func unfinishedOf(src *source.Source, path string) *unfinished {
	if !src.Unfinished {
		return nil
	}
	return &unfinished{path: path, problems: slices.DeleteFunc(slices.Clone(src.Problems), func(p flash.Problem) bool {
		return p.Severity != flash.Error || !strings.Contains(p.Text, source.NeverFinished)
	})}
}

// heard notes that a problem was told.
func (n *unfinished) heard(p flash.Problem) {
	if n != nil {
		n.told = n.told || slices.Contains(n.problems, p)
	}
}

// end tells what was not told yet, and how the folder is gone on with. err is how the
// command ended.
func (n *unfinished) end(u *ui, err error) error {
	if n == nil {
		return err
	}
	if !n.told {
		u.problems(n.problems)
	}
	u.hints(goOnWith(n.path))
	return errProblems
}

// goOnWith is how a dump folder is read on, "" for what is none.
func goOnWith(path string) string {
	if acquire.Check(path) != nil {
		return ""
	}
	return fmt.Sprintf("go on with it: mtkkit acquire --resume %s --da FILE", quoted(path))
}

// hidden is an error with other words.
type hidden struct {
	error
	text string
}

func (e hidden) Error() string { return e.text }
func (e hidden) Unwrap() error { return e.error }

// whyNoDump tells a folder that acquire made, and read nothing into, from what is no dump.
func whyNoDump(err error, path string) error {
	if begun := acquire.Check(path); errors.Is(begun, acquire.ErrNotBegun) {
		return unread{begun, []string{"remove the folder, and run mtkkit acquire once more"}}
	}
	var bad *source.UnreadableError
	if st, serr := os.Stat(path); serr == nil && st.IsDir() && errors.As(err, &bad) && bad.Path == path {
		return hinted{err, dumpsIn(path)}
	}
	return err
}

// dumpsIn are hints about what of a folder may be meant: dumps and parts one step down.
func dumpsIn(dir string) (out []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		inner := filepath.Join(dir, e.Name())
		if isParts(inner) || acquire.Check(inner) == nil {
			out = append(out, "a dump or its parts lie in it: mtkkit info "+quoted(inner))
		}
	}
	if len(out) == 0 {
		return []string{"name the file with the dump (ROM_1, user.bin …), or the folder that mtkkit or a flash tool left"}
	}
	return out[:min(len(out), 4)]
}

// unreadPlaces names what a manifest says was not read, where partitions have no names.
func unreadPlaces(m *flash.Manifest) (out []flash.Problem) {
	for _, s := range m.Sources {
		for _, e := range s.Unread {
			out = append(out, flash.Problem{Severity: flash.Error, Place: string(s.Region), Offset: e.Offset,
				Text: fmt.Sprintf("0x%x bytes (%s) were not read, and are not the zeros they look like", e.Length, flash.Size(e.Length))})
		}
	}
	return out
}
