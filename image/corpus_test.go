package image

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash/flashtest"
)

type sample struct {
	content Content
	row     string // partition it belongs in, "" when not known
}

// samples reads the stored facts about the corpus, by path.
func samples(t testing.TB) map[string]sample {
	t.Helper()
	b, err := os.ReadFile("testdata/corpus.tsv")
	if err != nil {
		t.Fatal(err)
	}
	facts := map[string]sample{}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 5 {
			t.Fatalf("line of %d fields: %q", len(f), line)
		}
		length, err := strconv.ParseInt(f[3], 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		label, row := strings.TrimPrefix(f[2], "-"), strings.TrimPrefix(f[4], "-") // "-" is none
		facts[f[0]] = sample{Content{Kind: Kind(f[1]), Label: label, Length: length}, row}
	}
	return facts
}

// Every file of the corpus is what the stored facts say, and what they do not name
// is of no known kind.
func TestCorpus(t *testing.T) {
	root := os.Getenv("MTKKIT_CORPUS")
	if root == "" {
		t.Skip("MTKKIT_CORPUS is not set: no real images to look at")
	}
	facts := samples(t)
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		want, listed := facts[rel]
		delete(facts, rel)
		if !listed {
			want.content.Kind = Unknown
		}
		got := proven(flashtest.File(t, name))
		if got != want.content {
			t.Errorf("%s\n got %+v\nwant %+v", rel, got, want.content)
		}
		if want.row == "" {
			return nil
		}
		for _, row := range []string{want.row, want.row + "_a"} {
			if v := Agrees(row, got); v != Confirmed {
				t.Errorf("%s in partition %s is %v", rel, row, v)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range facts {
		t.Errorf("%s is not in the corpus", name)
	}
}
