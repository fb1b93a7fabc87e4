package recovery_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/recovery"
)

const samsungMark = "SEANDROIDENFORCE"

// Marks that are the same behind every image stay behind an edited one; signatures of
// the image as it was are left out, by name.
func TestMarks(t *testing.T) {
	img := image(t, true, sampleFiles()...)
	signature := string(imgtest.Noise("signature", 0x100))
	zeros := strings.Repeat("\x00", 100000)
	for name, c := range map[string]struct {
		tail  string
		keeps string
		whole bool // the new image is as long as the original
		worst flash.Severity
		says  string
	}{
		"a mark":           {samsungMark, samsungMark, false, flash.Note, "kept: SEANDROIDENFORCE"},
		"a mark, and fill": {samsungMark + zeros, samsungMark + zeros[:1000], true, flash.Note, "kept: SEANDROIDENFORCE"},
		"a mark, signed":   {samsungMark + signature, samsungMark, false, flash.Warning, "0x100 bytes (Samsung's signature) belong to the old image"},
		"both, and fill":   {samsungMark + signature + zeros, samsungMark, false, flash.Warning, "(Samsung's signature) belong to the old image"},
		"signer":           {"SignerVer02\x00" + strings.Repeat("x", 500), "", false, flash.Warning, "0x200 bytes (Samsung's signature) belong"},
		"boot_signer":      {"\x30\x82\x01\x00\x02\x01\x01" + signature, "", false, flash.Warning, "(a signature of Android's boot_signer) belong"},
		"certificates":     {string(imgtest.MTKImage("cert1", make([]byte, 99), false)), "", false, flash.Warning, "(a certificate of MediaTek) belong"},
	} {
		whole := append(bytes.Clone(img), c.tail...)
		m, _ := folder(t, whole)
		if r, out := repack(t, m, whole); !bytes.Equal(out, whole) || len(r.Problems) > 0 && c.keeps != "" && strings.Contains(fmt.Sprint(r.Problems), "kept") {
			t.Errorf("%s: untouched, it is another, %v", name, r.Problems)
		}
		m["ramdisk/default.prop"].Data = []byte("a=b\n")
		r, out := repack(t, m, whole)
		b, err := boot.Read(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		tail := string(out[b.Length:])
		if !strings.HasPrefix(tail, c.keeps) || !c.whole && tail != c.keeps || c.whole && len(out) != len(whole) {
			t.Errorf("%s: 0x%x bytes of 0x%x follow, %.40q", name, len(tail), len(c.tail), tail)
		}
		if s := fmt.Sprint(r.Problems); !strings.Contains(s, c.says) || flash.Worst(r.Problems) != c.worst {
			t.Errorf("%s: %s, want %q", name, s, c.says)
		}
	}
}

// Where an AVB footer ends the partition, the mark is part of the image that it states.
func TestMarkBeforeFooter(t *testing.T) {
	img := append(image(t, false, sampleFiles()...), samsungMark+"SignerVer02\x00"+strings.Repeat("x", 500)...)
	block := imgtest.AVBBlock{Descriptors: [][]byte{imgtest.AVBHash("boot", img, nil)}}.Bytes()
	whole := imgtest.AVBFooted(img, block, len(img), 1<<20)
	m, _ := folder(t, whole)
	m["ramdisk/default.prop"].Data = []byte("a=b\n")
	r, out := repack(t, m, whole)
	if s := fmt.Sprint(r.Problems); !strings.Contains(s, "left out, because it belongs to the old image: Samsung's signature") {
		t.Error(s)
	}
	b, err := boot.Read(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	_, foot, err := avb.Find(bytes.NewReader(out))
	if err != nil || string(out[b.Length:][:len(samsungMark)]) != samsungMark || foot.ImageSize != b.Length+int64(len(samsungMark)) {
		t.Errorf("%v, %+v, the image ends at 0x%x", err, foot, b.Length)
	}
}

// A recovery that is built for a phone has the mark that its own image has.
func TestBuildMark(t *testing.T) {
	for tail, says := range map[string]string{"": "", string(imgtest.Noise("x", 0x100)): "Samsung's signature; they are left out"} {
		stock := append(stockImage(t), samsungMark+tail...)
		b, out := build(t, recovery.BuildOptions{
			Stock: source("recovery.img", stock), Donor: source("twrp.img", donorImage(t, ramdisk.Gzip)), Phone: phone(nil, "boot recovery"),
		})
		if !bytes.HasSuffix(out, []byte(samsungMark)) || !strings.Contains(steps(b), "SEANDROIDENFORCE") {
			t.Errorf("%.40q behind, steps %s", out[mustRead(t, out).Length:], steps(b))
		}
		if s := fmt.Sprint(b.Problems); !strings.Contains(s, says) || strings.Contains(s, "left out") != (says != "") {
			t.Errorf("%s, want %q", s, says)
		}
	}
}

// A recovery without the mark that the phone's own has may not start.
func TestCheckMark(t *testing.T) {
	stock := stockImage(t)
	p := phone(map[string][]byte{"recovery": append(bytes.Clone(stock), samsungMark...)}, names)
	for tail, want := range map[string]recovery.Answer{"": recovery.Depends, samsungMark: recovery.Starts} {
		v, err := recovery.Check(context.Background(), source("new.img", append(bytes.Clone(stock), tail...)), p, 0)
		if err != nil || v.Answer != want || strings.Contains(v.Line, "the bytes behind the phone's own image are missing here") != (tail == "") {
			t.Errorf("%q: %v, %+v", tail, err, v)
		}
	}
}

// The length that LG's kernels want behind the ramdisk is right after an edit; other
// bytes there are said to be as they were.
func TestBehindRamdisk(t *testing.T) {
	rd := pack(t, cpio(text("default.prop", "a=b\n"), file{"noise", ramdisk.File, string(imgtest.Noise("x", 50000))}), ramdisk.LZ4LG)
	other := append(bytes.Clone(rd[:len(rd)-4]), 0xFF, 0xFF, 0xFF, 0x7F)
	for name, c := range map[string]struct {
		rd   []byte
		says string
	}{
		"its length":   {rd, ""},
		"other bytes":  {other, "ramdisk: 0x4 bytes behind the ramdisk are kept unchanged"},
		"only fill":    {append(bytes.Clone(rd[:len(rd)-4]), make([]byte, 100)...), ""},
		"fill, length": {append(bytes.Clone(rd), make([]byte, 100)...), ""},
	} {
		img := imgtest.BootImage([]byte("kernel"), c.rd, true, "RECOVERY")
		m, _ := folder(t, img)
		if r, out := repack(t, m, img); !bytes.Equal(out, img) || len(r.Problems) > 0 {
			t.Errorf("%s: untouched, %v", name, r.Problems)
		}
		m["ramdisk/default.prop"].Data = []byte("a=b, and more\n")
		r, out := repack(t, m, img)
		if s := fmt.Sprint(r.Problems); c.says == "" && len(r.Problems) > 0 || !strings.Contains(s, c.says) {
			t.Errorf("%s: %s", name, s)
		}
		b, err := boot.Read(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if name == "its length" {
			packed := all(t, b.Part(boot.Ramdisk).Payload())
			plain, _, err := ramdisk.Unpack(bytes.NewReader(packed), ramdisk.LZ4Legacy, ramdisk.DefaultLimit)
			if got := binary.LittleEndian.Uint32(packed[len(packed)-4:]); err != nil || int(got) != len(plain) {
				t.Errorf("%s: 0x%x, of 0x%x unpacked, %v", name, got, len(plain), err)
			}
		}
	}
}

// A phone whose own ramdisk states its length gets a recovery that does, and no other
// phone does.
func TestBuildLength(t *testing.T) {
	for own, donor := range map[ramdisk.Compression]ramdisk.Compression{ramdisk.LZ4LG: ramdisk.LZ4Legacy, ramdisk.LZ4Legacy: ramdisk.LZ4LG} {
		stock := imgtest.BootImage([]byte("kernel"), pack(t, cpio(withProgram("stock")...), own), true, "RECOVERY")
		b, out := build(t, recovery.BuildOptions{Stock: source("recovery.img", stock), Donor: source("twrp.img", donorImage(t, donor))})
		if got := ramdiskOf(t, out).Segments[0].Compression; got != own || !strings.Contains(steps(b), "compression "+string(own)+" |") {
			t.Errorf("%s, want %s", got, own)
		}
		v, err := recovery.Check(context.Background(), source("new.img", donorImage(t, donor)), phone(map[string][]byte{"recovery": stock}, names), 0)
		if err != nil || !strings.Contains(fmt.Sprint(v.Reasons), fmt.Sprintf("is compressed with %s, but the phone's own with %s", donor, own)) {
			t.Errorf("%v, %+v", err, v)
		}
	}
}

// Hard links of a donor: a program under another name is read, and a file that is
// changed for the phone leaves its other names as they were.
func TestBuildHardLinks(t *testing.T) {
	files := withProgram("donor", text("prop.default", ""), text("default.prop", "ro.product.device=other\n"))
	rd := hardLinked(cpio(files...), "prop.default", "default.prop")
	donor := imgtest.BootImage([]byte("kernel"), pack(t, rd, ramdisk.Gzip), false, "")
	b, out := build(t, recovery.BuildOptions{Stock: source("recovery.img", stockImage(t)), Donor: source("twrp.img", donor), Phone: phone(nil, names)})
	if p, d := find(t, out, "prop.default"), find(t, out, "default.prop"); string(p.Data) != "ro.product.device=other\n" || !strings.HasPrefix(string(d.Data), "ro.product.device=demo\n") {
		t.Errorf("%q, %q", p.Data, d.Data)
	}
	if s := fmt.Sprint(b.Problems); !strings.Contains(s, "the new ramdisk: default.prop was a hard link") {
		t.Error(s)
	}
}
