package ramdisk_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// The length that LG puts behind lz4 data is that of what they unpack to, after an edit
// too; any other four bytes are none.
func TestLength(t *testing.T) {
	large := archive(record("large", ramdisk.File|0o644, strings.Repeat("0123456789abcdef", 17<<16)), record("default.prop", ramdisk.File|0o644, "a=b\n"))
	for name, plain := range map[string]string{
		"one block":  archive(record("default.prop", ramdisk.File|0o644, "a=b\n")),
		"two blocks": archive(record("noise", ramdisk.File|0o644, string(imgtest.Noise("noise", 9<<20))), record("default.prop", ramdisk.File|0o644, "a=b\n")),
		"large":      large,
	} {
		packed := pack(t, plain, ramdisk.LZ4Legacy)
		length := binary.LittleEndian.AppendUint32(nil, uint32(len(plain)))
		for _, fill := range []int{0, 700} {
			b := append(append(bytes.Clone(packed), length...), make([]byte, fill)...)
			r := read(t, b)
			if r.Segments[0].Compression != ramdisk.LZ4LG || r.Trailing.Size() != int64(fill) || !bytes.Equal(encode(t, r), b) {
				t.Errorf("%s, %d: %+v, 0x%x bytes behind", name, fill, r.Segments, r.Trailing.Size())
			}
			find(t, r, "default.prop").Data = []byte("a=b, and more\n")
			out := encode(t, r)
			again := read(t, out)
			if got := binary.LittleEndian.Uint32(out[len(out)-fill-4:]); int64(got) != again.Segments[0].Unpacked || again.Segments[0].Compression != ramdisk.LZ4LG {
				t.Errorf("%s, %d: the length is 0x%x, of 0x%x unpacked", name, fill, got, again.Segments[0].Unpacked)
			}
		}
		length[0]++
		r, err := ramdisk.Read(bytes.NewReader(append(bytes.Clone(packed), length...)), 0)
		if err == nil && (r.Segments[0].Compression != ramdisk.LZ4Legacy || r.Trailing.Size() != 4) {
			t.Errorf("%s: another number is taken for its length: %+v", name, r.Segments)
		}
	}
}

// An archive that continues in another frame is one: kernels take a magic between two
// blocks for nothing. Edited, it is one frame.
func TestFrames(t *testing.T) {
	s := sample()
	half := append(pack(t, s[:20000], ramdisk.LZ4Legacy), pack(t, s[20000:], ramdisk.LZ4Legacy)...)
	length := binary.LittleEndian.AppendUint32(nil, uint32(len(s)))
	for c, b := range map[ramdisk.Compression][]byte{ramdisk.LZ4Legacy: half, ramdisk.LZ4LG: append(bytes.Clone(half), length...)} {
		r := read(t, b)
		if len(r.Segments) != 1 || r.Segments[0].Compression != c || len(r.Entries()) != 5 || !bytes.Equal(encode(t, r), b) {
			t.Errorf("%s: %+v, %d entries", c, r.Segments, len(r.Entries()))
		}
		find(t, r, "default.prop").Data = []byte("edited")
		out := encode(t, r)
		if again := read(t, out); string(find(t, again, "default.prop").Data) != "edited" || again.Segments[0].Compression != c {
			t.Errorf("%s: edited, %+v", c, again.Segments)
		}
	}
	// Two archives in two frames stay two segments.
	two := append(pack(t, s, ramdisk.LZ4Legacy), pack(t, s, ramdisk.LZ4Legacy)...)
	if r := read(t, two); len(r.Segments) != 2 || len(r.Entries()) != 10 {
		t.Errorf("%+v", r.Segments)
	}
	if _, err := ramdisk.Read(bytes.NewReader(half[:len(half)-100]), 0); err == nil {
		t.Error("the second frame is cut, and that is not said")
	}
}

// Another tool unpacks what stands before the length.
func TestLengthTool(t *testing.T) {
	b := pack(t, sample(), ramdisk.LZ4LG)
	if got := int(binary.LittleEndian.Uint32(b[len(b)-4:])); got != len(sample()) {
		t.Errorf("0x%x is stated, 0x%x went in", got, len(sample()))
	}
	if _, _, err := ramdisk.Unpack(bytes.NewReader(b[:len(b)-1]), ramdisk.LZ4LG, ramdisk.DefaultLimit); err == nil {
		t.Error("without its last byte it is still taken")
	}
	lookTool(t, "lz4")
	if got := filter(t, b[:len(b)-4], "lz4", "-dc"); string(got) != sample() {
		t.Errorf("lz4 unpacks %d bytes, not the %d that went in", len(got), len(sample()))
	}
}
