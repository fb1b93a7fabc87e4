package dump

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

const dumchar = `Part_Name	Size	StartAddr	Type	MapTo
preloader    0x0000000000c00000   0x0000000000000000   2   /dev/misc-sd
mbr          0x0000000000080000   0x0000000000000000   2   /dev/block/mmcblk0
nvram        0x0000000000300000   0x0000000000100000   2   /dev/block/mmcblk0
`

func tableFile(t *testing.T, text string) (*TableFile, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return OpenTableFile(path)
}

// A list and the scatter file that is made of it say the same.
func TestTableFile(t *testing.T) {
	list, err := tableFile(t, dumchar)
	if err != nil || list.List == nil {
		t.Fatal(err)
	}
	made, _, err := list.Convert(scatter.CreateOptions{Platform: "MT6572", Dialect: scatter.V111})
	if err != nil {
		t.Fatal(err)
	}
	file, err := tableFile(t, string(made.Encode()))
	if err != nil || file.Scatter == nil {
		t.Fatal(err)
	}
	a, _ := list.Rows()
	b, _ := file.Rows()
	if ch := scatter.Diff(a, b); len(ch) != 0 {
		t.Errorf("%v", ch)
	}
	s, _ := list.Script(0)
	if s.Storage != flash.EMMC || len(s.Table.Partitions) != 3 {
		t.Errorf("%+v", s)
	}
	if len(list.Lists()) == 0 || len(file.Lists()) == 0 {
		t.Error("no lists")
	}
	if same, _, err := file.Convert(scatter.CreateOptions{Dialect: scatter.V111}); err != nil || same != file.Scatter {
		t.Errorf("into its own dialect a file is itself: %v", err)
	}
	if got := file.Check(flash.UFS, scatter.CheckOptions{}); len(got) != 0 {
		t.Errorf("a table for another kind of flash: %v", got)
	}
	if got := file.Check("", scatter.CheckOptions{}); len(got) != 1 || got[0].Rows != len(file.Scatter.Rows) {
		t.Errorf("%v", got)
	}
}

func TestTableFileErrors(t *testing.T) {
	if _, err := tableFile(t, "no table\n"); !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("%v", err)
	}
	list, err := tableFile(t, "(bootloader) partition-size:mbr: 80000\n(bootloader) partition-size:nvram: 300000\n")
	if err != nil {
		t.Fatal(err)
	}
	var none *NoStartsError
	if _, err := list.Create(scatter.CreateOptions{}); !errors.As(err, &none) {
		t.Errorf("a list without addresses: %v", err)
	}
	if l := list.Lists(); l != nil {
		t.Errorf("%q", l)
	}
}

func TestSizesIn(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "boot.img"), []byte("boot"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	sizes := SizesIn(dir)
	for name, want := range map[string]error{"boot.img": nil, "none.img": fs.ErrNotExist, "folder": fs.ErrInvalid, "../boot.img": fs.ErrInvalid} {
		if n, err := sizes(name); !errors.Is(err, want) || err == nil && n != 4 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}
