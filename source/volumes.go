package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// zipVolume matches the name of a volume of a split zip archive, except the last one.
var zipVolume = regexp.MustCompile(`(?i)^(.+)\.z([0-9]{2,3})$`)

// zipVolumes returns the volumes of the split archive that a path names, in order: NAME.z01,
// NAME.z02 …, NAME.zip. It returns none if the path is not such an archive.
func zipVolumes(path string) ([]string, error) {
	whole := ""
	if m := zipVolume.FindStringSubmatch(path); m != nil {
		whole = m[1]
	} else if ext := filepath.Ext(path); strings.EqualFold(ext, ".zip") {
		whole = strings.TrimSuffix(path, ext)
	} else {
		return nil, nil
	}
	entries, err := os.ReadDir(filepath.Dir(whole))
	if err != nil {
		return nil, nil // opening the path itself reports what is wrong
	}
	volumes, last := map[string]string{}, ""
	for _, e := range entries {
		name := filepath.Join(filepath.Dir(whole), e.Name())
		if m := zipVolume.FindStringSubmatch(name); m != nil && m[1] == filepath.Clean(whole) {
			volumes[strings.TrimLeft(m[2], "0")] = name
		} else if strings.EqualFold(name, filepath.Clean(whole)+".zip") {
			last = name
		}
	}
	if len(volumes) == 0 {
		return nil, nil
	}
	var out []string
	for n := 1; len(out) < len(volumes); n++ {
		v, ok := volumes[fmt.Sprint(n)]
		if !ok {
			return nil, missingVolume(path, fmt.Sprintf("%s.z%02d", whole, n))
		}
		out = append(out, v)
	}
	if last == "" {
		return nil, missingVolume(path, whole+".zip")
	}
	return append(out, last), nil
}

func missingVolume(path, volume string) error {
	return &UnreadableError{path, fmt.Sprintf("%s is missing: the archive is split into volumes, and all are needed", filepath.Base(volume))}
}

// openVolumes joins the volumes of a split archive, of which one was named, to one archive.
func (s *Source) openVolumes(ctx context.Context, named string, paths []string, err error) (flash.Image, error) {
	if err != nil {
		return nil, err
	}
	var volumes []flash.Image
	for _, path := range paths {
		f, err := s.openSibling(ctx, path, named)
		if err != nil {
			return nil, err
		}
		volumes = append(volumes, f)
	}
	img, err := oneArchive(volumes)
	if err != nil {
		return nil, &UnreadableError{paths[len(paths)-1], err.Error()}
	}
	return img, nil
}

// Records of a zip archive's directory (APPNOTE.TXT §4.3), and the fields that differ between an
// archive in volumes and one file.
const (
	zipEnd       = "PK\x05\x06"
	zipEnd64     = "PK\x06\x06"
	zipLocator64 = "PK\x06\x07"
	zipEntry     = "PK\x01\x02"

	endSize      = 22
	endDisk      = 4
	endDirDisk   = 6
	endDirSize   = 12
	endDirOffset = 16
	end64Size    = 56
	locatorSize  = 20

	entrySize    = 46
	entryPacked  = 20
	entryContent = 24
	entryName    = 28
	entryExtra   = 30
	entryComment = 32
	entryDisk    = 34
	entryOffset  = 42
	extra64      = 0x0001

	maxDirectory = 16 << 20 // bytes; enough for about 100 000 files
)

// oneArchive joins the volumes and appends a directory whose offsets count from the start of the
// first volume. In the original directory each offset counts from the start of its own volume.
func oneArchive(volumes []flash.Image) (flash.Image, error) {
	whole, starts := flash.Join(volumes...), make([]int64, len(volumes))
	for i, v := range volumes[:len(volumes)-1] {
		starts[i+1] = starts[i] + v.Size()
	}
	dir, err := zipDirectory(volumes, starts, whole)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	entries := uint64(0)
	for ; len(dir) > 0; entries++ {
		rest, err := rewriteEntry(&out, dir, starts)
		if err != nil {
			return nil, fmt.Errorf("a split zip archive whose directory is damaged: entry %d %w", entries, err)
		}
		dir = rest
	}
	at, size := uint64(whole.Size()), uint64(out.Len())
	out.Write(zipTail(at, size, entries))
	return flash.Join(whole, bytes.NewReader(out.Bytes())), nil
}

// zipDirectory reads the directory that the end record in the last volume points to.
func zipDirectory(volumes []flash.Image, starts []int64, whole flash.Image) ([]byte, error) {
	cut := errors.New("a split zip archive without its end: the last volume is cut, or belongs to another archive")
	b, i, err := findEnd(whole)
	if err != nil {
		return nil, err
	}
	if i < 0 {
		return nil, cut
	}
	disk := uint64(binary.LittleEndian.Uint16(b[i+endDirDisk:]))
	size := uint64(binary.LittleEndian.Uint32(b[i+endDirSize:]))
	off := uint64(binary.LittleEndian.Uint32(b[i+endDirOffset:]))
	if j := i - locatorSize - end64Size; j >= 0 && string(b[j:j+4]) == zipEnd64 && string(b[j+end64Size:j+end64Size+4]) == zipLocator64 {
		disk = uint64(binary.LittleEndian.Uint32(b[j+20:]))
		size, off = binary.LittleEndian.Uint64(b[j+40:]), binary.LittleEndian.Uint64(b[j+48:])
	}
	if disk >= uint64(len(volumes)) || size > maxDirectory || off > uint64(volumes[disk].Size()) {
		return nil, cut
	}
	return flash.ReadFull(whole, starts[disk]+int64(off), int(size))
}

// findEnd returns the last bytes of an archive, and the index of the end record in them, -1 if
// there is none. A comment may follow the record.
func findEnd(whole flash.Image) (b []byte, i int, err error) {
	tail := min(whole.Size(), endSize+math.MaxUint16)
	b, err = flash.ReadFull(whole, whole.Size()-tail, int(tail))
	if err != nil {
		return nil, 0, err
	}
	if i = bytes.LastIndex(b, []byte(zipEnd)); i >= 0 && len(b)-i < endSize {
		i = -1
	}
	return b, i, nil
}

// isLastVolume reports whether a file is the last volume of an archive, and not a whole archive.
func isLastVolume(img flash.Image) bool {
	b, i, err := findEnd(img)
	return err == nil && i >= 0 && b[i+endDisk] != 0
}

// rewriteEntry writes the first entry of dir with its offset in the joined archive, and returns
// the rest.
func rewriteEntry(out *bytes.Buffer, dir []byte, starts []int64) ([]byte, error) {
	le := binary.LittleEndian
	if len(dir) < entrySize || string(dir[:4]) != zipEntry {
		return nil, fmt.Errorf("has no signature")
	}
	name, extra, comment := int(le.Uint16(dir[entryName:])), int(le.Uint16(dir[entryExtra:])), int(le.Uint16(dir[entryComment:]))
	end := entrySize + name + extra + comment
	if len(dir) < end {
		return nil, fmt.Errorf("is cut")
	}
	head := bytes.Clone(dir[:entrySize])
	old := dir[entrySize+name : entrySize+name+extra]
	content, packed := uint64(le.Uint32(head[entryContent:])), uint64(le.Uint32(head[entryPacked:]))
	off, disk := uint64(le.Uint32(head[entryOffset:])), uint64(le.Uint16(head[entryDisk:]))
	long := find64(old)
	for _, v := range []*uint64{&content, &packed, &off} { // in this order, for values that do not fit into 32 bits
		if *v == math.MaxUint32 && len(long) >= 8 {
			*v, long = le.Uint64(long), long[8:]
		}
	}
	if disk == math.MaxUint16 && len(long) >= 4 {
		disk = uint64(le.Uint32(long))
	}
	if disk >= uint64(len(starts)) || off > math.MaxInt64/2 {
		return nil, fmt.Errorf("begins, by its record, at 0x%x of volume %d", off, disk+1)
	}
	off += uint64(starts[disk])

	le.PutUint32(head[entryContent:], math.MaxUint32)
	le.PutUint32(head[entryPacked:], math.MaxUint32)
	le.PutUint32(head[entryOffset:], math.MaxUint32)
	le.PutUint16(head[entryDisk:], 0)
	le.PutUint16(head[entryExtra:], 4+24)
	le.PutUint16(head[entryComment:], 0)
	out.Write(head)
	out.Write(dir[entrySize : entrySize+name])
	b := le.AppendUint16(le.AppendUint16(nil, extra64), 24)
	for _, v := range []uint64{content, packed, off} {
		b = le.AppendUint64(b, v)
	}
	out.Write(b)
	return dir[end:], nil
}

// find64 returns the 64-bit values in an entry's extra fields.
func find64(extra []byte) []byte {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return nil
		}
		if id == extra64 {
			return extra[4 : 4+n]
		}
		extra = extra[4+n:]
	}
	return nil
}

// zipTail returns the end records of an archive that is one file.
func zipTail(at, size, entries uint64) []byte {
	le := binary.LittleEndian
	b := append([]byte(zipEnd64), make([]byte, end64Size-4)...)
	le.PutUint64(b[4:], end64Size-12)
	for off, v := range map[int]uint64{24: entries, 32: entries, 40: size, 48: at} {
		le.PutUint64(b[off:], v)
	}
	b = append(b, zipLocator64...)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint64(b, at+size)
	b = le.AppendUint32(b, 1)
	b = append(b, zipEnd...)
	b = append(b, 0, 0, 0, 0)
	for range 2 {
		b = le.AppendUint16(b, math.MaxUint16)
	}
	for range 2 {
		b = le.AppendUint32(b, math.MaxUint32)
	}
	return append(b, 0, 0)
}
