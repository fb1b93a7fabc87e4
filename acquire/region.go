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

// Sizes, bytes. A chunk is what is read, hashed and written at a time.
const (
	chunkSize = 4 << 20
	grain     = 4 << 10  // of holes
	syncBytes = 16 << 20 // so much may be lost by a power cut,
	syncEvery = 5 * time.Second
	mapEvery  = 10 * time.Second
)

// The folder of the regions, and what the names of their files end with.
const (
	regionsDir    = "regions"
	partSuffix    = disk.PartSuffix
	mapSuffix     = ".map"
	journalSuffix = ".journal"
	chunksSuffix  = ".chunks"
	newSuffix     = ".new" // of a small file that is being replaced
)

// file is what a dump needs of a file it writes; *os.File has it.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// region is one region being read: its file, its journal, and what is not yet in it.
type region struct {
	*journal
	path    string // without suffix
	data    file
	log     file
	logEnd  int64
	open    func(path string) (file, error)
	sum     hash.Hash // flat, of what is before flatPos
	pending []byte    // records whose data are not yet synced
	loose   int64     // bytes written since the last sync
	synced  time.Time
	mapped  time.Time
	scratch []byte
	broken  error          // a sync failed: nobody knows what of it is on the disk
	once    []flash.Extent // ranges whose second reading failed in this run
}

// FileName is what the file of a region is called in a dump folder.
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

// createRegion begins the file and the journal of a region.
func createRegion(path string, name flash.Region, size int64, open func(string) (file, error)) (*region, error) {
	r := &region{journal: &journal{region: name, size: size}, path: path, open: open, sum: sha256.New()}
	if err := r.openFiles(); err != nil {
		return nil, err
	}
	r.note(headRecord(name, size))
	return r, r.sync()
}

// loadJournal reads the journal of a region, or the sidecar of a finished one, and
// returns how much of it is believed. It is nil where no reading was begun.
func loadJournal(path string, name flash.Region, size int64) (j *journal, b []byte, err error) {
	b, err = readBook(path + journalSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		b, err = readBook(path + chunksSuffix)
	}
	if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Contains(b, []byte("\n")) { // killed at its first line
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

// resumeRegion opens what an earlier run left of a region.
func resumeRegion(path string, name flash.Region, size int64, open func(string) (file, error)) (*region, error) {
	j, b, err := loadJournal(path, name, size)
	if err != nil {
		return nil, err
	}
	if j == nil {
		return createRegion(path, name, size, open)
	}
	if err := replaceFile(path+journalSuffix, b); err != nil { // without a torn line; again, where it was finished
		return nil, err
	}
	if _, err := os.Stat(path + partSuffix); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(path, path+partSuffix); err != nil {
			return nil, fmt.Errorf("acquire: the journal of %s speaks of data that are not there: %w", name, err)
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
		_ = disk.AllowHoles(f) // without holes the file is right too, but larger
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

// openFile opens a file to read and write, and makes it when it is not there.
func openFile(path string) (file, error) {
	return disk.OpenOwn(path)
}

// note adds a record to those that wait for the next sync.
func (r *region) note(s string) { r.pending = append(r.pending, s...) }

// put takes in a chunk that was read: writes it, adds it to the sums, and now and then
// brings all to the disk.
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

// catchUp hashes what was read before its turn, the tables, once the flat sum gets there. A
// large range is left to the end, when all that the sum did not see is read back. So is
// what cannot be read back now.
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

// small lends room for a piece of the file.
func (r *region) small() []byte {
	if r.scratch == nil {
		r.scratch = make([]byte, 64<<10)
	}
	return r.scratch
}

// write writes what of b is not zero, and zeros where the file holds something else: an
// earlier run may have left anything behind what its journal speaks of.
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

// zeros is what holes read as.
var zeros [chunkSize]byte

// zeroSum is the hash of a chunk of zeros: on most phones the commonest of all.
var zeroSum = sync.OnceValue(func() [32]byte { return sha256.Sum256(zeros[:]) })

func sumOf(b []byte) [32]byte {
	if len(b) == chunkSize && flash.IsZero(b) {
		return zeroSum()
	}
	return sha256.Sum256(b)
}

// run returns where the run of grains that begins at i ends, all zero or none.
func run(b []byte, i int) (end int, zero bool) {
	isZero := func(i int) bool { return flash.IsZero(b[i:min(i+grain, len(b))]) }
	zero = isZero(i)
	for i = min(i+grain, len(b)); i < len(b) && isZero(i) == zero; {
		i = min(i+grain, len(b))
	}
	return i, zero
}

// zeroAt reports whether the file holds zeros there; what cannot be read is none.
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

// sync brings what was read to the disk: the data, and then the journal that speaks of
// them. After an error nothing of it counts as read, also when a later sync succeeds.
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

// drawMap writes the map of what the journal says.
func (r *region) drawMap() error {
	r.mapped = time.Now()
	return replaceFile(r.path+mapSuffix, r.rescueMap().Encode())
}

// restartSum forgets the flat sum: bytes before its position have changed.
func (r *region) restartSum() {
	r.flatPos, r.flat = 0, nil
	r.sum.Reset()
}

// drop takes back what was read of e, for it cannot be believed.
func (r *region) drop(e flash.Extent) {
	if r.forget(e); r.flatPos == 0 {
		r.restartSum()
	}
	r.note(record("?", e))
}

// markBad notes that e cannot be read. It reads as zeros, whatever came of it before.
func (r *region) markBad(e flash.Extent) error {
	r.bad = flash.Union(append(r.bad, e))
	r.note(record("-", e))
	return r.blank(e)
}

// blank has the file hold zeros at e.
func (r *region) blank(e flash.Extent) error {
	for off := e.Offset; off < e.End(); off += chunkSize {
		if err := r.write(off, zeros[:min(e.End()-off, chunkSize)]); err != nil {
			return err
		}
	}
	return nil
}

// close lets go of the files. What was not synced is lost, and read again.
func (r *region) close() {
	if r.data != nil {
		r.data.Close()
	}
	if r.log != nil {
		r.log.Close()
	}
}

// readBook reads a journal or sidecar whole.
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

// replaceFile puts a small file in its place at once: the old one, or all of the new.
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
