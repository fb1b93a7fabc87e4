package imgtest

import (
	"hash/crc32"
	"path"
	"slices"
	"strings"
)

// erofs returns a file system as in the kernel's documentation of the format
// (Documentation/filesystems/erofs.rst): blocks of 4096 bytes, compact inodes in the
// first block behind the superblock, uncompressed data in the blocks that follow. It is
// padded to whole blocks. A folder must be before its content in the list. The label is
// the seed of the UUID.
func erofs(label string, list ...CPIOFile) []byte {
	m := erofsMaker{data: make([]byte, 4096), numbers: map[string]uint64{}}
	list = append([]CPIOFile{{Name: "/", Mode: 0o040755}}, list...)
	for i, f := range list {
		name := path.Join("/", f.Name)
		m.numbers[name] = uint64(erofsFirst + i)
		m.names = append(m.names, name)
	}
	for i, f := range list {
		links := uint16(1)
		if f.Mode>>12 == 4 {
			links, f.Data = m.folder(m.names[i], list)
		}
		m.inode(i, f, links)
	}
	m.superblock(label, len(list))
	return m.data
}

const (
	erofsSuper = 1024
	erofsFirst = (erofsSuper + 128) / 32 // number of the first inode: its offset in units of 32 bytes
)

type erofsMaker struct {
	data    []byte
	names   []string // paths, as in the list
	numbers map[string]uint64
}

// folder returns the entries of a folder, sorted by name, and the number of links to
// it.
func (m *erofsMaker) folder(dir string, list []CPIOFile) (links uint16, entries string) {
	type entry struct {
		name   string
		number uint64
		kind   byte
	}
	kinds := map[uint32]byte{8: 1, 4: 2, 10: 7}
	es := []entry{{".", m.numbers[dir], 2}, {"..", m.numbers[path.Dir(dir)], 2}}
	links = 2
	for i, name := range m.names {
		if name == "/" || path.Dir(name) != dir {
			continue
		}
		es = append(es, entry{path.Base(name), m.numbers[name], kinds[list[i].Mode>>12]})
		if list[i].Mode>>12 == 4 {
			links++
		}
	}
	slices.SortFunc(es, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	head, names := make([]byte, 12*len(es)), ""
	for i, e := range es {
		le.PutUint64(head[12*i:], e.number)
		le.PutUint16(head[12*i+8:], uint16(len(head)+len(names)))
		head[12*i+10] = e.kind
		names += e.name
	}
	if len(head)+len(names) > 4096 {
		panic("imgtest: too many names in a folder of EROFS: " + dir)
	}
	return links, string(head) + names
}

// inode writes an inode and its data.
func (m *erofsMaker) inode(i int, f CPIOFile, links uint16) {
	b := m.data[32*(erofsFirst+i) : 32*(erofsFirst+i+1)]
	le.PutUint16(b[4:], uint16(f.Mode))
	le.PutUint16(b[6:], links)
	put32(b, 8, uint32(len(f.Data)), 0, uint32(len(m.data)/4096), uint32(i+1))
	m.data = pad(append(m.data, f.Data...), 4096, 0)
}

func (m *erofsMaker) superblock(label string, inodes int) {
	s := m.data[erofsSuper:4096]
	put32(s, 0, 0xe0f5e1e2, 0, 1) // magic, checksum, feature: it has one
	s[12] = 12                    // blocks of 1<<12 bytes
	le.PutUint16(s[14:], erofsFirst)
	le.PutUint64(s[16:], uint64(inodes))
	le.PutUint64(s[24:], ext4Time)
	put32(s, 36, uint32(len(m.data)/4096), 0)
	copy(s[48:64], Noise(label+" uuid", 16))
	copy(s[64:80], label)
	put32(s, 4, ^crc32.Checksum(s, crc32.MakeTable(crc32.Castagnoli)))
}
