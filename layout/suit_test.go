package layout

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/scatter"
)

// chipData is the data of a NAND chip whose first blocks read as erased: what a phone
// of 2012 gives with another reader's ECC.
func chipData() []byte {
	b := bytes.Repeat([]byte{0xFF}, 8<<20)
	copy(b[0x240000:], imgtest.MTKImage("LK", imgtest.Noise("lk", 0x20000), true))
	copy(b[0x300000:], imgtest.BootImage(imgtest.Noise("kernel", 0x8000), imgtest.Noise("ramdisk", 0x2000), true, "ROOTFS"))
	copy(b[0x500000:], imgtest.MTKImage("LOGO", imgtest.Noise("logo", 0x20000), true))
	return b
}

func eMMC(b []byte) *flash.Device {
	return &flash.Device{Storage: flash.EMMC, Parts: []flash.Part{{Region: flash.EMMCUser, Image: bytes.NewReader(b), Source: "ROM_0"}}}
}

func captured(t *testing.T, text string) *Claim {
	t.Helper()
	c, err := capture.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return &Claim{Name: "list.txt", Kind: c.Kind, Others: c.Others, Table: func(int64) *flash.Table { return c.Table }}
}

func scatterOf(t *testing.T, text string) *Claim {
	t.Helper()
	f, err := scatter.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &Claim{Name: "scatter.txt", Kind: "scatter", Table: f.Table}
}

var nandRows = []struct {
	name        string
	start, size int
}{{"preloader", 0, 0x40000}, {"nvram", 0x40000, 0x200000}, {"uboot", 0x240000, 0xC0000}, {"bootimg", 0x300000, 0x200000}, {"logo", 0x500000, 0x200000}}

// nandLists are the lists that such phones have, each of the same rows.
func nandLists(t *testing.T) map[string]*Claim {
	mtd, dumchar, v1 := "dev:    size   erasesize  name\n", "", ""
	v115 := "- general: MTK_PLATFORM_CFG\n  info:\n    - config_version: V1.1.5\n      platform: MT6572\n      project: made\n      storage: NAND\n      block_size: 0x20000\n"
	for i, r := range nandRows {
		mtd += fmt.Sprintf("mtd%d: %08x 00020000 %q\n", i, r.size, r.name)
		dumchar += fmt.Sprintf("%s 0x%x 0x%x 1 /dev/mtd/mtd%d\n", r.name, r.size, r.start, i)
		v1 += fmt.Sprintf("%s 0x%x\n{\n}\n", strings.ToUpper(r.name), r.start)
		v115 += fmt.Sprintf("- partition_index: SYS%d\n  partition_name: %s\n  file_name: NONE\n  is_download: false\n  type: NORMAL_ROM\n  linear_start_addr: 0x%x\n  physical_start_addr: 0x%x\n  partition_size: 0x%x\n  region: NAND_WHOLE\n  storage: HW_STORAGE_NAND\n  boundary_check: true\n  is_reserved: false\n  operation_type: UPDATE\n",
			i, strings.ToUpper(r.name), r.start, r.start, r.size)
	}
	return map[string]*Claim{
		"mtd": captured(t, mtd), "dumchar_info": captured(t, dumchar),
		"V1": scatterOf(t, v1+"__NODL_BMTPOOL 0xFFFF0050\n{\n}\n"), "V1.1.5": scatterOf(t, v115),
	}
}

// A list of a NAND chip is applied to a dump that does not say what flash it is of; the
// dump is then one of NAND flash.
func TestNANDLists(t *testing.T) {
	for name, claim := range nandLists(t) {
		d := eMMC(chipData())
		l := resolve(t, d, Options{Claim: claim})
		if d.Storage != flash.NAND || l.User != flash.NANDWhole || d.User().Region != flash.NANDWhole || l.Generation != "claim" {
			t.Errorf("%s: %s, user %s, %s", name, d.Storage, l.User, l.Generation)
		}
		for _, r := range nandRows {
			found := false
			for _, p := range l.Table.Partitions {
				found = found || strings.EqualFold(p.Name, r.name) && p.Region == flash.NANDWhole && p.Offset == int64(r.start)
			}
			if !found {
				t.Errorf("%s: %s is not at 0x%x", name, r.name, r.start)
			}
		}
		if !says(l, "it is assumed to be the same") {
			t.Errorf("%s: %v", name, l.Problems)
		}
	}
}

// Content that denies such a list is heard, and so is one that says nothing.
func TestNANDListsOfOthers(t *testing.T) {
	for name, b := range map[string][]byte{"nothing there": bytes.Repeat([]byte{0xFF}, 8<<20), "moved": append(make([]byte, 0x20000), chipData()[:8<<20-0x20000]...)} {
		for list, claim := range nandLists(t) {
			_, err := Resolve(t.Context(), eMMC(b), Options{Claim: claim})
			if foreign := (*ForeignError)(nil); !errors.As(err, &foreign) {
				t.Errorf("%s, %s: %v", name, list, err)
			}
		}
	}
}

// Where the dump or its user says what flash it is of, a list of another kind is compared
// with it, and the difference is said.
func TestListsOfOtherFlash(t *testing.T) {
	for name, claim := range nandLists(t) {
		d := eMMC(chipData())
		l := resolve(t, d, Options{Claim: claim, Storage: flash.EMMC})
		if d.Storage != flash.EMMC || !says(l, "lists partitions of NAND, but the dump is of EMMC") || l.Table.Partitions[2].Region != flash.EMMCUser {
			t.Errorf("%s by the user's word: %s, %v", name, d.Storage, l.Problems)
		}
		_, err := Resolve(t.Context(), imgtest.MT6765().Device(), Options{Claim: claim})
		if foreign := (*ForeignError)(nil); !errors.As(err, &foreign) || !strings.Contains(foreign.Differ[0].Text, "of NAND, but the dump is of EMMC") {
			t.Errorf("%s, of a phone with a GPT: %v", name, err)
		}
	}
	phone := imgtest.MT6893()
	text := ""
	for _, p := range phone.Rows {
		if p.Region == flash.UFSLU2 && p.Length > 0 && !p.Reserved {
			text += fmt.Sprintf("%s: Offset 0x%016x, Length 0x%016x, Flags 0x0, UUID 0, Type EFI_BASIC_DATA\n", p.Name, p.Offset, p.Length)
		}
	}
	claim := captured(t, text) // says nothing of sectors: rows of eMMC, for all the list knows
	l := resolve(t, phone.Device(), Options{Claim: claim})
	if flash.Worst(l.Problems) > flash.Note || l.Generation != "gpt" {
		t.Errorf("a list that does not say its flash: %v", l.Problems)
	}
	_, err := Resolve(t.Context(), phone.Device(), Options{Claim: captured(t, strings.NewReplacer("Offset 0x00000000", "Offset 0x00000001").Replace(text))})
	if foreign := (*ForeignError)(nil); !errors.As(err, &foreign) {
		t.Errorf("a list of other places: %v", err)
	}
}

// Where /proc/mtd may be read in two ways, the dump decides.
func TestNestedRows(t *testing.T) {
	text := "mtd0: 00040000 00020000 \"preloader\"\nmtd1: 00200000 00020000 \"nvram\"\n" +
		"mtd2: 002c0000 00020000 \"system_a\"\nmtd3: 000c0000 00020000 \"uboot\"\nmtd4: 00200000 00020000 \"bootimg\"\nmtd5: 00200000 00020000 \"logo\"\n"
	l := resolve(t, eMMC(chipData()), Options{Claim: captured(t, text)})
	if p := l.Table.Find("bootimg"); p == nil || p.Offset != 0x300000 || l.Table.Find("system_a") != nil || !says(l, "fits the dump's content best") {
		t.Errorf("%+v, %v", l.Table.Partitions, l.Problems)
	}
	b := append(chipData(), make([]byte, 0x2C0000)...)
	copy(b[0x240000+0x2C0000:], b[0x240000:8<<20])
	copy(b[0x240000:], bytes.Repeat([]byte{0xFF}, 0x2C0000))
	l = resolve(t, eMMC(b), Options{Claim: captured(t, text)})
	if p := l.Table.Find("bootimg"); p == nil || p.Offset != 0x5C0000 || l.Table.Find("system_a") == nil || says(l, "fits the dump's content best") {
		t.Errorf("%+v, %v", l.Table.Partitions, l.Problems)
	}
}
