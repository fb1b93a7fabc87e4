package split

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// holey is an image of any size that holds data in a few places only, and knows it.
type holey struct {
	size int64
	data []stretch // ascending, apart
}

type stretch struct {
	off int64
	b   []byte
}

func (h *holey) Size() int64 { return h.size }

func (h *holey) ReadAt(p []byte, off int64) (int, error) {
	if off >= h.size {
		return 0, io.EOF
	}
	n := min(int64(len(p)), h.size-off)
	clear(p[:n])
	for _, s := range h.data {
		if s.off < off+n && off < s.off+int64(len(s.b)) {
			from := max(s.off, off)
			copy(p[from-off:n], s.b[from-s.off:])
		}
	}
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

func (h *holey) NextData(off int64) (flash.Extent, error) {
	for _, s := range h.data {
		if end := s.off + int64(len(s.b)); end > off {
			start := max(s.off, off)
			return flash.Extent{Offset: start, Length: end - start}, nil
		}
	}
	return flash.Extent{Offset: h.size}, nil
}

// noise returns n bytes that do not compress, the same for the same seed.
func noise(seed uint64, n int) []byte {
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), 1})
	b := make([]byte, n)
	r.Read(b)
	return b
}

// patchwork returns n bytes that are noise and zeros by turns.
func patchwork(seed uint64, n int) []byte {
	b := noise(seed, n)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := 0; i < n; {
		j := min(n, i+r.IntN(6*grain))
		clear(b[i:j])
		i = j + r.IntN(6*grain)
	}
	return b
}

func image(b []byte) flash.Image { return bytes.NewReader(b) }

func sha(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// refusal asserts that err is a refusal for that reason.
func refusal(t *testing.T, err error, want flash.Reason) *flash.Refusal {
	t.Helper()
	r := flash.AsRefusal(err)
	if r == nil {
		t.Fatalf("got %v, want a refusal", err)
	}
	if r.Reason != want || r.Path == "" || r.Text == "" || r.By != "split" {
		t.Fatalf("got %+v, want reason %q with path and text", r, want)
	}
	return r
}

func write(t *testing.T, path string, b []byte) string {
	t.Helper()
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// tree lists the files of a folder with their contents.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(b)
	}
	return out
}

// dump is an image of three partitions with a gap of zeros, and the plan to split it.
type dump struct {
	b       []byte
	outputs []flash.Output
	m       *flash.Manifest
}

func newDump(seed uint64) *dump {
	const size = 3 << 20
	d := &dump{b: patchwork(seed, size)}
	d.m = &flash.Manifest{Schema: flash.ManifestSchema, Tool: "test", Kind: "parts", Complete: true,
		Sources: []flash.ManifestSource{{Name: "ROM_1", Region: flash.EMMCUser, Size: size, SHA256: sha(d.b)}}}
	clear(d.b[512<<10 : 600<<10])
	d.m.Sources[0].SHA256 = sha(d.b)
	d.add("partition", "boot.img", 0, 512<<10)
	d.add("gap", "gap_0x80000.bin", 512<<10, 88<<10)
	d.add("partition", "nvram.bin", 600<<10, 424<<10)
	d.add("partition", "userdata.img", 1<<20, 2<<20)
	return d
}

func (d *dump) add(kind flash.Kind, name string, off, n int64) {
	e := flash.Extent{Offset: off, Length: n}
	d.outputs = append(d.outputs, flash.Output{Name: name, Image: flash.Slice(image(d.b), e), OmitZero: kind == "gap"})
	d.m.Entries = append(d.m.Entries, flash.ManifestEntry{Kind: kind, Name: name, Region: flash.EMMCUser, Extent: e, Present: n, File: name})
}

// split makes the parts folder of the dump.
func (d *dump) split(t *testing.T, dir string, opt Options) []Result {
	t.Helper()
	f, err := Create(t.Context(), dir, d.outputs, []string{"scatter.txt"}, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abandon()
	r, err := f.Copy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.WriteFile("scatter.txt", []byte("- general\n")); err != nil {
		t.Fatal(err)
	}
	if err := f.Finish(d.m); err != nil {
		t.Fatal(err)
	}
	return r
}
