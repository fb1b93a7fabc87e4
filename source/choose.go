package source

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// inside is one of the folders in an archive.
type inside struct {
	name    string
	members []*member
	scatter bool
	images  int
}

// chooseFolder keeps one of the folders of an archive that have firmware files of the same names: the
// packages of two models, or of two versions. It prefers one with a scatter file, then one with many
// images. Folders without such files stay: many archives have a package's files in several.
func (s *Source) chooseFolder(f *folder) {
	all := foldersIn(f)
	if len(all) < 2 || !collide(all) {
		return
	}
	slices.SortStableFunc(all, func(a, b *inside) int {
		return cmp.Or(-cmp.Compare(rankOf(a.scatter), rankOf(b.scatter)), -cmp.Compare(a.images, b.images), strings.Compare(a.name, b.name))
	})
	have, left := map[string]bool{}, []string{}
	f.members = nil
	for _, in := range all {
		if slices.ContainsFunc(in.members, func(m *member) bool { return have[strings.ToLower(m.name)] }) {
			left = append(left, cmp.Or(in.name, "the top folder"))
			continue
		}
		for _, m := range in.members {
			have[strings.ToLower(m.name)] = true
		}
		f.members = append(f.members, in.members...)
	}
	s.problem(flash.Warning, f.name, "several folders in it have files of the same names: %s is used, not %s; unpack the other one to use it",
		cmp.Or(all[0].name, "the top folder"), list(left))
}

// dirOf returns the folder of a file in an archive, "" for the top.
func dirOf(name string) string {
	dir := path.Dir(path.Clean("/" + name))
	return strings.TrimPrefix(dir, "/")
}

func rankOf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// foldersIn groups the members of an archive by their folders, in the order of the archive.
func foldersIn(f *folder) (all []*inside) {
	byName := map[string]*inside{}
	for _, m := range f.members {
		in := byName[m.dir]
		if in == nil {
			in = &inside{name: m.dir}
			byName[m.dir], all = in, append(all, in)
		}
		in.members = append(in.members, m)
		switch {
		case isScatterName(m.name):
			in.scatter = true
		case imageName.MatchString(m.name) && scatter.Known(partitionOf(m.name)):
			in.images++
		}
	}
	return all
}

// isScatterName reports whether a file is called a scatter file.
func isScatterName(name string) bool {
	name = strings.ToLower(name)
	ext := path.Ext(name)
	return strings.Contains(name, "scatter") && (ext == ".txt" || ext == ".xml")
}

// collide reports whether two folders have scatter files, or the same image. Whole regions of phones
// do not count: which of two dumps is meant, only the user knows.
func collide(all []*inside) (yes bool) {
	scatters, seen := 0, map[string]bool{}
	for _, in := range all {
		scatters += rankOf(in.scatter)
		for _, m := range in.members {
			if regionNamed(m.name, flash.EMMC).IsUser() {
				return false
			}
			if !imageName.MatchString(m.name) {
				continue
			}
			name := strings.ToLower(m.name)
			yes = yes || seen[name]
			seen[name] = true
		}
	}
	return yes || scatters > 1
}
