package words

import (
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/source"
)

func TestOutputBeside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "phone")
	for path, want := range map[string]string{
		"ROM_1":                            "ROM_1.parts",
		"ROM_1.gz":                         "ROM_1.parts",
		"ROM_1.bin.zst":                    "ROM_1.bin.parts",
		"ROM_1.zip.001":                    "ROM_1.zip.parts", // each ending once, in this order
		filepath.Join(dir, "ROM_1") + "//": filepath.Join(dir, "ROM_1.parts"),
		filepath.Join(dir, "x", ".."):      dir + ".parts",
		source.Stdin:                       "stdin.parts",
	} {
		if got := OutputBeside(path, ".parts"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	t.Chdir(t.TempDir())
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := OutputBeside(".", ".parts"), filepath.Join("..", filepath.Base(here)+".parts"); got != want {
		t.Errorf(".: %s, want %s", got, want)
	}
}
