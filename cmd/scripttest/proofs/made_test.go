package proofs

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

func TestMain(m *testing.M) { scripttest.Main(m, commands.Main) }

// call runs the program and returns its exit code and all that it printed.
func call(args ...string) (words.Code, string) {
	code, out, errs := scripttest.Program(commands.Run).Call(args...)
	return code, out + errs
}

// must runs a command that must end with 0.
func must(t *testing.T, args ...string) {
	t.Helper()
	if code, said := call(args...); code != words.ExitOK {
		t.Fatalf("mtkkit %q: %d\n%s", args, code, said)
	}
}

// content is the files of a folder, by their path in it.
type content map[string][]byte

func (c content) clone() content {
	out := maps.Clone(c)
	for name, b := range out {
		out[name] = append([]byte(nil), b...)
	}
	return out
}

// readContent reads a folder.
func readContent(t *testing.T, dir string) content {
	t.Helper()
	c := content{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		c[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// write writes the files to a new folder.
func (c content) write(t *testing.T, dir string) {
	t.Helper()
	for name, b := range c {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// dumpSize is the size of the made dump: large enough for a partition that is not compared when a
// folder is opened.
const dumpSize = 6 << 20

// makeDump writes a small dump with a GPT to a folder.
func makeDump(t *testing.T, path string) {
	t.Helper()
	s := imgtest.NewSparse(dumpSize)
	spec := imgtest.GPTSpec{SectorSize: 512, DeviceSize: dumpSize}
	at := int64(0x8000)
	for _, row := range []struct {
		name string
		size int64
	}{{"proinfo", 64 << 10}, {"nvram", 128 << 10}, {"lk", 128 << 10}, {"logo", 128 << 10}, {"boot", 1280 << 10}, {"recovery", 1280 << 10}, {"tee1", 64 << 10}, {"cache", 256 << 10}, {"userdata", 1 << 20}} {
		spec.Rows = append(spec.Rows, imgtest.GPTRow{Name: row.name, Extent: flash.Extent{Offset: at, Length: row.size}})
		s.Put(at, imgtest.Noise(row.name, int(row.size)))
		at += row.size
		if row.name == "logo" || row.name == "tee1" { // a range that no row names
			s.Put(at, imgtest.Noise("gap behind "+row.name, 4096))
			at += 64 << 10
		}
	}
	s.PutGPT(spec)
	if err := s.WriteFile(path); err != nil {
		t.Fatal(err)
	}
}

// makeDumpFolder makes a folder of two regions, as reading a phone does, and returns its path.
func makeDumpFolder(t *testing.T, top, rom string) string {
	t.Helper()
	boot := filepath.Join(top, "BOOT_1")
	if err := os.WriteFile(boot, imgtest.SmallMT6765().Boot1, 0o666); err != nil {
		t.Fatal(err)
	}
	packed, out := filepath.Join(top, "dump.tar.zst"), filepath.Join(top, "dump")
	must(t, "backup", "create", rom, "--boot1", boot, "-o", packed)
	must(t, "backup", "restore", packed, "-o", out)
	return out
}
