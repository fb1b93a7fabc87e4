package boot_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

var le = binary.LittleEndian

// assemble builds an image by hand from the published layouts: header fields as
// offset → number or text, then parts on pages of their own.
func assemble(page int, header map[int]any, headerPages int, parts ...[]byte) []byte {
	b := make([]byte, page*headerPages)
	for off, v := range header {
		switch v := v.(type) {
		case int:
			le.PutUint32(b[off:], uint32(v))
		case string:
			copy(b[off:], v)
		}
	}
	for _, p := range parts {
		b = append(b, p...)
		for len(b)%page != 0 {
			b = append(b, 0)
		}
	}
	return b
}

// table is a vendor_boot's ramdisk table.
func table(sizes []int, types []int, names []string) []byte {
	var out []byte
	off := 0
	for i, n := range sizes {
		row := make([]byte, 108)
		le.PutUint32(row[0:], uint32(n))
		le.PutUint32(row[4:], uint32(off))
		le.PutUint32(row[8:], uint32(types[i]))
		copy(row[12:44], names[i])
		out, off = append(out, row...), off+n
	}
	return out
}

// vectors are images of every kind, by hand.
func vectors() map[string][]byte {
	kernel, ramdisk := imgtest.Noise("kernel", 5000), imgtest.Noise("ramdisk", 3001)
	dtb, sig := imgtest.Noise("dtb", 2049), imgtest.Noise("signature", 4096)
	first, second := imgtest.Noise("first", 1000), imgtest.Noise("second", 777)
	rows := table([]int{1000, 777}, []int{1, 2}, []string{"", "recovery"})
	config := []byte("androidboot.hardware=mt6789\n")
	return map[string][]byte{
		"v0": assemble(2048, map[int]any{0: "ANDROID!", 8: 5000, 12: 0x10008000, 16: 3001, 20: 0x11000000,
			24: 777, 32: 0x10000100, 36: 2048, 0x30: "s5501", 0x40: "console=ttyMT0"}, 1, kernel, ramdisk, second),
		"v0 with a device tree": assemble(2048, map[int]any{0: "ANDROID!", 8: 5000, 16: 3001, 36: 2048, 40: 2049},
			1, kernel, ramdisk, dtb),
		"v1": assemble(2048, map[int]any{0: "ANDROID!", 8: 5000, 16: 3001, 36: 2048, 40: 1, 0x660: 2049,
			0x664: 2048 + 6144 + 4096, 0x66C: 1648}, 1, kernel, ramdisk, dtb),
		"v2": assemble(4096, map[int]any{0: "ANDROID!", 8: 5000, 16: 3001, 36: 4096, 40: 2, 0x2C: 11<<25 | 21<<4 | 5,
			0x66C: 1660, 0x670: 2049, 0x674: 0x44000000}, 1, kernel, ramdisk, dtb),
		"v4": assemble(4096, map[int]any{0: "ANDROID!", 8: 5000, 12: 3001, 16: 12 << 25, 20: 1584, 40: 4,
			0x2C: "a b", 0x62C: 4096}, 1, kernel, ramdisk, sig),
		"init_boot": assemble(4096, map[int]any{0: "ANDROID!", 12: 3001, 20: 1584, 40: 4}, 1, ramdisk),
		"vendor_boot v3": assemble(2048, map[int]any{0: "VNDRBOOT", 8: 3, 12: 2048, 16: 0x40008000, 0x18: 3001,
			0x1C: "bootopt=64S3", 0x81C: 0x47C80000, 0x820: "k65", 0x830: 2112, 0x834: 2049, 0x838: 0x47C80000}, 2, ramdisk, dtb),
		"vendor_boot v4": assemble(4096, map[int]any{0: "VNDRBOOT", 8: 4, 12: 4096, 0x18: 1777, 0x830: 2128, 0x834: 2049,
			0x840: len(rows), 0x844: 2, 0x848: 108, 0x84C: len(config)}, 1, append(bytes.Clone(first), second...), dtb, rows, config),
	}
}

func read(t *testing.T, b []byte) *boot.Image {
	t.Helper()
	i, err := boot.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func encode(t *testing.T, i *boot.Image) []byte {
	t.Helper()
	img, err := i.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return all(t, img)
}

func all(t *testing.T, img flash.Image) []byte {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(img, 0, img.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Untouched images come out as they went in: with odd padding, with bytes after the
// end, and cut anywhere.
func TestEncodeUntouched(t *testing.T) {
	for name, b := range vectors() {
		t.Run(name, func(t *testing.T) {
			i := read(t, b)
			if i.Length != int64(len(b)) || len(i.Problems) > 0 {
				t.Errorf("length %d of %d, problems %v", i.Length, len(b), i.Problems)
			}
			odd := bytes.Clone(b)
			odd[len(odd)-1] = 0x77 // padding, or the last byte of a part
			odd = append(odd, "SIGNATURE of somebody"...)
			for _, in := range [][]byte{b, odd, b[:len(b)-3000], b[:4096+100]} {
				if got := encode(t, read(t, in)); !bytes.Equal(got, in) {
					t.Errorf("%d bytes became %d other ones", len(in), len(got))
				}
			}
		})
	}
}

func TestParts(t *testing.T) {
	for name, want := range map[string]string{
		"v0":                    "kernel 0x800+0x1388, ramdisk 0x2000+0xbb9, second 0x3000+0x309",
		"v0 with a device tree": "kernel 0x800+0x1388, ramdisk 0x2000+0xbb9, dt 0x3000+0x801",
		"v1":                    "kernel 0x800+0x1388, ramdisk 0x2000+0xbb9, recovery_dtbo 0x3000+0x801",
		"v2":                    "kernel 0x1000+0x1388, ramdisk 0x3000+0xbb9, dtb 0x4000+0x801",
		"v4":                    "kernel 0x1000+0x1388, ramdisk 0x3000+0xbb9, signature 0x4000+0x1000",
		"init_boot":             "ramdisk 0x1000+0xbb9",
		"vendor_boot v3":        "ramdisk 0x1000+0xbb9, dtb 0x2000+0x801",
		"vendor_boot v4":        "ramdisk0 platform 0x1000+0x3e8, ramdisk1 recovery recovery 0x13e8+0x309, dtb 0x2000+0x801, ramdisk_table 0x3000+0xd8, bootconfig 0x4000+0x1c",
	} {
		var got []string
		for _, p := range read(t, vectors()[name]).Parts {
			s := p.Name
			if p.Label != "" {
				s += " " + p.Label
			}
			got = append(got, s+" "+hexExtent(p.Extent))
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s:\n got %s\nwant %s", name, s, want)
		}
	}
}

func hexExtent(e flash.Extent) string { return fmt.Sprintf("0x%x+0x%x", e.Offset, e.Length) }

func TestFacts(t *testing.T) {
	for name, want := range map[string]boot.Facts{
		"v0":             {Board: "s5501", Cmdline: "console=ttyMT0", KernelAddr: 0x10008000, RamdiskAddr: 0x11000000, TagsAddr: 0x10000100},
		"v2":             {OSVersion: "11.0.0", PatchLevel: "2021-05", DTBAddr: 0x44000000},
		"v4":             {OSVersion: "12.0.0", Cmdline: "a b"},
		"vendor_boot v3": {Board: "k65", Cmdline: "bootopt=64S3", KernelAddr: 0x40008000, TagsAddr: 0x47C80000, DTBAddr: 0x47C80000},
	} {
		if d := cmp.Diff(want, read(t, vectors()[name]).Facts()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// Changed facts are read back, and changing them back gives the same bytes.
func TestApply(t *testing.T) {
	long := strings.Repeat("x", 600) + " end"
	for name, b := range vectors() {
		t.Run(name, func(t *testing.T) {
			i := read(t, b)
			old := i.Facts()
			now := old
			now.Cmdline = long
			if name != "v4" && name != "init_boot" {
				now.Board, now.KernelAddr = "other", 0x40080000
			}
			if !strings.HasPrefix(name, "vendor") {
				now.OSVersion, now.PatchLevel = "9.0.1", "2019-12"
			}
			if err := i.Apply(now); err != nil {
				t.Fatal(err)
			}
			i = read(t, encode(t, i))
			if d := cmp.Diff(now, i.Facts()); d != "" {
				t.Error(d)
			}
			if err := i.Apply(old); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(encode(t, i), b) {
				t.Error("changed back, the bytes differ")
			}
		})
	}
	for name, f := range map[string]boot.Facts{
		"has no board":                   {Board: "x"},
		"has no dtb_addr":                {DTBAddr: 1},
		"does not fit the 1535":          {Cmdline: strings.Repeat("y", 1536)},
		`os version "9" is not like`:     {OSVersion: "9"},
		`os version "9.0.200" is not`:    {OSVersion: "9.0.200"},
		`patch level "x" is not like`:    {PatchLevel: "x"},
		`patch level "2200-1" is not li`: {PatchLevel: "2200-1"},
	} {
		if err := read(t, vectors()["init_boot"]).Apply(f); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: %v, want %q", f, err, name)
		}
	}
}

// A replaced part moves the ones behind it; everything else stays.
func TestReplace(t *testing.T) {
	grown := imgtest.Noise("grown", 9999)
	for name, b := range vectors() {
		for _, p := range read(t, b).Parts {
			if p.Name == boot.RamdiskTable {
				continue
			}
			t.Run(name+" "+p.Name, func(t *testing.T) {
				tail := []byte("tail")
				i := read(t, append(bytes.Clone(b), tail...))
				if err := i.Replace(p.Name, bytes.NewReader(grown)); err != nil {
					t.Fatal(err)
				}
				out := encode(t, i)
				again := read(t, out)
				if len(again.Problems) > 0 || again.Length != i.Length || !bytes.HasSuffix(out, tail) {
					t.Errorf("problems %v, length %d and %d", again.Problems, again.Length, i.Length)
				}
				was := read(t, b)
				for n := range again.Parts {
					want := grown
					if q := &was.Parts[n]; q.Name != p.Name {
						want = all(t, q.Bytes())
					}
					if q := &again.Parts[n]; q.Name != boot.RamdiskTable && !bytes.Equal(all(t, q.Bytes()), want) {
						t.Errorf("%s is not what it should be", q.Name)
					}
				}
			})
		}
	}
}

// A version 1 header says where its recovery dtbo lies.
func TestReplaceMovesDTBO(t *testing.T) {
	i := read(t, vectors()["v1"])
	if err := i.Replace(boot.Ramdisk, bytes.NewReader(make([]byte, 9000))); err != nil {
		t.Fatal(err)
	}
	out := encode(t, i)
	if got, want := int64(le.Uint64(out[0x664:])), read(t, out).Part(boot.RecoveryDTBO).Offset; got != want {
		t.Errorf("the header says 0x%x, it lies at 0x%x", got, want)
	}
}

func TestReplaceAdds(t *testing.T) {
	i := read(t, vectors()["init_boot"])
	if err := i.Replace(boot.Kernel, bytes.NewReader([]byte("kernel"))); err != nil {
		t.Fatal(err)
	}
	if i = read(t, encode(t, i)); len(i.Parts) != 2 || i.Parts[0].Name != boot.Kernel {
		t.Errorf("parts %v", i.Parts)
	}
	if err := i.Replace(boot.Second, bytes.NewReader([]byte("x"))); err == nil {
		t.Error("version 4 has no second")
	}
	if err := read(t, vectors()["vendor_boot v4"]).Replace(boot.Ramdisk, bytes.NewReader(nil)); err == nil {
		t.Error("which of the ramdisks?")
	}
}

// MediaTek's header stays in front of a payload, with the new size.
func TestSection(t *testing.T) {
	b := imgtest.BootImage(imgtest.Noise("kernel", 4000), imgtest.Noise("ramdisk", 3000), true, "ROOTFS")
	i := read(t, b)
	rd := i.Part(boot.Ramdisk)
	if i.Part(boot.Kernel).Section.Name != "KERNEL" || rd.Section.Name != "ROOTFS" || rd.Payload().Size() != 3000 {
		t.Fatalf("sections %+v %+v", i.Part(boot.Kernel).Section, rd.Section)
	}
	if !bytes.Equal(encode(t, i), b) {
		t.Error("untouched, the bytes differ")
	}
	payload := imgtest.Noise("other", 5001)
	if err := i.Replace(boot.Ramdisk, bytes.NewReader(payload)); err != nil {
		t.Fatal(err)
	}
	if err := i.SetSection(boot.Ramdisk, "RECOVERY"); err != nil {
		t.Fatal(err)
	}
	want := imgtest.BootImage(imgtest.Noise("kernel", 4000), payload, true, "RECOVERY")
	if got := encode(t, i); !bytes.Equal(got, want) {
		t.Error("not the image that is made of the same parts at once")
	}
	for _, p := range []string{boot.Kernel, boot.Ramdisk} {
		if err := i.SetSection(p, ""); err != nil {
			t.Fatal(err)
		}
	}
	want = imgtest.BootImage(imgtest.Noise("kernel", 4000), payload, false, "")
	if got := encode(t, i); !bytes.Equal(got, want) {
		t.Error("without headers: not the image that is made so")
	}
	if err := i.SetSection(boot.Kernel, "KERNEL"); err != nil {
		t.Fatal(err)
	}
	if s := read(t, encode(t, i)).Part(boot.Kernel).Section; s == nil || s.Size != 4000 {
		t.Errorf("added section %+v", s)
	}
}

// Bytes after the payload that a section states belong to the part, not the payload.
func TestSectionShort(t *testing.T) {
	s, err := boot.NewSection("KERNEL", 100)
	if err != nil {
		t.Fatal(err)
	}
	kernel := append(bytes.Clone(s.Header), imgtest.Noise("kernel", 300)...)
	b := assemble(2048, map[int]any{0: "ANDROID!", 8: len(kernel), 36: 2048}, 1, kernel)
	i := read(t, b)
	if p := i.Part(boot.Kernel); p.Payload().Size() != 100 || p.Bytes().Size() != 812 {
		t.Errorf("payload %d of %d", p.Payload().Size(), p.Bytes().Size())
	}
	if !bytes.Equal(encode(t, i), b) {
		t.Error("untouched, the bytes differ")
	}
	le.PutUint32(b[2048+4:], 301) // more than there is: four bytes that happen to look like a magic
	if read(t, b).Part(boot.Kernel).Section != nil {
		t.Error("a section that does not fit is believed")
	}
}

func TestBad(t *testing.T) {
	v0 := func(edit func(b []byte)) []byte {
		b := bytes.Clone(vectors()["v0"])
		edit(b)
		return b
	}
	for name, c := range map[string]struct {
		in   []byte
		says string
	}{
		"empty":             {nil, "neither ANDROID! nor VNDRBOOT"},
		"of another kind":   {[]byte("hsqs0000000"), "not this format"},
		"magic only":        {[]byte("ANDROID!"), "the header is cut"},
		"page size 0":       {v0(func(b []byte) { le.PutUint32(b[36:], 0) }), "page size 0 is not a power of two between 512 and 1048576 at offset 0x24"},
		"page size 2^31":    {v0(func(b []byte) { le.PutUint32(b[36:], 1<<31) }), "page size 2147483648 is not a power of two"},
		"page size 2049":    {v0(func(b []byte) { le.PutUint32(b[36:], 2049) }), "page size 2049 is not a power of two"},
		"page size 512":     {v0(func(b []byte) { le.PutUint32(b[36:], 512) }), "page size 512 cannot hold a header of 1632 bytes"},
		"version 7":         {v0(func(b []byte) { le.PutUint32(b[40:], 7) }), "header version 7 is not known at offset 0x28"},
		"vendor version 2":  {assemble(4096, map[int]any{0: "VNDRBOOT", 8: 2, 12: 4096}, 1), "header version 2 of a vendor_boot"},
		"cut in the header": {vectors()["v0"][:1000], "the header is cut"},
	} {
		_, err := boot.Read(bytes.NewReader(c.in))
		var bad *flash.FormatError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// Sizes that no image has: what is there is kept, nothing is allocated, nothing changed.
func TestSizesRunOver(t *testing.T) {
	b := bytes.Clone(vectors()["v1"])
	for _, off := range []int{8, 16, 24, 0x660} {
		le.PutUint32(b[off:], 0xFFFFFFFF)
	}
	i := read(t, b)
	if len(i.Problems) != 4 || !i.Cut() || flash.Worst(i.Problems) != flash.Error {
		t.Errorf("problems %v", i.Problems)
	}
	if !bytes.Equal(encode(t, i), b) {
		t.Error("untouched, the bytes differ")
	}
	for _, err := range []error{
		i.Replace(boot.Kernel, bytes.NewReader(nil)), i.Apply(boot.Facts{Board: "x"}), i.SetSection(boot.Kernel, "X"),
	} {
		if err == nil || !strings.Contains(err.Error(), "is cut") {
			t.Errorf("%v, want a refusal", err)
		}
	}
}

// A table that lies about its ramdisks leaves them whole.
func TestBadTable(t *testing.T) {
	good := vectors()["vendor_boot v4"]
	at := int(read(t, good).Part(boot.RamdiskTable).Offset)
	for name, edit := range map[string]func(b []byte){
		"entry size 0":        func(b []byte) { le.PutUint32(b[0x848:], 0) },
		"2^32-1 entries":      func(b []byte) { le.PutUint32(b[0x844:], 0xFFFFFFFF) },
		"more than the table": func(b []byte) { le.PutUint32(b[0x844:], 3) },
		"overlap":             func(b []byte) { le.PutUint32(b[at+108+4:], 900) },
		"beyond the end":      func(b []byte) { le.PutUint32(b[at+108:], 0xFFFFFFFF) },
		"not all covered":     func(b []byte) { le.PutUint32(b[at+108:], 776) },
	} {
		b := bytes.Clone(good)
		edit(b)
		i := read(t, b)
		if i.Part(boot.Ramdisk) == nil || len(i.Ramdisks()) != 1 || flash.Worst(i.Problems) != flash.Warning {
			t.Errorf("%s: %v, problems %v", name, i.Parts, i.Problems)
		}
		if !bytes.Equal(encode(t, i), b) {
			t.Errorf("%s: untouched, the bytes differ", name)
		}
	}
}
