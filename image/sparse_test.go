package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// sparseChunk is a chunk as the tests write it.
func sparseChunk(kind uint16, blocks uint32, data []byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, kind)
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint32(b, blocks)
	b = binary.LittleEndian.AppendUint32(b, uint32(12+len(data)))
	return append(b, data...)
}

func sparseFile(blocks uint32, chunks ...[]byte) []byte {
	b := []byte{0x3A, 0xFF, 0x26, 0xED, 1, 0, 0, 0, 28, 0, 12, 0}
	for _, v := range []uint32{4096, blocks, uint32(len(chunks)), 0} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return append(b, bytes.Join(chunks, nil)...)
}

// sparseSample has every kind of chunk, some twice in a row.
func sparseSample() (file, want []byte) {
	a, b := imgtest.Noise("a", 3*4096), imgtest.Noise("b", 4096)
	file = sparseFile(16,
		sparseChunk(chunkRaw, 3, a),
		sparseChunk(chunkCRC, 0, []byte{1, 2, 3, 4}),
		sparseChunk(chunkFill, 2, []byte{0xDE, 0xAD, 0xBE, 0xEF}),
		sparseChunk(chunkDontCare, 3, nil),
		sparseChunk(chunkFill, 1, make([]byte, 4)),
		sparseChunk(chunkRaw, 1, b),
		sparseChunk(chunkRaw, 1, a[:4096]),
		sparseChunk(chunkFill, 1, []byte{0xFF, 0xFF, 0xFF, 0xFF}),
		sparseChunk(chunkDontCare, 4, nil))
	want = make([]byte, 16*4096)
	copy(want, a)
	copy(want[3*4096:], bytes.Repeat([]byte{0xDE, 0xAD, 0xBE, 0xEF}, 2*1024))
	copy(want[9*4096:], b)
	copy(want[10*4096:], a[:4096])
	copy(want[11*4096:], bytes.Repeat([]byte{0xFF}, 4096))
	return file, want
}

func TestSparse(t *testing.T) {
	file, want := sparseSample()
	s, err := ReadSparse(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	flashtest.TestImage(t, s, want)
	if s.DontCare != 7*4096 || len(s.Problems) != 1 || s.Problems[0].Severity != flash.Note {
		t.Errorf("don't care %d, problems %v", s.DontCare, s.Problems)
	}
	// The holes are known, not guessed: 3..9 less the fill is one.
	if d, err := s.NextData(5*4096 + 1); err != nil || d != (flash.Extent{Offset: 9 * 4096, Length: 4096}) {
		t.Errorf("NextData in the hole = %v, %v", d, err)
	}
}

// A cut file gives what is there, and never invents what is not.
func TestSparseCut(t *testing.T) {
	file, want := sparseSample()
	for cut := 28; cut < len(file); cut += 97 {
		s, err := ReadSparse(bytes.NewReader(file[:cut]))
		if err != nil {
			t.Fatal(err)
		}
		got, err := flash.ReadFull(s, 0, int(s.Size()))
		if err != nil || !bytes.HasPrefix(want, got) || len(got) == len(want) {
			t.Fatalf("cut at %d: %d bytes, %v", cut, len(got), err)
		}
		if flash.Worst(s.Problems) != flash.Error {
			t.Errorf("cut at %d: problems %v", cut, s.Problems)
		}
	}
}

func TestSparseHostile(t *testing.T) {
	le := binary.LittleEndian
	good, _ := sparseSample()
	for name, c := range map[string]struct {
		change func(b []byte)
		says   string // of the error, or of a problem when size is not 0
		size   int64
	}{
		"magic":            {func(b []byte) { b[0]++ }, "not an Android sparse image", 0},
		"version":          {func(b []byte) { b[4] = 2 }, "version 2", 0},
		"no block size":    {func(b []byte) { le.PutUint32(b[12:], 0) }, "blocks of 0 bytes", 0},
		"odd block size":   {func(b []byte) { le.PutUint32(b[12:], 4098) }, "blocks of 4098 bytes", 0},
		"huge":             {func(b []byte) { le.PutUint32(b[12:], 0xFFFFFFFC); le.PutUint32(b[16:], 0xFFFFFFFF) }, "sparse image of", 0},
		"short header":     {func(b []byte) { le.PutUint16(b[8:], 4) }, "headers of 4", 0},
		"more chunks":      {func(b []byte) { le.PutUint32(b[20:], 0xFFFFFFFF) }, "file ends at chunk 9 of 4294967295", 16 * 4096},
		"fewer chunks":     {func(b []byte) { le.PutUint32(b[20:], 1) }, "header states", 3 * 4096},
		"chunk too long":   {func(b []byte) { le.PutUint32(b[16:], 4) }, "longer than the image", 3 * 4096},
		"raw of no length": {func(b []byte) { le.PutUint32(b[28+8:], 12) }, "instead of", 0},
		"header only":      {func(b []byte) { le.PutUint32(b[28+8:], 3) }, "instead of", 0},
		"unknown chunk":    {func(b []byte) { le.PutUint16(b[28+12+3*4096:], 0xCAC5) }, "unknown type 0xcac5", 3 * 4096},
	} {
		b := bytes.Clone(good)
		c.change(b)
		s, err := ReadSparse(bytes.NewReader(b))
		if err != nil {
			var f *flash.FormatError
			if !errors.As(err, &f) || !strings.Contains(err.Error(), c.says) || (name == "magic") != errors.Is(err, flash.ErrNotThis) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if s.Size() != c.size || len(s.Problems) == 0 || !strings.Contains(s.Problems[0].Text, c.says) {
			t.Errorf("%s: size %d, problems %v", name, s.Size(), s.Problems)
		}
	}
}

// What img2simg writes reads as what it was made from, and simg2img agrees.
func TestSparseTools(t *testing.T) {
	for _, tool := range []string{"img2simg", "simg2img"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	dir := t.TempDir()
	in := func(n string) string { return filepath.Join(dir, n) }
	want := make([]byte, 40*4096)
	copy(want, imgtest.Noise("head", 5*4096))
	copy(want[20*4096:], bytes.Repeat([]byte{1, 2, 3, 4}, 2*1024))
	copy(want[38*4096:], imgtest.Noise("tail", 4096))
	ours, _ := sparseSample()
	if err := errors.Join(os.WriteFile(in("raw"), want, 0o666), os.WriteFile(in("ours"), ours, 0o666)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"img2simg", in("raw"), in("theirs"), "4096"}, {"simg2img", in("ours"), in("unpacked")}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	for name, raw := range map[string]string{"theirs": "raw", "ours": "unpacked"} {
		b, err := os.ReadFile(in(name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(in(raw))
		if err != nil {
			t.Fatal(err)
		}
		s, err := ReadSparse(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		flashtest.TestImage(t, s, want)
	}
}

func FuzzSparse(f *testing.F) {
	good, _ := sparseSample()
	f.Add(good)
	f.Add(sparseFile(3, sparseChunk(chunkDontCare, 3, nil)))
	f.Add(sparseFile(0xFFFFFFFF, sparseChunk(chunkFill, 0xFFFFFFFF, []byte{1, 0, 0, 0})))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadSparse(bytes.NewReader(b))
		if err != nil {
			return
		}
		if s.Size() < 0 || s.DontCare > s.Size() {
			t.Fatalf("size %d, don't care %d", s.Size(), s.DontCare)
		}
		for off := int64(0); off < s.Size(); {
			d, err := s.NextData(off)
			if err != nil || d.Offset < off || d.End() > s.Size() || d.Length < 0 {
				t.Fatalf("NextData(%d) = %v, %v of %d", off, d, err, s.Size())
			}
			for _, at := range []int64{off, d.Offset, d.End() - 1} {
				if at = max(at, 0); at < s.Size() {
					if _, err := flash.ReadFull(s, at, 1); err != nil {
						t.Fatalf("byte 0x%x of 0x%x: %v", at, s.Size(), err)
					}
				}
			}
			if off = d.End(); d.Length == 0 {
				break
			}
		}
	})
}
