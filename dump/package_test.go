package dump

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
)

// firmware writes a package with a scatter file whose bytes no program of ours would write.
func firmware(t *testing.T) (dir string, scatterFile []byte) {
	t.Helper()
	p := imgtest.SmallMT6765()
	dir = t.TempDir()
	scatterFile = []byte(strings.ReplaceAll(p.Scatter, "\n", "\r\n") + "# by the maker\r\n")
	for name, b := range map[string][]byte{
		p.ScatterName(): scatterFile, "boot.img": imgtest.Noise("boot", 32<<10), "lk.img": imgtest.Noise("lk", 16<<10),
		"preloader_demo_k5.bin": p.Boot1[0x800:],
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir, scatterFile
}

// A package has facts and a plan, but no addresses; its scatter file is kept byte for byte.
func TestPackage(t *testing.T) {
	dir, want := firmware(t)
	d, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if !d.Package() || d.Layout.Chip.Value != "MT6765" || len(d.Layout.Missing) > 0 {
		t.Errorf("%+v", d.Layout)
	}
	facts, err := d.Facts()
	if err != nil || len(facts.Missing) > 0 || slices.ContainsFunc(facts.Rows, func(s report.Source) bool { return s.Scatter != nil }) {
		t.Errorf("%v: %+v", err, facts.Missing)
	}
	if _, err := report.Build(context.Background(), facts); err != nil {
		t.Error(err)
	}
	p, err := d.Plan(plan.Wishes{})
	if err != nil || !bytes.Equal(p.Scatter(), want) {
		t.Errorf("%v: the scatter file is not the maker's", err)
	}
	for what, err := range map[string]error{"map": second(d.Report(context.Background(), PageOptions{})), "table": d.RefuseTable(), "sizes": d.RefuseSizes()} {
		if r := flash.AsRefusal(err); r == nil || r.Reason != flash.ReasonPackage {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A dump is not refused.
func TestRefusePackage(t *testing.T) {
	dir := t.TempDir()
	if err := imgtest.SmallMT6765().WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	d, err := Open(context.Background(), filepath.Join(dir, "ROM_1"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Package() || d.RefuseTable() != nil || RefusePackage(dir, &flash.Manifest{Storage: flash.EMMC}, "") != nil || RefusePackage(dir, nil, "") != nil {
		t.Error("refused")
	}
	if RefusePackage(dir, &flash.Manifest{Storage: flash.Package}, "") == nil {
		t.Error("the record of a package is not refused")
	}
}

// The hashes of a payload prove its partitions.
func TestVerifyPackage(t *testing.T) {
	boot := imgtest.Noise("boot", 16<<10)
	sum := sha256.Sum256(boot)
	for what, c := range map[string]struct {
		sum    []byte
		state  State
		summed int
	}{"right": {sum[:], Complete, 1}, "wrong": {make([]byte, 32), Broken, 0}, "none": {nil, Complete, 0}} {
		p := imgtest.Payload{BlockSize: 4096, Partitions: []imgtest.PayloadPartition{{Name: "boot", Size: 16 << 10, SHA256: c.sum,
			Operations: []imgtest.PayloadOperation{{Data: boot, Writes: [][2]uint64{{0, 4}}}}}}}
		path := filepath.Join(t.TempDir(), "payload.bin")
		if err := os.WriteFile(path, p.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		v, err := Verify(context.Background(), path, Options{})
		if err != nil || v.State != c.state || v.Images != 1 || v.Summed != c.summed {
			t.Errorf("%s: %v, %+v", what, err, v)
		}
	}
}
