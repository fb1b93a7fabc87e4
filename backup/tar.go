package backup

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Fields of a ustar header (POSIX pax, "ustar Interchange Format"), as offsets.
const (
	tarBlock     = 512
	tarName      = 0 // 100 bytes
	tarMode      = 100
	tarUID       = 108
	tarGID       = 116
	tarSize      = 124
	tarTime      = 136
	tarSum       = 148
	tarKind      = 156
	tarMagic     = 257
	tarNameLen   = 100
	tarSizeMax   = 1<<33 - 1 // eleven octal digits
	kindFile     = '0'
	kindPax      = 'x'
	kindGlobal   = 'g'
	sparseFolder = "GNUSparseFile.0/" // GNU tar has its process number there
)

// Keys of sparse files in GNU tar.
const (
	keyMajor = "GNU.sparse.major"
	keyMinor = "GNU.sparse.minor"
	keyName  = "GNU.sparse.name"
	keySize  = "GNU.sparse.realsize"
)

// archiveMark is the comment in the global header at the start of every archive.
const archiveMark = "mtkkit archive 1"

// globalHeader returns the start of the archive. Tar readers skip it; Sniff recognises the
// archive by it.
func globalHeader(created int64) []byte {
	return paxHeader(kindGlobal, created, record{"comment", archiveMark})
}

// memberHead returns everything before a member's content: its headers and, if it has holes, the
// map of its data.
func memberHead(m *Member, created int64) []byte {
	stored, name := m.Stored(), m.Name
	var records []record
	var sparse []byte
	if m.sparse() {
		sparse = sparseMap(m)
		stored += int64(len(sparse))
		records = append(records, record{keyMajor, "1"}, record{keyMinor, "0"}, record{keyName, name},
			record{keySize, strconv.FormatInt(m.Size, 10)})
		name = sparseFolder + name
	} else if len(name) > tarNameLen || !isASCII(name) {
		records = append(records, record{"path", name})
	}
	if stored > tarSizeMax {
		records = append(records, record{"size", strconv.FormatInt(stored, 10)})
	}
	var b []byte
	if len(records) > 0 {
		b = paxHeader(kindPax, created, records...)
	}
	b = append(b, ustar(name, stored, kindFile, created)...)
	return append(b, sparse...)
}

// sparseMap lists the data of a member: their number, and offset and length of each. A hole at
// the end is shown as data of length 0.
func sparseMap(m *Member) []byte {
	data := m.Data
	if n := len(data); n == 0 || data[n-1].End() < m.Size {
		data = append(data[:n:n], flash.Extent{Offset: m.Size})
	}
	b := strconv.AppendInt(nil, int64(len(data)), 10)
	for _, d := range data {
		b = strconv.AppendInt(append(b, '\n'), d.Offset, 10)
		b = strconv.AppendInt(append(b, '\n'), d.Length, 10)
	}
	return padded(append(b, '\n'))
}

// record is a line of a pax header.
type record struct{ key, value string }

// String returns the record with its length at the front; the length counts its own digits.
func (r record) String() string {
	rest := " " + r.key + "=" + r.value + "\n"
	n := len(rest)
	for n != len(rest)+len(strconv.Itoa(n)) {
		n = len(rest) + len(strconv.Itoa(n))
	}
	return strconv.Itoa(n) + rest
}

// paxHeader returns a header with records for the next member, or for all.
func paxHeader(kind byte, created int64, records ...record) []byte {
	var text strings.Builder
	for _, r := range records {
		text.WriteString(r.String())
	}
	b := ustar("mtkkit.pax", int64(text.Len()), kind, created)
	return padded(append(b, text.String()...))
}

// ustar returns one header block. Values that do not fit are in a pax header before it.
func ustar(name string, size int64, kind byte, created int64) []byte {
	b := make([]byte, tarBlock)
	if size > tarSizeMax {
		size = 0
	}
	copy(b[tarName:tarName+tarNameLen], name)
	octal(b[tarMode:tarUID], 0o644)
	octal(b[tarUID:tarGID], 0)
	octal(b[tarGID:tarSize], 0)
	octal(b[tarSize:tarTime], size)
	octal(b[tarTime:tarSum], created)
	copy(b[tarSum:tarKind], "        ")
	b[tarKind] = kind
	copy(b[tarMagic:], "ustar\x0000")
	sum := int64(0)
	for _, c := range b {
		sum += int64(c)
	}
	octal(b[tarSum:tarSum+7], sum)
	return b
}

// octal fills a field with an octal number and a NUL.
func octal(field []byte, v int64) { copy(field, fmt.Sprintf("%0*o", len(field)-1, v)) }

// padded fills b up to whole blocks.
func padded(b []byte) []byte { return append(b, make([]byte, padding(int64(len(b))))...) }

// padding returns the number of bytes that are missing to whole blocks.
func padding(n int64) int { return int(-n & (tarBlock - 1)) }

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 0x7e }) < 0
}
