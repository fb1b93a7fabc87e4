package imei

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// folders are the paths of the records: in nvdata, and in userdata of phones without
// nvdata.
var folders = []string{"/md/NVRAM/NVD_IMEI", "/nvram/md/NVRAM/NVD_IMEI"}

// names are the file names of the records, one for each form.
var names = []string{"LD0B_001", "MP0B_001"}

// maxRecord is how much of a record is read, in bytes; the largest known one has 384.
const maxRecord = 4096

// Read looks for the record in a file system. If it cannot be read, the state is
// Unknown.
func Read(tree *files.Tree) *Finding {
	for _, folder := range folders {
		for _, name := range names {
			path := folder + "/" + name
			img, err := tree.Open(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			var b []byte
			if err == nil {
				b, err = flash.ReadFull(img, 0, int(min(img.Size(), maxRecord)))
			}
			if err != nil {
				return &Finding{State: Unknown, Why: err.Error()}
			}
			return decided(path, decode(b))
		}
	}
	if flash.Worst(tree.Problems()) > flash.Note {
		return &Finding{State: Unknown, Why: "the file system is damaged"}
	}
	return &Finding{State: None}
}

// mapLen is the length of the map before an nvram's records, in bytes.
const mapLen = 0x20000

// ReadNVRAM looks for the record in an nvram partition. It returns nil if no map names
// a record: older phones have other forms, which are not supported.
func ReadNVRAM(img flash.Image) *Finding {
	head := make([]byte, min(img.Size(), mapLen))
	n, err := img.ReadAt(head, 0)
	if head = head[:n]; err != nil && n < len(head) {
		return nil
	}
	for _, name := range names {
		i := bytes.Index(head, []byte("/NVRAM/NVD_IMEI/"+name))
		if i < 0 {
			continue
		}
		start := bytes.LastIndexByte(head[:i], 0) + 1 // an entry is flags, kind, offset, size, then the path
		end := i + bytes.IndexByte(append(bytes.Clone(head[i:min(i+64, len(head))]), 0), 0)
		f := &Finding{Path: string(head[start:end]), State: Unknown, Why: "the map of nvram is damaged"}
		at, size, ok := entry(head, start, i)
		if !ok {
			return f
		}
		b, err := flash.ReadFull(img, mapLen+at, int(min(size, maxRecord)))
		if err != nil {
			f.Why = err.Error()
			return f
		}
		return decided(f.Path, decode(b))
	}
	return nil
}

// entry reads a record's offset behind the map and its length, in bytes. The search for
// the start of the path may end at the size's last byte; this byte is 0 in every size
// that is accepted.
func entry(head []byte, start, name int) (at, size int64, ok bool) {
	if start < 8 || head[start] != '/' || name-start > 64 {
		return 0, 0, false
	}
	at = int64(binary.LittleEndian.Uint32(head[start-8:]))
	size = int64(binary.LittleEndian.Uint32(head[start-4:]))
	return at, size, size >= plainSlot
}
