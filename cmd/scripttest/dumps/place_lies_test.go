package dumps

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/words"
)

// store is a backup in a folder of backups, which tests damage.
type store struct{ *scripttest.Store }

func openStore(t *testing.T, dir string) *store { return &store{scripttest.OpenStore(t, dir)} }

func files(doc map[string]any) map[string]map[string]any { return scripttest.Rows(doc, "files") }

// TestLyingStore harms a backup in a layout folder in many ways, and compares what the commands
// make of it. A line of the table has the exit codes of verify (both forms), pull, pull --dump,
// split, cat, info and tags. Info and tags read too little to see every damage; what the others
// write is never called whole.
func TestLyingStore(t *testing.T) {
	dir := t.TempDir()
	rom := filepath.Join(scripttest.Root(t), "testdata", "mt6765-ROM_1.zst")
	in := func(name string) string { return filepath.Join(dir, name) }
	if code, _, errs := program("backup", "push", rom, "oci:"+in("whole")+":t", "--no-siblings"); code != words.ExitOK {
		t.Fatal(code, errs)
	}
	for _, c := range []struct {
		name, codes, says string
		do                func(*store)
	}{
		{"nothing", "0 0 0 0 0 0 0 0", "", func(*store) {}},
		// Both files are read at the same time; the first to be wrong is named.
		{"groups exchanged", "1 1 1 1 1 1 0 0", "(boot|recovery).img: its bytes have the sha-256", func(s *store) {
			s.Change("index.json", func(x map[string]any) {
				a, b := files(x)["boot.img"], files(x)["recovery.img"]
				a["groups"], b["groups"] = b["groups"], a["groups"]
			})
		}},
		{"one group for two files", "1 1 1 1 1 1 3 0", "recovery.img: its bytes have the sha-256|no file of the index needs this group", func(s *store) {
			s.Change("index.json", func(x map[string]any) { files(x)["recovery.img"]["groups"] = files(x)["boot.img"]["groups"] })
		}},
		{"no sum of a file", "1 1 1 1 1 1 1 0", "recovery.img", func(s *store) {
			s.Change("index.json", func(x map[string]any) { delete(files(x)["recovery.img"], "sha256") })
		}},
		{"a group of another length", "1 1 1 1 1 1 1 0", "recovery.img needs", func(s *store) {
			s.Change("index.json", func(x map[string]any) {
				files(x)["recovery.img"]["groups"].([]any)[0].(map[string]any)["blob_size"] = 17
			})
		}},
		{"another sum in the manifest", "1 1 1 1 1 1 1 0", "do not agree on recovery.img", func(s *store) {
			s.Change("manifest.json", func(m map[string]any) { files(m)["recovery.img"]["sha256"] = strings.Repeat("ab", 32) })
		}},
		{"another sum in SHA256SUMS", "1 1 3 3 3 3 3 0", "SHA256SUMS: the backup contradicts itself", func(s *store) {
			b, err := os.ReadFile(s.Blob(s.Layer("SHA256SUMS")))
			if err != nil {
				s.T.Fatal(err)
			}
			s.Put(s.Layer("SHA256SUMS"), append([]byte("0"), b[1:]...))
			s.Finish()
		}},
		{"SHA256SUMS missing", "1 1 3 3 3 3 3 0", "SHA256SUMS: .*is missing in", func(s *store) { s.Remove(s.Blob(s.Layer("SHA256SUMS"))) }},
		{"SHA256SUMS damaged", "1 1 3 3 3 3 3 0", "SHA256SUMS: ", func(s *store) { s.Flip(s.Blob(s.Layer("SHA256SUMS"))) }},
		{"manifest.json missing", "1 1 1 1 1 1 1 0", "is missing in", func(s *store) { s.Remove(s.Blob(s.Layer("manifest.json"))) }},
		{"manifest.json damaged", "1 1 1 1 1 1 1 0", "manifest", func(s *store) { s.Flip(s.Blob(s.Layer("manifest.json"))) }},
		{"index.json missing", "1 1 1 1 1 1 1 0", "is missing in", func(s *store) { s.Remove(s.Blob(s.Layer("index.json"))) }},
		{"a group missing", "1 1 1 3 3 3 3 0", "is missing in|were not read from the phone", func(s *store) { s.Remove(s.Blob(s.Layer("recovery.img.zst"))) }},
		{"the config missing", "1 1 3 3 3 3 3 0", "config: ", func(s *store) { s.Remove(s.Blob(s.Manifest["config"])) }},
		{"a group damaged", "1 1 1 1 1 1 0 0", "its bytes do not match its digest", func(s *store) { s.Flip(s.Blob(s.Layer("recovery.img.zst"))) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, left := range []string{"s", "parts", "rom", "rom.map", "split", "recovery"} {
				if err := os.RemoveAll(in(left)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.CopyFS(in("s"), os.DirFS(in("whole"))); err != nil {
				t.Fatal(err)
			}
			c.do(openStore(t, in("s")))
			var codes []string
			var said strings.Builder
			ref := "oci:" + in("s") + ":t"
			for _, args := range [][]string{
				{"backup", "verify", ref}, {"verify", ref}, {"backup", "pull", ref, "-o", in("parts")}, {"backup", "pull", ref, "--dump", "-o", in("rom")},
				{"split", ref, "-o", in("split")}, {"cat", ref, "recovery", "-o", in("recovery")}, {"info", ref}, {"backup", "tags", "oci:" + in("s")},
			} {
				code, out, errs := program(args...)
				codes = append(codes, fmt.Sprint(code))
				if said.WriteString(out + errs); code != words.ExitOK && !regexp.MustCompile(c.says).MatchString(out+errs) {
					t.Errorf("%q does not say %q:\n%s%s", args, c.says, out, errs)
				}
			}
			if got := strings.Join(codes, " "); got != c.codes {
				t.Errorf("exit codes %s, want %s; said:\n%s", got, c.codes, said.String())
			}
		})
	}
}
