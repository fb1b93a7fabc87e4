package acquire

import (
	"bytes"
	"crypto/sha256"
	"encoding"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// Sizes in bytes, and intervals. A chunk is read, hashed and written with one call.
const (
	chunkSize = 4 << 20
	grain     = 4 << 10  // the unit of holes in the file
	syncBytes = 16 << 20 // a power cut loses at most this many bytes
	syncEvery = 5 * time.Second
	mapEvery  = 10 * time.Second
)

// The folder of the regions, and the suffixes of their files.
const (
	regionsDir    = "regions"
	partSuffix    = disk.PartSuffix
	mapSuffix     = ".map"
	journalSuffix = ".journal"
	chunksSuffix  = ".chunks"
	newSuffix     = ".new" // a small file that is being replaced
)

// file is the part of *os.File that a dump uses to write its files.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// region is one region that is being read: its file, its journal, and the records that are not yet
// written.
type region struct {
	*journal
	path    string // without suffix
	data    file
	log     file
	logEnd  int64
	open    func(path string) (file, error)
	sum     hash.Hash // the flat sum of the bytes before flatPos
	pending []byte    // records whose data are not yet synced
	loose   int64     // bytes written since the last sync
	synced  time.Time
	mapped  time.Time
	scratch []byte
	broken  error          // a sync failed: it is unknown which data are on the disk
	once    []flash.Extent // ranges whose second reading failed in this run
}

// FileName returns the name of a region's file in a dump folder, such as ROM_1 or BOOT_1.
func FileName(r flash.Region) string {
	switch {
	case r.IsUser():
		return "ROM_1"
	case r == flash.EMMCBoot1 || r == flash.UFSLU0:
		return "BOOT_1"
	case r == flash.EMMCBoot2 || r == flash.UFSLU1:
		return "BOOT_2"
	}
	return strings.TrimPrefix(strings.TrimPrefix(string(r), "EMMC_"), "UFS_")
}

// createRegion makes the file and the journal of a region.
func createRegion(path string, name flash.Region, size int64, open func(string) (file, error)) (*region, error) {
	r := &region{journal: &journal{region: name, size: size}, path: path, open: open, sum: sha256.New()}
	if err := r.openFiles(); err != nil {
		return nil, err
	}
	r.note(headRecord(name, size))
	return r, r.sync()
}

// loadJournal reads the journal of a region, or the sidecar of a finished one, and returns the
// valid bytes of it. The journal is nil if no reading was begun.
func loadJournal(path string, name flash.Region, size int64) (j *journal, b []byte, err error) {
	b, err = readBook(path + journalSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		b, err = readBook(path + chunksSuffix)
	}
	if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Contains(b, []byte("\n")) { // the run was killed while it wrote the first line
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	j, n, err := readJournal(b)
	if err == nil && (j.region != name || j.size != size) {
		err = fmt.Errorf("is of %s with 0x%x bytes", j.region, j.size)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("acquire: %s: %w", path+journalSuffix, err)
	}
	return j, b[:n], nil
}

// resumeRegion opens the files that an earlier run left of a region.
func resumeRegion(path string, name flash.Region, size int64, open func(string) (file, error)) (*region, error) {
	j, b, err := loadJournal(path, name, size)
	if err != nil {
		return nil, err
	}
	if j == nil {
		return createRegion(path, name, size, open)
	}
	if err := replaceFile(path+journalSuffix, b); err != nil { // removes an incomplete last line; makes the journal again if the region was finished
		return nil, err
	}
	if _, err := os.Stat(path + partSuffix); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(path, path+partSuffix); err != nil {
			return nil, fmt.Errorf("acquire: the journal of %s lists data, but the data file is missing: %w", name, err)
		}
	}
	r := &region{journal: j, path: path, open: open, sum: sha256.New(), logEnd: int64(len(b))}
	if u, ok := r.sum.(encoding.BinaryUnmarshaler); !ok || j.flat == nil || u.UnmarshalBinary(j.flat) != nil {
		r.restartSum()
	}
	if err := r.openFiles(); err != nil {
		return nil, err
	}
	return r, r.drawMap()
}

func (r *region) openFiles() (err error) {
	if r.data, err = r.open(r.path + partSuffix); err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	if f, ok := r.data.(*os.File); ok {
		_ = disk.AllowHoles(f) // without holes the file is only larger
	}
	if err := r.data.Truncate(r.size); err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	if r.log, err = r.open(r.path + journalSuffix); err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	r.synced = time.Now()
	return nil
}

// openFile opens a file for reading and writing, and makes it if it does not exist.
func openFile(path string) (file, error) {
	return disk.OpenOwn(path)
}

// note adds a journal record that the next sync writes.
func (r *region) note(s string) { r.pending = append(r.pending, s...) }

// put stores a chunk that was read: it writes the chunk, adds it to the sums, and syncs after
// syncBytes or syncEvery.
func (r *region) put(off int64, b []byte) error {
	c := chunk{Extent: flash.Extent{Offset: off, Length: int64(len(b))}, sum: sumOf(b)}
	if err := r.write(off, b); err != nil {
		return err
	}
	if off == r.flatPos {
		r.sum.Write(b)
		r.flatPos += c.Length
	}
	r.add(c)
	r.catchUp()
	r.note(c.record())
	if r.loose += c.Length; r.loose > syncBytes-chunkSize || time.Since(r.synced) >= syncEvery {
		return r.sync()
	}
	return nil
}

// catchUp adds ranges that were read out of order (the tables) to the flat sum when the sum reaches
// them. Larger ranges, and ranges that cannot be read back now, are left to flatSum.
func (r *region) catchUp() {
	i := slices.IndexFunc(r.read, func(e flash.Extent) bool { return e.Offset <= r.flatPos && r.flatPos < e.End() })
	if i < 0 || r.read[i].End()-r.flatPos > chunkSize {
		return
	}
	for b := r.small(); r.flatPos < r.read[i].End(); {
		n := min(r.read[i].End()-r.flatPos, int64(len(b)))
		if flash.ReadInto(r.data, b[:n], r.flatPos) != nil {
			return
		}
		r.sum.Write(b[:n])
		r.flatPos += n
	}
}

// small returns a buffer for a small piece of the file.
func (r *region) small() []byte {
	if r.scratch == nil {
		r.scratch = make([]byte, 64<<10)
	}
	return r.scratch
}

// write writes the bytes of b that are not zero. It writes zeros only where the file has other
// bytes: an earlier run may have left data that its journal does not list.
func (r *region) write(off int64, b []byte) error {
	for i := 0; i < len(b); {
		j, zero := run(b, i)
		if !zero || !r.zeroAt(off+int64(i), j-i) {
			if n, err := r.data.WriteAt(b[i:j], off+int64(i)); err != nil {
				return fmt.Errorf("acquire: writing %s at 0x%x: %w", r.path+partSuffix, off+int64(i+n), err)
			}
		}
		i = j
	}
	return nil
}

// zeros is a chunk of zeros.
var zeros [chunkSize]byte

// zeroSum returns the hash of a chunk of zeros, the most common chunk on most phones.
var zeroSum = sync.OnceValue(func() [32]byte { return sha256.Sum256(zeros[:]) })

func sumOf(b []byte) [32]byte {
	if len(b) == chunkSize && flash.IsZero(b) {
		return zeroSum()
	}
	return sha256.Sum256(b)
}

// run returns the end of the run of grains that begins at i: either all of them are zero, or none
// is.
func run(b []byte, i int) (end int, zero bool) {
	isZero := func(i int) bool { return flash.IsZero(b[i:min(i+grain, len(b))]) }
	zero = isZero(i)
	for i = min(i+grain, len(b)); i < len(b) && isZero(i) == zero; {
		i = min(i+grain, len(b))
	}
	return i, zero
}

// zeroAt reports whether the file has n zeros at off. It is false if they cannot be read.
func (r *region) zeroAt(off int64, n int) bool {
	for b := r.small(); n > 0; {
		m := min(n, len(b))
		if flash.ReadInto(r.data, b[:m], off) != nil || !flash.IsZero(b[:m]) {
			return false
		}
		off, n = off+int64(m), n-m
	}
	return true
}

// sync writes what was read to the disk: first the data, then the journal that lists them. After an
// error none of it counts as read, even if a later sync succeeds.
func (r *region) sync() error {
	if r.broken != nil || len(r.pending) == 0 {
		return r.broken
	}
	if r.flatPos > 0 && r.loose > 0 {
		if m, ok := r.sum.(encoding.BinaryMarshaler); ok {
			if state, err := m.MarshalBinary(); err == nil {
				r.note(fmt.Sprintf("sum 0x%x %x\n", r.flatPos, state))
			}
		}
	}
	if err := r.data.Sync(); err != nil {
		r.broken = fmt.Errorf("acquire: %s: %w", r.path+partSuffix, err)
		return r.broken
	}
	n, err := r.log.WriteAt(r.pending, r.logEnd)
	if err == nil {
		err = r.log.Sync()
	}
	if err != nil {
		r.broken = fmt.Errorf("acquire: %s: %w", r.path+journalSuffix, err)
		return r.broken
	}
	r.logEnd += int64(n)
	r.pending, r.loose, r.synced = r.pending[:0], 0, time.Now()
	if time.Since(r.mapped) >= mapEvery {
		return r.drawMap()
	}
	return nil
}

// drawMap writes the map that the journal gives.
func (r *region) drawMap() error {
	r.mapped = time.Now()
	return replaceFile(r.path+mapSuffix, r.rescueMap().Encode())
}

// restartSum starts the flat sum again, because bytes before its position have changed.
func (r *region) restartSum() {
	r.flatPos, r.flat = 0, nil
	r.sum.Reset()
}

// drop marks e as not read, because its bytes cannot be trusted.
func (r *region) drop(e flash.Extent) {
	if r.forget(e); r.flatPos == 0 {
		r.restartSum()
	}
	r.note(record("?", e))
}

// markBad records that e cannot be read, and writes zeros there.
func (r *region) markBad(e flash.Extent) error {
	r.bad = flash.Union(append(r.bad, e))
	r.note(record("-", e))
	return r.blank(e)
}

// blank makes the file zero at e.
func (r *region) blank(e flash.Extent) error {
	for off := e.Offset; off < e.End(); off += chunkSize {
		if err := r.write(off, zeros[:min(e.End()-off, chunkSize)]); err != nil {
			return err
		}
	}
	return nil
}

// close closes the files. Bytes that were not synced are read again by the next run.
func (r *region) close() {
	if r.data != nil {
		r.data.Close()
	}
	if r.log != nil {
		r.log.Close()
	}
}

// readBook reads a small file, such as a journal or sidecar, completely. Its limit is maxJournal.
func readBook(path string) ([]byte, error) {
	f, err := disk.OpenInFolder(filepath.Dir(path), filepath.Base(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxJournal+1))
	if err == nil && len(b) > maxJournal {
		err = fmt.Errorf("acquire: %s: longer than %v", path, flash.Size(maxJournal))
	}
	return b, err
}

// replaceFile replaces a small file atomically: after a failure the old file is unchanged.
func replaceFile(path string, b []byte) error {
	f, err := disk.OpenOwn(path + newSuffix)
	if err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	err = disk.Fill(f, path, disk.PublishOptions{SyncDir: syncDir}, func(f *os.File) error {
		_, err := f.Write(b)
		return err
	})
	if err != nil {
		return fmt.Errorf("acquire: writing %s: %w", path, err)
	}
	return nil
}

// syncDir is replaced by tests.
var syncDir = disk.SyncDir
