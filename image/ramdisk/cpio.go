package ramdisk

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	recordHeader = 110
	maxName      = 4096
	trailer      = "TRAILER!!!"
)

// Types of files in Header.Mode.
const (
	TypeMask = 0o170000
	Dir      = 0o040000
	File     = 0o100000
	Symlink  = 0o120000
	Char     = 0o020000
	Block    = 0o060000
	FIFO     = 0o010000
	Socket   = 0o140000
)

// Header holds the fields of a record, without the file's content.
type Header struct {
	Name                 string // as it is in the archive; see Path
	Inode, Mode          uint32
	UID, GID             uint32
	Links, Time          uint32
	DevMajor, DevMinor   uint32
	RDevMajor, RDevMinor uint32 // of a device file
	check                uint32
	summed               bool // 070702: check is the sum of the data's bytes
}

// Type returns the file's type bits.
func (h Header) Type() uint32 { return h.Mode & TypeMask }

// Path returns the name as a path from the archive's root, without leading "/" and
// "./". safe is false if the name has "..", an empty or unusual element or a NUL, or is
// absolute. Nothing must be written to such a name.
func (h Header) Path() (path string, safe bool) {
	path = h.Name
	absolute := strings.HasPrefix(path, "/")
	for strings.HasPrefix(path, "/") || strings.HasPrefix(path, "./") {
		path = strings.TrimPrefix(strings.TrimLeft(path, "/"), "./")
	}
	if path == "" || path == "." {
		return ".", !absolute && h.Name != ""
	}
	for e := range strings.SplitSeq(path, "/") {
		if e == "" || e == "." || e == ".." || strings.ContainsRune(e, 0) {
			return path, false
		}
	}
	return path, !absolute
}

// Entry is one record. Header and Data may be changed; what was not changed is written
// as it was. A file with several names has its Data under each of them.
type Entry struct {
	Header
	Data []byte

	was     Header
	wasData []byte
	own     []byte // the data of the record itself
	raw     []byte // the record as read, padding included; nil for a new one
	segment int
	file    *inode // of a file with several names
}

// Edited reports whether the entry differs from what was read.
func (e *Entry) Edited() bool {
	return e.raw == nil || e.Header != e.was || !bytes.Equal(e.Data, e.wasData)
}

// encode returns the entry's record, and whether it is the one that was read. plan has
// other records for some entries.
func (e *Entry) encode(plan map[*Entry]record) (b []byte, same bool) {
	n, planned := plan[e]
	if !planned {
		n = record{e.Header, e.Data}
		if !e.Edited() {
			return e.raw, true
		}
	}
	if e.raw != nil && n.Header == e.was && bytes.Equal(n.data, e.own) {
		return e.raw, true
	}
	return n.encode(), false
}

func (n record) encode() []byte {
	magic, check := "070701", uint32(0)
	if n.summed {
		magic = "070702"
		for _, c := range n.data {
			check += uint32(c)
		}
	}
	out := []byte(magic)
	for _, v := range []uint32{
		n.Inode, n.Mode, n.UID, n.GID, n.Links, n.Time, uint32(len(n.data)),
		n.DevMajor, n.DevMinor, n.RDevMajor, n.RDevMinor, uint32(len(n.Name) + 1), check,
	} {
		out = fmt.Appendf(out, "%08x", v)
	}
	out = pad4(append(append(out, n.Name...), 0))
	return pad4(append(out, n.data...))
}

func pad4(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// readRecords reads records until the bytes end, or until bytes follow that are not a
// record and not zeros. It returns the number of bytes read. Zeros belong to the record
// before them. More than most records are refused, because each needs memory.
func readRecords(b []byte, segment, most int) (list []*Entry, used int, err error) {
	for used < len(b) {
		zeros := len(b[used:]) - len(bytes.TrimLeft(b[used:], "\x00"))
		if zeros > 0 && len(list) > 0 {
			last := list[len(list)-1]
			start := used - len(last.raw)
			last.raw = b[start : used+zeros]
			if used += zeros; used == len(b) {
				break
			}
		}
		if Sniff(b[used:]) != None {
			break
		}
		e, n, err := readRecord(b[used:])
		if err != nil {
			return list, used, &flash.FormatError{Format: "cpio", Offset: int64(used), Text: err.Error()}
		}
		if len(list) >= most {
			return list, used, &flash.FormatError{Format: "cpio", Offset: int64(used), Text: fmt.Sprintf("more than %d files", maxEntries)}
		}
		e.segment = segment
		list, used = append(list, e), used+n
	}
	return list, used, nil
}

// readRecord reads the record at the start of b.
func readRecord(b []byte) (*Entry, int, error) {
	if len(b) < recordHeader {
		return nil, 0, fmt.Errorf("the record is cut: it has %d of %d bytes", len(b), recordHeader)
	}
	var v [13]uint32
	for i := range v {
		digits := b[6+8*i : 14+8*i]
		n, err := strconv.ParseUint(string(digits), 16, 32)
		if err != nil || digits[0] == '+' {
			return nil, 0, fmt.Errorf("number %d of the record, %q, does not have 8 hex digits", i+1, digits)
		}
		v[i] = uint32(n)
	}
	size, nameSize := int64(v[6]), int64(v[11])
	if nameSize < 1 || nameSize > maxName {
		return nil, 0, fmt.Errorf("a name of %d bytes", nameSize)
	}
	have := int64(len(b))
	data := (recordHeader + nameSize + 3) &^ 3
	end := (data + size + 3) &^ 3
	if data+size > have {
		return nil, 0, fmt.Errorf("data of %d bytes is cut: %d bytes follow", size, max(have-data, 0))
	}
	end = min(end, have) // the last record may have no padding
	name := b[recordHeader : recordHeader+nameSize]
	if name[nameSize-1] != 0 {
		return nil, 0, fmt.Errorf("the name %.40q does not end in NUL", name)
	}
	e := &Entry{
		Header: Header{
			Name: string(name[:nameSize-1]), Inode: v[0], Mode: v[1], UID: v[2], GID: v[3], Links: v[4], Time: v[5],
			DevMajor: v[7], DevMinor: v[8], RDevMajor: v[9], RDevMinor: v[10], check: v[12], summed: b[5] == '2',
		},
		Data: b[data : data+size : data+size], raw: b[:end:end],
	}
	e.was, e.wasData, e.own = e.Header, e.Data, e.Data
	return e, int(end), nil
}
