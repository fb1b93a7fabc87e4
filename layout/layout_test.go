package layout

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/scatter"
)

// claimOf is what a phone's scatter file claims, after an edit of its text.
func claimOf(t *testing.T, p *imgtest.Phone, edits ...string) *Claim {
	t.Helper()
	f, err := scatter.Parse([]byte(strings.NewReplacer(edits...).Replace(p.Scatter)))
	if err != nil {
		t.Fatal(err)
	}
	return &Claim{Name: p.ScatterName(), Kind: "scatter", Platform: f.Info.Platform, Project: f.Info.Project, Table: f.Table}
}

func userOnly(p *imgtest.Phone) *flash.Device {
	d := p.Device()
	d.Parts = d.Parts[:1]
	return d
}

func resolve(t *testing.T, d *flash.Device, opt Options) *Layout {
	t.Helper()
	l, err := Resolve(context.Background(), d, opt)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func says(l *Layout, text string) bool {
	for _, p := range l.Problems {
		if strings.Contains(p.String(), text) {
			return true
		}
	}
	return false
}

func TestOwnTables(t *testing.T) {
	for name, c := range map[string]struct {
		phone      *imgtest.Phone
		generation flash.Generation
		witness    flash.Witness
		size       bool // the table states the device's size
	}{
		"MT6592": {imgtest.MT6592(), "ebr", "ebr", false},
		"MT6765": {imgtest.MT6765(), "gpt", "gpt primary", true},
		"MT6893": {imgtest.MT6893(), "gpt", "gpt primary", true},
	} {
		l := resolve(t, c.phone.Device(), Options{})
		if l.Generation != c.generation || l.Witness != c.witness {
			t.Errorf("%s: %s by %s", name, l.Generation, l.Witness)
		}
		if c.size != (l.DeviceSize == c.phone.User.Size()) || len(l.Missing) > 0 {
			t.Errorf("%s: device size 0x%x, missing %v", name, l.DeviceSize, l.Missing)
		}
		if l.Chip.Value != c.phone.Chip || l.Project.Value != c.phone.Board {
			t.Errorf("%s: chip %v, project %v", name, l.Chip, l.Project)
		}
		if flash.Worst(l.Problems) != flash.Note {
			t.Errorf("%s: problems %v", name, l.Problems)
		}
		if c.generation == "gpt" {
			for _, row := range c.phone.Rows {
				if got := l.Table.Find(row.Name); row.Region == l.User && row.Name != "sgpt" && (got == nil || got.Extent != row.Extent) {
					t.Errorf("%s: %s is %v, want %v", name, row.Name, got, row.Extent)
				}
			}
		}
	}
}

func TestAgreeingClaims(t *testing.T) {
	for _, phone := range []*imgtest.Phone{imgtest.MT6572(), imgtest.MT6592(), imgtest.MT6765()} {
		l := resolve(t, userOnly(phone), Options{Claim: claimOf(t, phone)})
		if flash.Worst(l.Problems) != flash.Note {
			t.Errorf("%s: problems %v", phone.Chip, l.Problems)
		}
		for _, row := range phone.Rows {
			got := l.Table.Find(row.Name)
			if row.Reserved || row.Region != l.User {
				continue
			}
			if got == nil || got.Extent != row.Extent && !row.ToEnd {
				t.Errorf("%s: %s is %+v, want %v", phone.Chip, row.Name, got, row.Extent)
			}
		}
	}
}

// The content of every row of a made phone agrees with its name, or says nothing.
func TestContents(t *testing.T) {
	phone := imgtest.MT6592()
	l := resolve(t, phone.Device(), Options{Claim: claimOf(t, phone)})
	for i, c := range l.Contents {
		switch p := l.Table.Partitions[i]; p.Name {
		case "UBOOT", "LOGO", "BOOTIMG", "RECOVERY", "ANDROID":
			if c.Verdict != image.Confirmed {
				t.Errorf("%s: %v %v", p.Name, c.Kind, c.Verdict)
			}
		default:
			if c.Verdict == image.Contradicted {
				t.Errorf("%s: %v %v", p.Name, c.Kind, c.Verdict)
			}
		}
	}
}

// moved writes a row's address anew in both columns of a scatter file.
func moved(from, to string) []string {
	return []string{"linear_start_addr: " + from + "\n", "linear_start_addr: " + to + "\n",
		"physical_start_addr: " + from + "\n", "physical_start_addr: " + to + "\n"}
}

func TestForeignClaims(t *testing.T) {
	phone := imgtest.MT6765()
	boot, logo := phone.Row("boot"), phone.Row("logo")
	one := moved(hex(boot.Offset), hex(boot.Offset+0x1000))
	two := append(moved(hex(logo.Offset), hex(logo.Offset+0x1000)), one...)
	old := imgtest.MT6592()
	// Only the names of two raw rows change places: no start disagrees with the MBR,
	// but the logo's bytes stand where the scatter has the bootloader.
	swapped := []string{"partition_name: UBOOT\n", "partition_name: LOGO\n", "partition_name: LOGO\n", "partition_name: UBOOT\n"}
	moveMBR := moved(hex(old.Row("ANDROID").Offset), hex(old.Row("ANDROID").Offset+0x100000))
	moveMBR = append(moveMBR, moved(hex(old.Row("CACHE").Offset), hex(old.Row("CACHE").Offset+0x100000))...)

	for name, c := range map[string]struct {
		phone   *imgtest.Phone
		edits   []string
		foreign bool
		says    string
	}{
		"GPT, one start":       {phone, one, false, "boot: at " + hex(boot.Offset+0x1000)},
		"GPT, two starts":      {phone, two, true, "logo"},
		"MBR, two starts":      {old, moveMBR, true, "0x"},
		"content denies":       {old, swapped, true, "the content at"},
		"size is only a note":  {phone, []string{"partition_size: " + hex(boot.Length), "partition_size: 0x10000"}, false, "which is used"},
		"no fault":             {phone, nil, false, ""},
		"another chip's names": {phone, []string{"MT6765", "MT6739"}, false, "MT6739"},
	} {
		claim := claimOf(t, c.phone, c.edits...)
		l, err := Resolve(context.Background(), c.phone.Device(), Options{Claim: claim})
		var foreign *ForeignError
		if errors.As(err, &foreign) != c.foreign {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !c.foreign {
			if c.says != "" && !says(l, c.says) {
				t.Errorf("%s: %q is not said in %v", name, c.says, l.Problems)
			}
			continue
		}
		if !strings.Contains(foreign.Differ[0].Text+foreign.Differ[len(foreign.Differ)-1].Text, c.says) {
			t.Errorf("%s: %v", name, foreign.Differ)
		}
		l = resolve(t, c.phone.Device(), Options{Claim: claim, Trust: true})
		if len(l.Differ) == 0 || flash.Worst(l.Problems) == flash.Note {
			t.Errorf("%s, trusted: %v", name, l.Problems)
		}
	}
}

func hex(n int64) string { return fmt.Sprintf("0x%x", n) }

func TestMissingRange(t *testing.T) {
	phone := imgtest.MT6765()
	whole := phone.User.Size()
	phone.User.Truncate(0x5000000)
	l := resolve(t, userOnly(phone), Options{})
	want := []Range{{flash.EMMCUser, flash.Extent{Offset: 0x5000000, Length: whole - 0x5000000}}}
	if len(l.Missing) != 1 || l.Missing[0] != want[0] || l.DeviceSize != whole {
		t.Errorf("missing %v of 0x%x", l.Missing, l.DeviceSize)
	}
	if flash.Worst(l.Problems) != flash.Error {
		t.Errorf("problems %v", l.Problems)
	}
}

// TestNoTable: without any table the contents make a proposal, and every row of it
// says that it is a guess.
func TestNoTable(t *testing.T) {
	phone := imgtest.MT6592()
	for _, name := range []string{"MBR", "EBR1", "EBR2"} {
		phone.User.Zero(phone.Row(name).Offset, 512)
	}
	l := resolve(t, userOnly(phone), Options{})
	if l.Generation != "content" {
		t.Fatalf("generation %q", l.Generation)
	}
	for name, row := range map[string]string{"lk": "UBOOT", "logo": "LOGO", "boot": "BOOTIMG", "recovery": "RECOVERY", "system": "ANDROID"} {
		if p := l.Table.Find(name); p == nil || p.Offset != phone.Row(row).Offset || !p.Witness.IsGuess() {
			t.Errorf("%s: %+v, want it at 0x%x", name, p, phone.Row(row).Offset)
		}
	}
	if flash.Worst(l.Problems) < flash.Warning {
		t.Error("a guess is given without a warning")
	}

	empty := &flash.Device{Storage: flash.EMMC, Parts: []flash.Part{{Region: flash.EMMCUser, Image: imgtest.NewSparse(1 << 20)}}}
	if _, err := Resolve(context.Background(), empty, Options{}); !errors.Is(err, ErrNoTable) {
		t.Errorf("an empty image: %v", err)
	}
}

// TestClaimAlone: where the dump has no table, a scatter file is taken on its word,
// unless what stands in the rows denies it.
func TestClaimAlone(t *testing.T) {
	phone := imgtest.MT6592()
	claim := claimOf(t, phone)
	phone.User.Zero(0, 0x100000)
	phone.User.Zero(phone.Row("EBR2").Offset, 512)
	l := resolve(t, userOnly(phone), Options{Claim: claim})
	if l.Generation != "claim" || !says(l, "are used unchecked") {
		t.Errorf("%s: %v", l.Generation, l.Problems)
	}
	other := imgtest.MT6572() // the same names at other places
	_, err := Resolve(context.Background(), userOnly(phone), Options{Claim: claimOf(t, other)})
	if _, ok := errors.AsType[*ForeignError](err); !ok {
		t.Errorf("another phone's scatter: %v", err)
	}
}

func TestBootRegions(t *testing.T) {
	phone := imgtest.MT6765()
	d := phone.Device()
	copy(phone.Boot2, phone.Boot1)
	phone.Boot2[0x3000] ^= 0xFF
	l := resolve(t, d, Options{})
	if !says(l, "differs from EMMC_BOOT_1") {
		t.Errorf("problems %v", l.Problems)
	}
	d.Parts = d.Parts[1:2]
	if l := resolve(t, d, Options{}); l.Generation != "boot" || l.Chip.Value != "MT6765" {
		t.Errorf("a boot region alone: %s, %v", l.Generation, l.Chip)
	}
	if _, err := Resolve(context.Background(), &flash.Device{}, Options{}); !errors.Is(err, ErrNoTable) {
		t.Errorf("nothing at all: %v", err)
	}
}

// TestPMT: a phone of the MBR generation may carry a table of its own that has the
// names. No real one is known: this is built from what boot loader sources say.
func TestPMT(t *testing.T) {
	phone := imgtest.MT6592()
	pmt := make([]byte, 0x1000)
	copy(pmt, "1vTP1.0\x00")
	copy(pmt[0xFFC:], "1vTP")
	at := 8
	for _, row := range phone.Rows {
		if row.Region != flash.EMMCUser || row.Reserved {
			continue
		}
		copy(pmt[at:], row.Name)
		binary.LittleEndian.PutUint64(pmt[at+64:], uint64(row.Length))
		binary.LittleEndian.PutUint64(pmt[at+72:], uint64(row.Offset))
		at += 88
	}
	phone.User.Put(phone.User.Size()-0x100000, pmt)
	l := resolve(t, userOnly(phone), Options{})
	if l.Witness != "ebr and pmt" || !says(l, "unverified") {
		t.Fatalf("witness %q, problems %v", l.Witness, l.Problems)
	}
	for _, name := range []string{"NVRAM", "UBOOT", "BOOTIMG", "ANDROID"} {
		if p := l.Table.Find(name); p == nil || p.Extent != phone.Row(name).Extent {
			t.Errorf("%s: %+v, want %v", name, p, phone.Row(name).Extent)
		}
	}
}

// TestSignedContent: a content that an AVB block vouches for is named by it, and the
// block is part of the same partition.
func TestSignedContent(t *testing.T) {
	img := imgtest.NewSparse(64 << 20)
	boot := imgtest.BootImage([]byte("kernel"), []byte("ramdisk"), false, "")
	img.Put(16<<20, boot)
	at := int64(16<<20) + (int64(len(boot))+0xFFF)&^0xFFF
	vb := make([]byte, 512)
	copy(vb, "AVB0\x00\x00\x00\x01")           // version 1
	binary.BigEndian.PutUint64(vb[0x14:], 144) // auxiliary block
	binary.BigEndian.PutUint64(vb[0x68:], 144) // descriptors
	d := vb[256:]
	binary.BigEndian.PutUint64(d, 2) // a hash descriptor
	binary.BigEndian.PutUint64(d[8:], 128)
	binary.BigEndian.PutUint32(d[56:], 9)
	copy(d[132:], "init_boot")
	img.Put(at, vb)
	l := resolve(t, &flash.Device{Storage: flash.EMMC, Parts: []flash.Part{{Region: flash.EMMCUser, Image: img}}}, Options{})
	if n := len(l.Table.Partitions); n != 1 {
		t.Fatalf("%d rows: %+v", n, l.Table.Partitions)
	}
	if p := l.Table.Partitions[0]; p.Name != "init_boot" || p.Offset != 16<<20 || p.End() != at+0x1000 {
		t.Errorf("%+v, want it to end at 0x%x", p, at+0x1000)
	}
}

// TestBootOfAnotherKind: an eMMC boot region cannot be of a UFS phone.
func TestBootOfAnotherKind(t *testing.T) {
	d := imgtest.MT6893().Device()
	d.Parts[1].Image = bytes.NewReader(imgtest.MT6765().Boot1)
	d.Parts = d.Parts[:2]
	l := resolve(t, d, Options{})
	if flash.Worst(l.Problems) != flash.Error || !says(l, "another phone") {
		t.Errorf("problems %v", l.Problems)
	}
	if l.Chip.Value != "" {
		t.Errorf("its chip was taken: %v", l.Chip)
	}
}
