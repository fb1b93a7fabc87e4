package source

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/image/stream"
)

// squeeze compresses b in frames of so many bytes, each of which states its size.
func squeeze(t testing.TB, b []byte, frame int) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for len(b) > 0 {
		n := min(frame, len(b))
		out, b = w.EncodeAll(b[:n], out), b[n:]
	}
	return out
}

func skippable(n int) []byte {
	b := append([]byte(stream.Skippable), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[4:], uint32(n))
	return append(b, make([]byte, n)...)
}

// Frames are read in place: no temporary file, the same bytes.
func TestFrames(t *testing.T) {
	want := sample()
	for _, frame := range []int{64 << 10, 1 << 20, 100_000, 16 << 20} {
		packed := append(skippable(4), squeeze(t, want, frame)...)
		packed = append(packed, skippable(1000)...)
		s := open(t, write(t, "ROM_1.zst", packed), Options{})
		if _, ok := s.Parts[0].Image.(*frames); !ok || !s.Unpacked || len(s.Problems) > 0 {
			t.Errorf("frames of %d: %T, unpacked %v, %v", frame, s.Parts[0].Image, s.Unpacked, s.Problems)
		}
		flashtest.TestImage(t, s.Parts[0].Image, want)
	}
}

// Frames of zeros are holes, and are known without unpacking the others.
func TestFramesHoles(t *testing.T) {
	want := make([]byte, 9<<20)
	copy(want[4<<20:], sample()[:1000])
	f, err := readFrames(bytes.NewReader(squeeze(t, want, 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	flashtest.TestImage(t, f, want)
	for off, e := range map[int64]flash.Extent{0: {Offset: 4 << 20, Length: 1 << 20}, 5<<20 + 7: {Offset: 9 << 20}} {
		if d, err := f.NextData(off); err != nil || d != e {
			t.Errorf("NextData(0x%x) = %v, %v; want %v", off, d, err, e)
		}
	}
}

// The memory for unpacked frames is bounded, whatever is read in which order.
func TestFramesMemory(t *testing.T) {
	f, err := readFrames(bytes.NewReader(squeeze(t, make([]byte, 64<<20), 4<<20)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	for i := range 64 {
		if _, err := f.ReadAt(b, int64(i*7%64)<<20); err != nil {
			t.Fatal(err)
		}
	}
	sum := 0
	for _, c := range f.cache {
		sum += len(c.bytes)
	}
	if sum == 0 || sum > frameCache {
		t.Errorf("%d bytes in memory", sum)
	}
}

// What cannot be read in place is unpacked instead; what is broken inside a frame
// fails where it is read, and there only.
func TestFramesBroken(t *testing.T) {
	want := sample()
	good := squeeze(t, want, 1<<20)
	for name, b := range map[string][]byte{
		"cut":          good[:len(good)-5],
		"large frame":  squeeze(t, make([]byte, maxFrame+1), maxFrame+1),
		"unknown size": packers["zst"](t, want),
		"rubbish":      append(bytes.Clone(good), "no frame"...),
		"empty":        squeeze(t, nil, 1),
	} {
		if _, err := readFrames(bytes.NewReader(b)); err != errNotFrames {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := bytes.Clone(good)
	bad[1000] ^= 0xFF // literals of the first frame
	f, err := readFrames(bytes.NewReader(bad))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.ReadAt(make([]byte, 10), 0); err == nil {
		t.Error("a damaged frame was read")
	}
	got, err := flash.ReadFull(f, 1<<20, len(want)-1<<20)
	if err != nil || !bytes.Equal(got, want[1<<20:]) {
		t.Errorf("the frames behind a damaged one: %v", err)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(squeeze(f, sample()[:5000], 1000))
	f.Add(append(skippable(4), squeeze(f, make([]byte, 100_000), 30_000)...))
	f.Add([]byte(stream.Zstd + "\x20\x00\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		z, err := readFrames(bytes.NewReader(b))
		if err != nil {
			return
		}
		defer z.Close()
		if z.Size() <= 0 || z.Size() > int64(len(b))*maxFrame {
			t.Fatalf("size %d of %d bytes", z.Size(), len(b))
		}
		for off := int64(0); off < min(z.Size(), 1<<20); {
			d, err := z.NextData(off)
			if err != nil || d.Offset < off || d.End() > z.Size() {
				t.Fatalf("NextData(%d) = %v, %v", off, d, err)
			}
			buf := make([]byte, 100)
			if n, err := z.ReadAt(buf, d.Offset); err == nil && n < len(buf) {
				t.Fatalf("%d bytes at %d without an error", n, d.Offset)
			}
			if off = d.End(); d.Length == 0 {
				break
			}
		}
	})
}
