package ramdisk

import (
	"bytes"
	"slices"
)

// Hard links. Records of one archive that have the same device and inode, and two links
// or more, are one file under several names:
//
//	nlink 3  inode 7  sbin/busybox   0 bytes
//	nlink 3  inode 7  sbin/ls        0 bytes
//	nlink 3  inode 7  sbin/sh        700 bytes, those of all three
//
// Archivers give the bytes once, most with the last name. A kernel makes the first name a
// file, later ones links to it, and writes what bytes come with any of them over what is
// there (init/initramfs.c, do_name and maybe_link); GNU cpio takes the first bytes that
// come and drops later ones. Both agree where the bytes are there once. A trailer ends
// the archive: what follows it knows nothing of its inodes.

// inode is a file that has several names.
type inode struct {
	first *Entry // the name that the others are links to
	names int    // how many were read
}

// findLinks joins the records of one file, and gives each of them its bytes.
func findLinks(list []*Entry) {
	type key struct{ archive, major, minor, inode uint32 }
	files, archive := map[key][]*Entry{}, uint32(0)
	var keys []key
	for _, e := range list {
		switch {
		case e.Name == trailer:
			archive++
		case e.Type() == File && e.Links >= 2:
			k := key{archive, e.DevMajor, e.DevMinor, e.Inode}
			if files[k] == nil {
				keys = append(keys, k)
			}
			files[k] = append(files[k], e)
		}
	}
	for _, k := range keys {
		names := files[k]
		if len(names) < 2 {
			continue
		}
		file := &inode{names[0], len(names)}
		var data []byte
		for _, e := range names {
			e.file = file
			if len(e.own) > 0 {
				data = e.own
			}
		}
		for _, e := range names {
			e.Data, e.wasData = data, data
		}
	}
}

// LinkOf returns the entry that e is a hard link to: the first name of its file. It is
// nil when e has a file of its own, or is that first name.
func (e *Entry) LinkOf() *Entry {
	if e.file == nil || e.file.first == e {
		return nil
	}
	return e.file.first
}

// Link makes e another name of the file of to; nil gives e a file of its own.
func (r *Ramdisk) Link(e, to *Entry) {
	if to == nil {
		e.file, e.Links, e.Inode = nil, 1, r.freeInode()
		return
	}
	if to.file == nil {
		to.file = &inode{first: to, names: 1}
	}
	e.file = to.file
	e.Inode, e.DevMajor, e.DevMinor = to.Inode, to.DevMajor, to.DevMinor
	e.Links = max(to.Links, 2)
}

// Parted returns the entries that Encode gives files of their own: they were edited
// without the other names of their file.
func (r *Ramdisk) Parted() []*Entry {
	var out []*Entry
	for _, names := range r.linked() {
		for _, class := range classes(names)[1:] {
			out = append(out, class...)
		}
	}
	return out
}

// linked lists the files with several names that are not as they were read.
func (r *Ramdisk) linked() [][]*Entry {
	var order []*inode
	files := map[*inode][]*Entry{}
	for _, e := range r.entries {
		if e.file == nil {
			continue
		}
		if files[e.file] == nil {
			order = append(order, e.file)
		}
		files[e.file] = append(files[e.file], e)
	}
	var out [][]*Entry
	for _, f := range order {
		if names := files[f]; len(names) != f.names || slices.ContainsFunc(names, (*Entry).Edited) {
			out = append(out, names)
		}
	}
	return out
}

// classes sorts the names of a file by what they now say of it. The first class keeps
// the file: that of the names nobody edited, where there are such.
func classes(names []*Entry) [][]*Entry {
	var out [][]*Entry
	keeper := -1
	for _, e := range names {
		i := slices.IndexFunc(out, func(c []*Entry) bool { return sameFile(c[0], e) })
		if i < 0 {
			i, out = len(out), append(out, nil)
		}
		out[i] = append(out[i], e)
		if keeper < 0 && !e.Edited() {
			keeper = i
		}
	}
	if keeper > 0 {
		c := out[keeper]
		out = slices.Insert(slices.Delete(out, keeper, keeper+1), 0, c)
	}
	return out
}

// sameFile reports whether two names can be of one file.
func sameFile(a, b *Entry) bool {
	return a.Mode == b.Mode && a.UID == b.UID && a.GID == b.GID && a.Time == b.Time && bytes.Equal(a.Data, b.Data)
}

// record is what is written of an entry.
type record struct {
	Header
	data []byte
}

// plan says what is written of the names of files that were edited: the bytes once, and
// as many links as there are names.
func (r *Ramdisk) plan() map[*Entry]record {
	out := map[*Entry]record{}
	next := uint32(0)
	for _, names := range r.linked() {
		for i, class := range classes(names) {
			links, inode := uint32(len(class)), class[0].Inode
			if i == 0 && len(class) == class[0].file.names {
				links = class[0].Links // some count names that the archive does not have
			}
			if i > 0 {
				inode = r.freeInodeFrom(next)
				next = inode + 1
			}
			holder := holderOf(class)
			for _, e := range class {
				h := record{Header: e.Header}
				h.Links, h.Inode = links, inode
				if e == holder {
					h.data = e.Data
				}
				out[e] = h
			}
		}
	}
	return out
}

// holderOf is the name that the bytes are written with: the one that had them, else the
// last, as archivers do.
func holderOf(class []*Entry) *Entry {
	for _, e := range slices.Backward(class) {
		if len(e.own) > 0 && bytes.Equal(e.own, e.Data) {
			return e
		}
	}
	return class[len(class)-1]
}

// freeInode returns an inode that no entry has.
func (r *Ramdisk) freeInode() uint32 { return r.freeInodeFrom(0) }

func (r *Ramdisk) freeInodeFrom(next uint32) uint32 {
	used := make(map[uint32]bool, len(r.entries))
	for _, e := range r.entries {
		used[e.Inode] = true
		next = max(next, e.Inode+1)
	}
	for used[next] || next == 0 {
		next++
	}
	return next
}
