package ramdisk

import (
	"bytes"
	"slices"
)

// Hard links. Records of one archive with the same device and inode, and two links or
// more, are one file with several names:
//
//	nlink 3  inode 7  sbin/busybox   0 bytes
//	nlink 3  inode 7  sbin/ls        0 bytes
//	nlink 3  inode 7  sbin/sh        700 bytes, those of all three
//
// Archivers store the bytes once, most of them with the last name. A kernel makes the
// first name a file and later ones links to it, and writes the bytes that come with any
// of them over the existing ones (init/initramfs.c, do_name and maybe_link). GNU cpio
// uses the first bytes and ignores later ones. Both give the same result if the bytes
// are stored once. A trailer ends the archive: inodes of later records are separate.

// inode is a file with several names.
type inode struct {
	first *Entry // the name that the others are links to
	names int    // the number of names that were read
}

// findLinks joins the records of one file, and gives the bytes to each of them.
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
// nil if e has its own file, or is that first name.
func (e *Entry) LinkOf() *Entry {
	if e.file == nil || e.file.first == e {
		return nil
	}
	return e.file.first
}

// Link makes e another name of the file of to; nil makes e a separate file.
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

// Parted returns the entries that Encode writes as separate files, because they were
// edited without the other names of their file.
func (r *Ramdisk) Parted() []*Entry {
	var out []*Entry
	for _, names := range r.linked() {
		for _, class := range classes(names)[1:] {
			out = append(out, class...)
		}
	}
	return out
}

// linked returns the files with several names that differ from what was read.
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

// classes groups the names of a file by their present content. The first class keeps
// the file: it is the class of the names that nobody edited, if there are any.
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

// sameFile reports whether two names can be names of one file.
func sameFile(a, b *Entry) bool {
	return a.Mode == b.Mode && a.UID == b.UID && a.GID == b.GID && a.Time == b.Time && bytes.Equal(a.Data, b.Data)
}

// record is the record that is written for an entry.
type record struct {
	Header
	data []byte
}

// plan returns the records for the names of edited files: the bytes once, and as many
// links as there are names.
func (r *Ramdisk) plan() map[*Entry]record {
	out := map[*Entry]record{}
	next := uint32(0)
	for _, names := range r.linked() {
		for i, class := range classes(names) {
			links, inode := uint32(len(class)), class[0].Inode
			if i == 0 && len(class) == class[0].file.names {
				links = class[0].Links // some archives count names that they do not contain
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

// holderOf returns the name that the bytes are stored with: the name that had them, or
// else the last, as archivers do.
func holderOf(class []*Entry) *Entry {
	for _, e := range slices.Backward(class) {
		if len(e.own) > 0 && bytes.Equal(e.own, e.Data) {
			return e
		}
	}
	return class[len(class)-1]
}

// freeInode returns an inode number that no entry has.
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
