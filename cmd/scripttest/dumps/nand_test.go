package dumps

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// A raw NAND dump with spare bytes: the partitions are cut from the data only, and the
// spare bytes are kept. The rows come from a scatter file of the first dialect, which
// is what such phones have. No dump of a real phone is known.
func TestNAND(t *testing.T) {
	const page, spare, ppb, blocks = 2048, 64, 64, 32
	data := bytes.Repeat([]byte{0xFF}, page*ppb*blocks)
	header := make([]byte, 0x80)
	copy(header, "BOOTLOADER!\x00V006NFIINFO\x00")
	for i, v := range []int{0, page, 3, spare, ppb, blocks} {
		binary.LittleEndian.PutUint16(header[0x18+2*i:], uint16(v))
	}
	copy(data, bytes.Repeat(header, 4))
	copy(data[page:], "BRLYT\x00\x00\x00\x01\x00\x00\x00")
	copy(data[2*page:], "MMM\x01\x38\x00\x00\x00FILE_INFO\x00")
	copy(data[0x40000:], imgtest.MTKImage("LK", imgtest.Noise("lk", 0x20000), true))
	copy(data[0x80000:], imgtest.MTKImage("LOGO", imgtest.Noise("logo", 0x30000), true))

	var dump, spares []byte
	for i := 0; i < len(data); i += page {
		s := bytes.Repeat([]byte{0xFF}, spare)
		if data[i] != 0xFF || !bytes.Equal(data[i:i+page-1], data[i+1:i+page]) {
			copy(s[spare/2:], imgtest.Noise("ecc"+string(rune(i)), spare/2))
		}
		dump, spares = append(append(dump, data[i:i+page]...), s...), append(spares, s...)
	}

	dir := t.TempDir()
	rom, scatter := filepath.Join(dir, "ROM_0"), filepath.Join(dir, "MT6575_Android_scatter.txt")
	for path, b := range map[string][]byte{rom: dump, scatter: []byte(
		"PRELOADER 0x0\n{\n}\nUBOOT 0x40000\n{\n}\nLOGO 0x80000\n{\n}\nUSRDATA 0x100000\n{\n}\n__NODL_BMTPOOL 0xFFFF0050\n{\n}\n")} {
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	parts := filepath.Join(dir, "parts")
	_, said := must(t, words.ExitProblems, "split", rom, "--scatter", scatter, "-o", parts)
	for _, words := range []string{"2048+64", "never verified", "are used unchecked"} {
		if !strings.Contains(said, words) {
			t.Errorf("%q is not said:\n%s", words, said)
		}
	}
	if strings.Contains(said, "--boot1") {
		t.Errorf("a boot region is asked for, which NAND does not have:\n%s", said)
	}
	if _, err := os.Stat(filepath.Join(parts, "MT6575_Android_scatter.txt")); err != nil {
		t.Error(err) // the old dialect names its chip in the file's name only
	}
	beginsWith(t, filepath.Join(parts, "lk.bin"), data[0x40000:0x80000])
	beginsWith(t, filepath.Join(parts, "logo.bin"), data[0x80000:0xC0000])
	beginsWith(t, filepath.Join(parts, "nand_spare.bin"), spares)
	must(t, words.ExitOK, "join", parts, "-o", filepath.Join(dir, "data"))
	beginsWith(t, filepath.Join(dir, "data"), data)
}

// Every form of the boot header, whole chips and boot regions alone, and what a user says
// of a dump that does not tell.
func TestNANDForms(t *testing.T) {
	const page, spare, block = 2048, 64, 64 * 2048
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	boot := imgtest.NANDBoot(imgtest.NANDSpec{Page: page, Spare: spare, PagesPerBlock: 64, Blocks: 64, Long: true}, imgtest.Preloader(imgtest.PreloaderSpec{}))
	chip := bytes.Repeat([]byte{0xFF}, 32*block)
	copy(chip[8*block:], imgtest.MTKImage("LK", imgtest.Noise("lk", block), true))
	table := write("mtd.txt", []byte("dev:    size   erasesize  name\nmtd0: 00800000 00020000 \"nand0\"\nmtd1: 00100000 00020000 \"bl\"\nmtd2: 00300000 00020000 \"lk\"\n"))
	without := write("without", chip)
	copy(chip, boot)
	for name, path := range map[string]string{
		"long form": write("data", chip), "long form and spare bytes": write("spare", imgtest.WithSpare(chip, page, spare)),
		"no header": without,
	} {
		out, said := must(t, words.ExitProblems, "list", path, "--table", table)
		if !strings.Contains(out, "NAND_WHOLE  0x100000") {
			t.Errorf("%s: lk is not placed:\n%s%s", name, out, said)
		}
		if out, said := must(t, words.ExitProblems, "info", path, "--table", table); !strings.Contains(out, "NAND") || !strings.Contains(said, "0x400000 of at least 0x800000") {
			t.Errorf("%s: half of the chip is not missed:\n%s%s", name, out, said)
		}
		if _, said := must(t, words.ExitProblems, "info", path); name != "no header" && !strings.Contains(said, "states a chip of 64 blocks, 0x800000 bytes, but the dump has 0x400000") {
			t.Errorf("%s: the size in the boot header is not compared:\n%s", name, said)
		}
	}
	if out, _ := must(t, words.ExitProblems, "info", without, "--storage", "nand"); !strings.Contains(out, "NAND_WHOLE") {
		t.Errorf("--storage nand is not heard:\n%s", out)
	}
	must(t, words.ExitUsage, "info", without, "--storage", "tape")
	if _, said := must(t, words.ExitProblems, "info", filepath.Join(scripttest.Root(t), "testdata", "mt6765-ROM_1.zst"), "--storage", "nand", "--no-siblings"); !strings.Contains(said, "gpt: only eMMC and UFS have such a table") {
		t.Errorf("a GPT on NAND is believed:\n%s", said)
	}

	alone := write("bl2.img", boot)
	if out, _ := must(t, words.ExitProblems, "info", alone); !strings.Contains(out, "this is a boot region") || !strings.Contains(out, "hash proven") {
		t.Errorf("a boot region alone:\n%s", out)
	}
	parts := filepath.Join(dir, "parts")
	must(t, words.ExitProblems, "split", alone, "-o", parts)
	beginsWith(t, filepath.Join(parts, "boot1.bin"), boot)
	if out, _ := must(t, words.ExitProblems, "list", parts); !strings.Contains(out, "NAND_BOOT") {
		t.Errorf("its parts:\n%s", out)
	}
	nor := write("nor", imgtest.BootRegion("SF_BOOT", imgtest.Preloader(imgtest.PreloaderSpec{}), 0))
	if out, _ := must(t, words.ExitOK, "info", nor); !strings.Contains(out, "storage     NOR") {
		t.Errorf("serial NOR:\n%s", out)
	}
}
