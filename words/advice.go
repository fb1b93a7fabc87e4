package words

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// tableKinds are the files that --scatter and --table take.
const tableKinds = "files that are accepted as a table: a scatter file (MT6592_Android_scatter.txt), /proc/dumchar_info, /proc/partinfo, mtkclient's printgpt …"

// advice returns hints for an error of a library, by its type; nil if there are none.
func advice(err error) []string {
	var (
		unread  *dump.UnreadError
		not     *dump.NotDump
		foreign *layout.ForeignError
		table   *dump.TableError
		changed *dump.ChangedError
		wrong   *split.ContradictionError
		name    *dump.NameError
		bad     *source.UnreadableError
		packed  *source.UnpackError
	)
	switch {
	case errors.As(err, &unread) && unread.Begun:
		return []string{"remove the folder, and run mtkkit acquire once more"}
	case errors.As(err, &unread):
		return []string{GoOnWith(unread.Path)}
	case errors.As(err, &foreign):
		return foreignHints(foreign)
	case errors.As(err, &not):
		return KindHints(not)
	case errors.As(err, &table):
		return []string{tableKinds}
	case errors.As(err, &packed):
		return []string{"the package is damaged there: get it again; its other images can be used"}
	case errors.As(err, &changed):
		return []string{fmt.Sprintf("mtkkit verify %s lists everything that has changed; make the folder again from the dump or the phone", Quoted(changed.Folder))}
	case errors.As(err, &wrong):
		return []string{
			fmt.Sprintf("mtkkit verify %s lists every contradiction; use another copy of the folder, or make it again from the dump or the phone", Quoted(wrong.Folder)),
			fmt.Sprintf("mtkkit split %s -o FOLDER writes what can be read, and names the rest", Quoted(wrong.Folder)),
		}
	case errors.As(err, &name) && name.Hits > 0:
		return []string{"mtkkit list shows the names of the files"}
	case errors.As(err, &name):
		return []string{meant(name.Name, name.Names)}
	case errors.Is(err, dump.ErrNothingShared):
		return []string{"a table with names is needed: give this phone's scatter file with --scatter FILE"}
	case errors.As(err, &bad) && IsFolder(bad.Path):
		return dumpsIn(bad.Path)
	case errors.Is(err, layout.ErrNoTable):
		return noTableHints
	}
	return nil
}

// IsFolder reports whether path is a folder on the disk.
func IsFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// dumpsIn returns hints that name the dumps and parts folders directly inside dir.
func dumpsIn(dir string) (out []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		inner := filepath.Join(dir, e.Name())
		if archive.IsParts(inner) || acquire.Check(inner) == nil {
			out = append(out, "it contains a dump or its parts: mtkkit info "+Quoted(inner))
		}
	}
	if len(out) == 0 {
		return []string{"name the file with the dump (ROM_1, user.bin …), or the folder that mtkkit or a flash tool wrote"}
	}
	return out[:min(len(out), 4)]
}
