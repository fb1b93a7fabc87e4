package slot

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// aosp makes a misc partition; a slot is its byte of priority, tries and success.
func aosp(a, b byte) []byte {
	m := make([]byte, 4096)
	copy(m[offset:], "_a\x00\x00BCAB\x01\x02\x00\x00")
	m[offset+offSlots], m[offset+offSlots+2] = a, b
	binary.LittleEndian.PutUint32(m[offset+offCRC:], crc32.ChecksumIEEE(m[offset:offset+offCRC]))
	return m
}

func avb(a, b [3]byte) []byte {
	m := make([]byte, 4096)
	copy(m[offset:], "\x00AB0\x01\x00")
	copy(m[offset+avbSlots:], a[:])
	copy(m[offset+avbSlots+4:], b[:])
	binary.BigEndian.PutUint32(m[offset+offCRC:], crc32.ChecksumIEEE(m[offset:offset+offCRC]))
	return m
}

func damaged(m []byte) []byte {
	m[offset+20] ^= 1
	return m
}

func TestActive(t *testing.T) {
	for _, tt := range []struct {
		name string
		misc []byte
		want string
	}{
		{"a started well", aosp(0x8F, 0x7E), "a"},
		{"b has priority", aosp(0x8E, 0x8F), "b"},
		{"b has priority and has failed", aosp(0x8E, 0x0F), "a"},
		{"both alike", aosp(0x8F, 0x8F), "a"},
		{"none starts", aosp(0x0F, 0x0F), ""},
		{"wrong checksum", damaged(aosp(0x8F, 0x7E)), ""},
		{"avb, a", avb([3]byte{15, 0, 1}, [3]byte{14, 7, 0}), "a"},
		{"avb, b", avb([3]byte{14, 0, 1}, [3]byte{15, 7, 0}), "b"},
		{"avb, wrong checksum", damaged(avb([3]byte{15, 0, 1}, [3]byte{})), ""},
		{"zeros", make([]byte, 4096), ""},
		{"cut", aosp(0x8F, 0x7E)[:offset+31], ""},
	} {
		if got := Active(bytes.NewReader(tt.misc)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzActive(f *testing.F) {
	f.Add(aosp(0x8F, 0x7E)[offset:])
	f.Add(avb([3]byte{15, 0, 1}, [3]byte{14, 7, 0})[offset:])
	f.Fuzz(func(t *testing.T, b []byte) {
		switch s := Active(bytes.NewReader(append(make([]byte, offset), b...))); s {
		case "", "a", "b":
		default:
			t.Errorf("slot %q", s)
		}
	})
}

func TestCut(t *testing.T) {
	for name, want := range map[string][2]string{
		"boot_a": {"boot", "a"}, "system_ext_b": {"system_ext", "b"}, "boot": {"boot", ""}, "_a": {"_a", ""}, "nvdata_c": {"nvdata_c", ""},
	} {
		if base, slot := Cut(name); base != want[0] || slot != want[1] {
			t.Errorf("%s: %q, %q", name, base, slot)
		}
	}
}
