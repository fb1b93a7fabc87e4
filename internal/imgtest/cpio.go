package imgtest

import (
	"bytes"
	"compress/gzip"
	"fmt"
)

// CPIOFile is one file of a made ramdisk or file system. Data of a link is its target;
// devices are 1:3, as /dev/null.
type CPIOFile struct {
	Name string
	Mode uint32 // type bits included
	Data string
}

// CPIO returns a cpio archive (newc) as mkbootfs makes it: files owned by root, time
// zero, padded to 256 bytes.
func CPIO(files ...CPIOFile) []byte {
	var b bytes.Buffer
	pad := func() { b.Write(make([]byte, (4-b.Len()%4)%4)) }
	for i, f := range append(files, CPIOFile{Name: "TRAILER!!!"}) {
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			300000+i, f.Mode, 0, 0, 1, 0, len(f.Data), 0, 0, 1, 3, len(f.Name)+1, 0)
		b.WriteString(f.Name + "\x00")
		pad()
		b.WriteString(f.Data)
		pad()
	}
	b.Write(make([]byte, (256-b.Len()%256)%256))
	return b.Bytes()
}

// Gzip compresses b.
func Gzip(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// Recovery returns the recovery program and the folders that every recovery has,
// followed by more files.
func Recovery(label string, more ...CPIOFile) []CPIOFile {
	return append([]CPIOFile{
		{"sbin", 0o040755, ""}, {"etc", 0o040755, ""}, {"dev", 0o040755, ""},
		{"sbin/recovery", 0o100755, string(Noise(label+" recovery", 9000))},
		{"init", 0o100750, string(Noise(label+" init", 3000))},
	}, more...)
}
