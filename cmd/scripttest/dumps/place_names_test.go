package dumps

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// absolute is a path that no test writes to.
const absolute = "/tmp/mtkkit-of-a-stranger.img"

// badNames are file names that lead out of a folder, that mean something else on some system, or
// that are mtkkit's own.
var badNames = []string{"../boot.img", "../../boot.img", "a/b", `a\b`, `..\boot.img`, absolute, `C:\boot.img`, "C:boot.img", "NUL", "nul.img", "con", "..", ".", "",
	"boot.img:stream", "boot.img ", "boot.img.", "boot\x00.img", "boot\n.img", "manifest.json", "SHA256SUMS"}

// TestNamesInStore gives a file of a backup, or a file of the dump that was pushed, each of these
// names, in all documents. Nothing is written outside of the output, and a bad name of a file is
// an error.
func TestNamesInStore(t *testing.T) {
	whole, data := filepath.Join(t.TempDir(), "whole"), filepath.Join(scripttest.Root(t), "testdata")
	args := []string{"backup", "push", filepath.Join(data, "mt6765-ROM_1.zst"), "--boot1", filepath.Join(data, "mt6765-BOOT_1.zst"), "oci:" + whole + ":t", "--no-siblings"}
	if code, _, errs := program(args...); code != words.ExitOK {
		t.Fatal(code, errs)
	}
	for _, c := range []struct {
		what   string
		rename func(*store, string)
		runs   [][]string
	}{
		{"file", (*store).renameFile, [][]string{{"backup", "pull"}, {"backup", "pull", "--dump"}, {"split"}}},
		{"source", (*store).renameSource, [][]string{{"backup", "pull", "--dump"}}},
	} {
		for _, name := range badNames {
			t.Run(c.what+" "+name, func(t *testing.T) {
				dir := t.TempDir()
				place, out := filepath.Join(dir, "place"), filepath.Join(dir, "a", "b", "out")
				if err := os.CopyFS(place, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				c.rename(openStore(t, place), name)
				if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
					t.Fatal(err)
				}
				for _, run := range c.runs {
					code, said, errs := program(append(run, "oci:"+place+":t", "-o", out, "--force")...)
					if c.what == "file" && code == words.ExitOK {
						t.Errorf("%q: exit 0: %s%s", run, said, errs)
					}
				}
				for _, path := range tree(t, dir) {
					rel, err := filepath.Rel(dir, path)
					if err != nil {
						t.Fatal(err)
					}
					rel = filepath.ToSlash(rel)
					if inside := strings.HasPrefix(rel, "place") || strings.HasPrefix(rel, "a/b/out"); !inside && rel != "." && rel != "a" && rel != "a/b" {
						t.Errorf("%s was written", rel)
					}
				}
				if _, err := os.Lstat(absolute); err == nil {
					t.Error("an absolute path was written to")
				}
			})
		}
	}
}

// renameFile gives boot.img another name in every document.
func (s *store) renameFile(name string) {
	sums, err := os.ReadFile(s.Blob(s.Layer("SHA256SUMS")))
	if err != nil {
		s.T.Fatal(err)
	}
	s.Put(s.Layer("SHA256SUMS"), []byte(strings.ReplaceAll(string(sums), "  boot.img\n", "  "+name+"\n")))
	s.Change("index.json", func(x map[string]any) { files(x)["boot.img"]["name"] = name })
	s.Change("manifest.json", func(m map[string]any) {
		files(m)["boot.img"]["name"] = name
		for _, e := range m["entries"].([]any) {
			if e := e.(map[string]any); e["file"] == "boot.img" {
				e["file"] = name
			}
		}
	})
}

// renameSource gives the file of the boot region another name.
func (s *store) renameSource(name string) {
	done := 0
	s.Change("manifest.json", func(m map[string]any) {
		for _, e := range m["sources"].([]any) {
			if e := e.(map[string]any); e["region"] == string(flash.EMMCBoot1) {
				e["name"] = name
				done++
			}
		}
	})
	if done != 1 {
		s.T.Errorf("%d sources have another name", done)
	}
}

// tree lists all paths beneath a folder.
func tree(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		out = append(out, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
