package backup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"strings"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// zipMagic is the start of a zip archive that contains a file (APPNOTE.TXT §4.3.7).
const zipMagic = "PK\x03\x04"

// openZip opens a zip archive that ZipWriter made, or one of a folder that mtkkit wrote: with a
// manifest, whose hashes prove the other files. Any other zip archive is flash.ErrNotThis.
func openZip(img flash.Image) (*Archive, error) {
	none := func(text string, err error) (*Archive, error) {
		return nil, &flash.FormatError{Format: "backup", Offset: 0, Text: text, Err: errors.Join(flash.ErrNotThis, err)}
	}
	z, err := zip.NewReader(img, img.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are checked below
		return none("a zip archive that is cut or damaged", err)
	}
	a := &Archive{img: img, zip: map[string]*zip.File{}, index: &Index{}}
	folder := zipFolder(z)
	for _, f := range z.File {
		name, in := strings.CutPrefix(f.Name, folder)
		if !in || f.FileInfo().IsDir() || path.Base(name) == ".DS_Store" {
			continue
		}
		if err := flash.CheckFilePath(name); err != nil {
			return none("a zip archive that mtkkit did not make", err)
		}
		if a.Member(name) != nil || f.UncompressedSize64 > 1<<62 || len(a.index.Members) == maxMembers {
			return none(fmt.Sprintf("a zip archive that mtkkit did not make: %q is in it twice, or too large", name), nil)
		}
		size := int64(f.UncompressedSize64)
		a.zip[name] = f
		a.index.Members = append(a.index.Members, Member{Name: name, Size: size,
			Data: flash.Union([]flash.Extent{{Length: size}}), Chunks: []Chunk{{Packed: int64(f.CompressedSize64)}}})
	}
	if err := a.hasManifest(); err != nil {
		return none("a zip archive without a manifest of mtkkit", err)
	}
	a.agree()
	return a, nil
}

// zipFolder returns the folder in the archive that contains the manifest, "" or one that ends
// with a slash. A packed parts folder may be one folder in the archive.
func zipFolder(z *zip.Reader) string {
	best, found := "", false
	for _, f := range z.File {
		dir, name := path.Split(f.Name)
		if name == flash.ManifestName && (!found || len(dir) < len(best)) {
			best, found = dir, true
		}
	}
	return best
}

// hasManifest returns an error if there is no manifest of mtkkit.
func (a *Archive) hasManifest() error {
	m := a.Member(flash.ManifestName)
	if m == nil {
		return errors.New("it has no " + flash.ManifestName)
	}
	_, err := flash.ReadManifest(io.NewSectionReader(a.Image(m), 0, m.Size))
	return err
}

// verifyZip reads every file of a zip archive and compares it with its hash.
func (v *verifier) verifyZip(m *Member) {
	buf := make([]byte, scanBlock)
	r := io.NewSectionReader(v.a.Image(m), 0, m.Size)
	for {
		if v.ctx.Err() != nil {
			return
		}
		n, err := r.Read(buf)
		v.step(int64(n))
		if err == io.EOF {
			return
		}
		if err != nil {
			v.mu.Lock()
			v.problems.Add(flash.Error, m.Name, "%v", err)
			v.mu.Unlock()
			return
		}
	}
}

// ErrChanged means that a file of an archive does not have the hash in the archive's manifest.
var ErrChanged = errors.New("differs from what was packed")

// zipImage is a file of a zip archive. It is unpacked from its start; reading backwards starts
// again. If it is read to its end in order, its hash proves it.
type zipImage struct {
	file *zip.File
	m    *Member
	lost func(flash.Extent, error)

	mu  sync.Mutex
	r   io.ReadCloser
	at  int64
	sum hash.Hash
}

// Size implements flash.Image.
func (f *zipImage) Size() int64 { return f.m.Size }

// ReadAt implements io.ReaderAt.
func (f *zipImage) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("backup: read at negative offset %d", off)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	short := off+int64(len(p)) > f.m.Size
	p = p[:max(min(int64(len(p)), f.m.Size-off), 0)]
	if len(p) > 0 {
		n, err = f.read(p, off)
	}
	if err != nil && f.lost != nil {
		gone := flash.Extent{Offset: off + int64(n), Length: f.m.Size - off - int64(n)}
		if n == len(p) { // its hash is wrong: it is unknown which bytes are
			gone = flash.Extent{Length: f.m.Size}
		}
		f.lost(gone, err)
		clear(p[n:])
		n, err = len(p), nil
	}
	if err == nil && short {
		err = io.EOF
	}
	return n, err
}

// read unpacks up to an offset and reads from there.
func (f *zipImage) read(p []byte, off int64) (int, error) {
	if f.r == nil || off < f.at {
		r, err := f.file.Open()
		if err != nil {
			return 0, fmt.Errorf("backup: %s: %w", f.m.Name, err)
		}
		if f.r != nil {
			f.r.Close()
		}
		f.r, f.at, f.sum = r, 0, sha256.New()
	}
	if err := f.copy(io.Discard, off-f.at); err != nil {
		return 0, err
	}
	w := &fixed{b: p}
	err := f.copy(w, int64(len(p)))
	if err == nil && f.at == f.m.Size {
		err = f.end()
	}
	return w.n, err
}

// fixed is a writer into a buffer.
type fixed struct {
	b []byte
	n int
}

func (w *fixed) Write(b []byte) (int, error) {
	n := copy(w.b[w.n:], b)
	w.n += n
	return n, nil
}

// copy unpacks the next n bytes.
func (f *zipImage) copy(w io.Writer, n int64) error {
	got, err := io.CopyN(io.MultiWriter(w, f.sum), f.r, n)
	f.at += got
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("backup: %s: damaged in the archive at its offset 0x%x: %w", f.m.Name, f.at, err)
	}
	return nil
}

// end proves a file that was read to its end, by the checksum of zip and by its hash.
func (f *zipImage) end() error {
	if _, err := f.r.Read(make([]byte, 1)); err != io.EOF {
		if err == nil {
			err = errors.New("it is longer than the archive says")
		}
		return fmt.Errorf("backup: %s: damaged in the archive: %w", f.m.Name, err)
	}
	if got := hex.EncodeToString(f.sum.Sum(nil)); f.m.SHA256 != "" && got != f.m.SHA256 {
		return fmt.Errorf("backup: %s: %w: its sha-256 is %s, the manifest has %s", f.m.Name, ErrChanged, got, f.m.SHA256)
	}
	return nil
}

// verifyAllZip proves the files of a zip archive on all processors.
func (v *verifier) verifyAllZip(ctx context.Context, workers int) error {
	files := make(chan *Member)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for m := range files {
				v.verifyZip(m)
			}
		})
	}
	for i := range v.a.index.Members {
		files <- &v.a.index.Members[i]
	}
	close(files)
	wg.Wait()
	return ctx.Err()
}

// isZip reports whether img begins like a zip archive.
func isZip(img flash.Image) bool {
	b := make([]byte, len(zipMagic))
	n, _ := img.ReadAt(b, 0)
	return strings.HasPrefix(string(b[:n]), zipMagic)
}
