package image

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// vbmetaOf builds a vbmeta block with descriptors, by the layout of libavb.
func vbmetaOf(auth int, descriptors ...[]byte) []byte {
	all := bytes.Join(descriptors, nil)
	b := make([]byte, 256+auth)
	copy(b, "AVB0\x00\x00\x00\x01")
	binary.BigEndian.PutUint64(b[0x0C:], uint64(auth))
	binary.BigEndian.PutUint64(b[0x14:], uint64(len(all)))
	binary.BigEndian.PutUint64(b[0x68:], uint64(len(all)))
	return append(b, all...)
}

// descriptor is one of a kind, its name at the place the kind has it.
func descriptor(tag uint64, lenAt, at int, name string) []byte {
	d := make([]byte, at, at+len(name)+16)
	d = append(d, name...)
	for len(d)%8 != 0 {
		d = append(d, 0)
	}
	binary.BigEndian.PutUint64(d, tag)
	binary.BigEndian.PutUint64(d[8:], uint64(len(d)-16))
	if lenAt > 0 {
		binary.BigEndian.PutUint32(d[lenAt:], uint32(len(name)))
	}
	return d
}

func TestAVBName(t *testing.T) {
	hash := func(n string) []byte { return descriptor(2, 56, 132, n) }
	tree := func(n string) []byte { return descriptor(1, 104, 180, n) }
	property := descriptor(0, 0, 32, "com.android.build.fingerprint")
	long := hash("boot")
	binary.BigEndian.PutUint32(long[56:], 0xFFFFFFFF)
	past := hash("boot")
	binary.BigEndian.PutUint64(past[8:], 1<<40)
	for name, c := range map[string]struct {
		img  []byte
		want string
	}{
		"hash":             {vbmetaOf(0, hash("boot")), "boot"},
		"hashtree, signed": {vbmetaOf(576, property, tree("vendor")), "vendor"},
		"several":          {vbmetaOf(0, hash("boot"), hash("dtbo")), ""},
		"none":             {vbmetaOf(0, property), ""},
		"name too long":    {vbmetaOf(0, long), ""},
		"runs past":        {vbmetaOf(0, past), ""},
		"cut":              {vbmetaOf(0, hash("boot"))[:300], ""},
		"empty":            {nil, ""},
		"other":            {make([]byte, 4096), ""},
	} {
		if got := AVBName(bytes.NewReader(c.img)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzAVBName(f *testing.F) {
	f.Add(vbmetaOf(64, descriptor(2, 56, 132, "boot")))
	f.Add(vbmetaOf(0, descriptor(1, 104, 180, "system")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := AVBName(bytes.NewReader(b)); len(got) > 64 || got != printable([]byte(got)) {
			t.Errorf("%q", got)
		}
	})
}
