package scatter_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// corpus returns every file of the sample folder that has to do with scatter files.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	root := os.Getenv("MTKKIT_CORPUS")
	if root == "" {
		t.Skip("MTKKIT_CORPUS does not name the folder of real samples")
	}
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		name := filepath.Base(path)
		if err != nil || d.IsDir() || !strings.Contains(name, "catter") && !strings.HasPrefix(name, "MT6757_Android") {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		files[filepath.ToSlash(rel)] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCorpusRoundTrip(t *testing.T) {
	read, refused := 0, map[string]int{}
	for name, b := range corpus(t) {
		if strings.Contains(name, "dl_without_scatter") {
			if scatter.Sniff(bytes.NewReader(b)) {
				t.Errorf("%s: taken for a scatter file", name)
			}
			continue
		}
		if !scatter.Sniff(bytes.NewReader(b)) {
			t.Errorf("%s: not recognised", name)
		}
		f, err := scatter.Read(bytes.NewReader(b))
		var fe *flash.FormatError
		if errors.Is(err, scatter.ErrDialect) && errors.As(err, &fe) {
			t.Logf("%s: %v", name, err)
			refused[fe.Text]++
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		read++
		if !bytes.Equal(f.Encode(), b) {
			t.Errorf("%s: Encode differs from the file", name)
		}
		for _, p := range f.Table(1 << 40).Problems {
			t.Log(name, p.Severity, p)
		}
	}
	t.Log(read, refused)
}
