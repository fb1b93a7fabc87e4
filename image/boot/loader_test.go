package boot_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// withLoader puts a small loader in front of an image: in the place of its header, which
// moves to 0x400, or in front of all of it.
func withLoader(img []byte, name string, moved bool) []byte {
	const size = 0x400
	loader := make([]byte, size)
	copy(loader, "ANDROID!")
	le.PutUint32(loader[0x0C:], 0x4BD10000)
	le.PutUint32(loader[0x24:], 2048)
	copy(loader[0x200:], name)
	if moved {
		return append(loader, img...)
	}
	out := bytes.Clone(img)
	page := int(le.Uint32(img[0x24:]))
	copy(out[size:page], img)
	copy(out, loader)
	return out
}

func fireImage(t *testing.T, mtk bool) []byte {
	rd, err := ramdisk.Pack(imgtest.CPIO(imgtest.Recovery("fire")...), ramdisk.Gzip)
	if err != nil {
		t.Fatal(err)
	}
	return imgtest.BootImage(imgtest.Gzip(imgtest.Noise("kernel", 9000)), rd, mtk, "RECOVERY")
}

// The true header is the one behind the loader, wherever the parts lie; the loader stays.
func TestLoader(t *testing.T) {
	for _, mtk := range []bool{true, false} {
		for _, moved := range []bool{true, false} {
			for _, name := range []string{"microloader by somebody", ""} {
				t.Run(fmt.Sprint(mtk, moved, name), func(t *testing.T) { checkLoader(t, fireImage(t, mtk), name, moved) })
			}
		}
	}
}

func checkLoader(t *testing.T, plain []byte, name string, moved bool) {
	in := append(withLoader(plain, name, moved), bytes.Repeat([]byte{0xFF}, 100)...)
	i, want := read(t, in), read(t, plain)
	if i.Loader == nil || i.Loader.Moved != moved || i.Loader.Named != (name != "") || !bytes.Equal(i.Loader.Bytes, in[:0x400]) {
		t.Fatalf("%+v", i.Loader)
	}
	if i.Length != int64(len(in))-100 || i.Tail.Size() != 100 || i.Facts() != want.Facts() {
		t.Errorf("length 0x%x of 0x%x, %+v", i.Length, len(in), i.Facts())
	}
	if s := fmt.Sprint(i.Problems); !strings.Contains(s, "the header is the one at 0x400") || strings.Contains(s, "(microloader)") != (name != "") || flash.Worst(i.Problems) != flash.Note {
		t.Errorf("%s", s)
	}
	for n, p := range want.Parts {
		if !bytes.Equal(all(t, i.Parts[n].Bytes()), all(t, p.Bytes())) {
			t.Errorf("%s at 0x%x is another", p.Name, i.Parts[n].Offset)
		}
	}
	if !bytes.Equal(encode(t, i), in) {
		t.Error("untouched, the bytes differ")
	}
	if got := all(t, boot.WithoutLoader(bytes.NewReader(in))); !bytes.Equal(got[:len(plain)], plain) {
		t.Error("without the loader, it is another image")
	}
	// Edited as one without a loader is edited, and the loader in front of it.
	for _, b := range []*boot.Image{i, want} {
		if err := b.Replace(boot.Ramdisk, bytes.NewReader(imgtest.Gzip(imgtest.Noise("other", 5000)))); err != nil {
			t.Fatal(err)
		}
		f := b.Facts()
		f.Cmdline = "bootopt=64S3,32N2,32N2"
		if err := b.Apply(f); err != nil {
			t.Fatal(err)
		}
		b.Tail = nil
	}
	if got := encode(t, i); !bytes.Equal(got, withLoader(encode(t, want), name, moved)) || i.Length != int64(len(got)) {
		t.Error("edited, it is not the edited image behind the loader")
	}
}

// A header behind a loader has less room.
func TestLoaderRoom(t *testing.T) {
	i := read(t, withLoader(fireImage(t, true), "microloader", false))
	f := i.Facts()
	f.Cmdline = strings.Repeat("x", 512+0x1A0+1)
	if err := i.Apply(f); err != nil {
		t.Fatal(err)
	}
	if _, err := i.Encode(); err == nil || !strings.Contains(err.Error(), "room for only 0x400 bytes") {
		t.Error(err)
	}
	f.Cmdline = f.Cmdline[1:]
	if err := i.Apply(f); err != nil {
		t.Fatal(err)
	}
	if got := read(t, encode(t, i)).Facts(); got != f {
		t.Errorf("%+v", got)
	}
}

// Headers that list nothing are said to; one header in the middle of another is none.
func TestLists(t *testing.T) {
	plain := fireImage(t, true)
	cut := func(edit func(b []byte)) []byte {
		b := bytes.Clone(plain)
		edit(b)
		return b
	}
	for name, c := range map[string]struct {
		in   []byte
		says string
	}{
		"nothing listed": {cut(func(b []byte) { clear(b[8:0x20]) }), "lists no kernel and no ramdisk: it is damaged"},
		"no kernel":      {cut(func(b []byte) { clear(b[8:0x0C]) }), "lists no kernel, but images of version 0 have one: it is damaged"},
		"a loader, and no header": {cut(func(b []byte) { clear(b[8:0x20]); copy(b[0x200:], "microloader") }),
			"it contains a small loader (microloader), and there is no other header at 0x400"},
		"another header without kernel": {cut(func(b []byte) { clear(b[8:0x20]); copy(b[0x400:], b[:0x40]) }), "lists no kernel and no ramdisk"},
		"another header without sense": {cut(func(b []byte) { copy(b[0x400:], b[:0x40]); clear(b[8:0x20]); b[0x424] = 1 }),
			"lists no kernel and no ramdisk"},
		"vendor_boot": {assemble(4096, map[int]any{0: "VNDRBOOT", 8: 3, 12: 4096, 0x830: 2112}, 1), "lists no kernel and no ramdisk"},
		"version 4":   {assemble(4096, map[int]any{0: "ANDROID!", 20: 1584, 40: 4}, 1), "lists no kernel and no ramdisk"},
	} {
		i := read(t, c.in)
		if s := fmt.Sprint(i.Problems); i.Loader != nil || !strings.Contains(s, c.says) || flash.Worst(i.Problems) != flash.Warning {
			t.Errorf("%s: %s, %+v", name, s, i.Loader)
		}
		if !bytes.Equal(encode(t, i), c.in) {
			t.Errorf("%s: untouched, the bytes differ", name)
		}
	}
	b := bytes.Clone(plain) // a kernel is listed: what stands at 0x400 is the command line
	copy(b[0x400:], b[:0x40])
	if i := read(t, b); i.Loader != nil || len(i.Problems) > 0 {
		t.Errorf("%+v, %v", i.Loader, i.Problems)
	}
}
