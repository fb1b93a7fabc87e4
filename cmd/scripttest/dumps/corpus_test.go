package dumps

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// These tests put real phones' own tables and images into whole user areas, at the
// addresses of their scatter files, and split and join them. The pieces are read from
// MTKKIT_CORPUS; what is stored here are addresses.

type piece struct {
	file   string
	offset int64
	row    string // file name the scatter gives the row
}

type composite struct {
	device, scatter, boot1, preloader string
	size                              int64
	pieces                            []piece
	rows                              map[string]int64 // file written without the scatter → place of the row
}

var composites = []composite{
	{
		device: "blu-s5260-mt6592", scatter: "MT6592_Android_scatter.txt", boot1: "preloader_s5260.bin",
		preloader: "preloader_s5260.bin", size: 0x150000000,
		pieces: []piece{
			{"MBR", 0, "MBR"}, {"EBR1", 0x80000, "EBR1"}, {"EBR2", 0x4020000, "EBR2"},
			{"lk.bin", 0x1d40000, "lk.bin"}, {"logo.bin", 0x3820000, "logo.bin"}, {"secro.img", 0x31a0000, "secro.img"},
		},
		rows: map[string]int64{"EBR2": 0x4020000, "p4.bin": 0x31a0000, "p5.bin": 0x40a0000, "p8.bin": 0xdf800000},
	},
	{
		device: "mobiwire-s10-mt6572", scatter: "MT6572_Android_scatter.txt", boot1: "preloader_and_dsp",
		preloader: "preloader_up40_h405f_meo.bin", size: 0xE9000000,
		pieces: []piece{
			{"MBR", 0, "MBR"}, {"EBR1", 0x80000, "EBR1"}, {"lk.bin", 0x1d20000, "lk.bin"}, {"secro.img", 0x2980000, "secro.img"},
		},
		rows: map[string]int64{"EBR1": 0x80000, "p2.bin": 0xd00000},
	},
}

func corpusDir(t *testing.T) string {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS does not name a folder of real samples")
	}
	return dir
}

func corpusFile(t *testing.T, parts ...string) []byte {
	b, err := os.ReadFile(filepath.Join(append([]string{corpusDir(t)}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// program runs mtkkit in this process.
var program = scripttest.Program(commands.Run).Call

// must runs mtkkit and wants an exit code.
func must(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	code, out, errs := program(args...)
	if code != want {
		t.Fatalf("mtkkit %q: exit code %d, want %d\n%s%s", args, code, want, out, errs)
	}
	return out, errs
}

func TestCompositeDumps(t *testing.T) {
	for _, c := range composites {
		t.Run(c.device, func(t *testing.T) {
			dir := t.TempDir()
			rom := imgtest.NewSparse(c.size)
			for _, p := range c.pieces {
				rom.Put(p.offset, corpusFile(t, c.device, p.file))
			}
			rom.Put(0x400000, []byte("stands in NVRAM, which no MBR lists"))
			rom.Put(c.size-0x100000, []byte("stands behind the last row of the scatter file"))
			path := filepath.Join(dir, "ROM_1")
			if err := rom.WriteFile(path); err != nil {
				t.Fatal(err)
			}
			boot := filepath.Join(corpusDir(t), c.device, c.boot1)

			named := filepath.Join(dir, "named")
			must(t, words.ExitOK, "split", path, "--scatter", filepath.Join(corpusDir(t), c.device, c.scatter), "--boot1", boot, "-o", named)
			for _, p := range c.pieces {
				beginsWith(t, filepath.Join(named, p.row), corpusFile(t, c.device, p.file))
			}
			if _, err := os.Stat(filepath.Join(named, c.preloader)); err != nil {
				t.Error(err)
			}
			joinsTo(t, words.ExitOK, named, path)

			restoresTo(t, path, "--scatter", filepath.Join(corpusDir(t), c.device, c.scatter), "--boot1", boot)

			bare := filepath.Join(dir, "bare")
			_, said := must(t, words.ExitOK, "split", path, "-o", bare)
			if !strings.Contains(said, "gap files") {
				t.Errorf("nothing is said of the partitions an MBR does not list:\n%s", said)
			}
			for file, at := range c.rows {
				st, err := os.Stat(filepath.Join(bare, file))
				if err != nil {
					t.Fatal(err)
				}
				beginsWith(t, filepath.Join(bare, file), rom.Range(flash.Extent{Offset: at, Length: min(st.Size(), 1<<20)}))
			}
			joinsTo(t, words.ExitOK, bare, path)
		})
	}
}

func beginsWith(t *testing.T, path string, want []byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := make([]byte, len(want))
	if n, err := f.ReadAt(got, 0); !bytes.Equal(got, want) {
		t.Errorf("%s does not begin with its piece (%d bytes read, %v)", filepath.Base(path), n, err)
	}
}

// joinsTo joins a parts folder and compares the result with the dump, hole by hole.
func joinsTo(t *testing.T, code int, dir, dump string) {
	t.Helper()
	again := dir + ".again"
	must(t, code, "join", dir, "-o", again)
	must(t, code, "verify", dir)
	if err := scripttest.SameFiles(again, dump); err != nil {
		t.Error(err)
	}
	os.Remove(again)
}

// restoresTo packs a dump into an archive, proves it and compares what is restored with
// the dump.
func restoresTo(t *testing.T, dump string, options ...string) {
	t.Helper()
	archive, again := dump+".tar.zst", dump+".restored"
	must(t, words.ExitOK, append([]string{"backup", "create", dump, "-o", archive}, options...)...)
	must(t, words.ExitOK, "backup", "verify", archive)
	must(t, words.ExitOK, "backup", "restore", archive, "--region", "EMMC_USER", "-o", again)
	if err := scripttest.SameFiles(again, dump); err != nil {
		t.Error(err)
	}
	os.Remove(archive)
	os.Remove(again)
}

// TestRealGPT splits a dump with a real phone's GPT at its real size, healthy and with
// its primary table destroyed.
func TestRealGPT(t *testing.T) {
	const (
		sector = 512
		size   = 0x39d0000 * sector // the table's alternate LBA, plus one
	)
	head := corpusFile(t, "lg-k310im-mt6762", "pgpt.bin")
	rom := imgtest.NewSparse(size)
	rom.Put(0, head)
	entries, header := head[2*sector:2*sector+128*128], bytes.Clone(head[sector:2*sector])
	le := binary.LittleEndian
	le.PutUint64(header[24:], size/sector-1)  // the header's own LBA
	le.PutUint64(header[32:], 1)              // the other header's
	le.PutUint64(header[72:], size/sector-33) // where its entries begin
	le.PutUint32(header[16:], 0)
	le.PutUint32(header[16:], crc32.ChecksumIEEE(header[:92]))
	rom.Put(size-33*sector, entries)
	rom.Put(size-sector, header)
	rom.Put(0x8000, corpusFile(t, "lg-k310im-mt6762", "boot_para.bin"))

	dir := t.TempDir()
	path := filepath.Join(dir, "ROM_1")
	if err := rom.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	parts := filepath.Join(dir, "healthy")
	must(t, words.ExitOK, "split", path, "-o", parts, "--boot1", filepath.Join(corpusDir(t), "lg-k310im-mt6762", "preloader.bin"))
	beginsWith(t, filepath.Join(parts, "boot_para.bin"), corpusFile(t, "lg-k310im-mt6762", "boot_para.bin"))
	joinsTo(t, words.ExitOK, parts, path)
	must(t, words.ExitOK, "split", path, "-o", parts+"2", "--scatter", filepath.Join(corpusDir(t), "lg-k310im-mt6762", "MT6765_Android_scatter.txt"))

	rom.Zero(0, 0x8000)
	os.Remove(path)
	if err := rom.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	parts = filepath.Join(dir, "headless")
	_, said := must(t, words.ExitProblems, "split", path, "-o", parts)
	if !strings.Contains(said, "backup") {
		t.Errorf("nothing is said of the backup table:\n%s", said)
	}
	beginsWith(t, filepath.Join(parts, "boot_para.bin"), corpusFile(t, "lg-k310im-mt6762", "boot_para.bin"))
	joinsTo(t, words.ExitOK, parts, path)

	must(t, words.ExitProblems, "gpt", "repair", path, "-o", filepath.Join(dir, "tables"))
	beginsWith(t, filepath.Join(dir, "tables", "pgpt.bin"), head[:34*sector])
}

// TestForeignScatter: a scatter file of another phone is refused before the first write.
func TestForeignScatter(t *testing.T) {
	dir := t.TempDir()
	rom := imgtest.NewSparse(composites[0].size)
	for _, p := range composites[0].pieces {
		rom.Put(p.offset, corpusFile(t, composites[0].device, p.file))
	}
	path := filepath.Join(dir, "ROM_1")
	if err := rom.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(corpusDir(t), composites[1].device, composites[1].scatter)
	out := filepath.Join(dir, "out")
	_, said := must(t, words.ExitRefused, "split", path, "--scatter", other, "-o", out)
	if !strings.Contains(said, "0x") || !strings.Contains(said, "--trust scatter") {
		t.Errorf("the refusal names no addresses, or no way out:\n%s", said)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written")
	}
	must(t, words.ExitProblems, "split", path, "--scatter", other, "-o", out, "--trust", "scatter", "--only", "lk", "--dry-run")
}
