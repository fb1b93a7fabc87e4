package dumps

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/words"
)

// store is a layout folder with one backup, as its files say it, without our own reader.
type store struct {
	t        *testing.T
	dir      string
	list     map[string]any // index.json
	manifest map[string]any
}

func openStore(t *testing.T, dir string) *store {
	t.Helper()
	s := &store{t: t, dir: dir}
	s.list = s.read(filepath.Join(dir, "index.json"))
	s.manifest = s.read(s.blob(s.list["manifests"].([]any)[0]))
	return s
}

func (s *store) read(path string) (v map[string]any) {
	s.t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// blob returns the path of the blob that a descriptor names.
func (s *store) blob(descriptor any) string {
	digest := descriptor.(map[string]any)["digest"].(string)
	return filepath.Join(s.dir, "blobs", "sha256", strings.TrimPrefix(digest, "sha256:"))
}

// layer returns the descriptor of the layer with a title.
func (s *store) layer(title string) map[string]any {
	for _, l := range s.manifest["layers"].([]any) {
		if l := l.(map[string]any); l["annotations"].(map[string]any)["org.opencontainers.image.title"] == title {
			return l
		}
	}
	s.t.Fatalf("no layer %s", title)
	return nil
}

// put stores bytes as a blob, and makes a descriptor name it.
func (s *store) put(descriptor any, b []byte) {
	digest := fmt.Sprintf("%x", sha256.Sum256(b))
	d := descriptor.(map[string]any)
	d["digest"], d["size"] = "sha256:"+digest, len(b)
	s.write(filepath.Join(s.dir, "blobs", "sha256", digest), b)
}

func (s *store) write(path string, b []byte) {
	if err := os.WriteFile(path, b, 0o666); err != nil {
		s.t.Fatal(err)
	}
}

// change changes a document of the backup. All digests stay right.
func (s *store) change(title string, do func(map[string]any)) {
	doc := s.read(s.blob(s.layer(title)))
	do(doc)
	s.put(s.layer(title), encoded(s.t, doc))
	s.finish()
}

func (s *store) finish() {
	s.put(s.list["manifests"].([]any)[0], encoded(s.t, s.manifest))
	s.write(filepath.Join(s.dir, "index.json"), encoded(s.t, s.list))
}

func encoded(t *testing.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// files returns the files in index.json of the backup, by name.
func files(index map[string]any) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, f := range index["files"].([]any) {
		f := f.(map[string]any)
		out[f["name"].(string)] = f
	}
	return out
}

// flip changes one bit in the middle of a file.
func (s *store) flip(path string) {
	b, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	b[len(b)/2] ^= 4
	s.write(path, b)
}

func (s *store) remove(path string) {
	if err := os.Remove(path); err != nil {
		s.t.Fatal(err)
	}
}

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
		{"groups exchanged", "1 1 1 1 1 1 0 0", "recovery.img: its bytes have the sha-256", func(s *store) {
			s.change("index.json", func(x map[string]any) {
				a, b := files(x)["boot.img"], files(x)["recovery.img"]
				a["groups"], b["groups"] = b["groups"], a["groups"]
			})
		}},
		{"one group for two files", "1 1 1 1 1 1 3 0", "recovery.img: its bytes have the sha-256|no file of the index needs this group", func(s *store) {
			s.change("index.json", func(x map[string]any) { files(x)["recovery.img"]["groups"] = files(x)["boot.img"]["groups"] })
		}},
		{"no sum of a file", "1 1 1 1 1 1 1 0", "recovery.img", func(s *store) {
			s.change("index.json", func(x map[string]any) { delete(files(x)["recovery.img"], "sha256") })
		}},
		{"a group of another length", "1 1 1 1 1 1 1 0", "recovery.img needs", func(s *store) {
			s.change("index.json", func(x map[string]any) {
				files(x)["recovery.img"]["groups"].([]any)[0].(map[string]any)["blob_size"] = 17
			})
		}},
		{"another sum in the manifest", "1 1 1 1 1 1 1 0", "do not agree on recovery.img", func(s *store) {
			s.change("manifest.json", func(m map[string]any) { files(m)["recovery.img"]["sha256"] = strings.Repeat("ab", 32) })
		}},
		{"another sum in SHA256SUMS", "1 1 3 3 3 3 3 0", "SHA256SUMS: the backup contradicts itself", func(s *store) {
			b, err := os.ReadFile(s.blob(s.layer("SHA256SUMS")))
			if err != nil {
				s.t.Fatal(err)
			}
			s.put(s.layer("SHA256SUMS"), append([]byte("0"), b[1:]...))
			s.finish()
		}},
		{"SHA256SUMS missing", "1 1 3 3 3 3 3 0", "SHA256SUMS: .*is missing in", func(s *store) { s.remove(s.blob(s.layer("SHA256SUMS"))) }},
		{"SHA256SUMS damaged", "1 1 3 3 3 3 3 0", "SHA256SUMS: ", func(s *store) { s.flip(s.blob(s.layer("SHA256SUMS"))) }},
		{"manifest.json missing", "1 1 1 1 1 1 1 0", "is missing in", func(s *store) { s.remove(s.blob(s.layer("manifest.json"))) }},
		{"manifest.json damaged", "1 1 1 1 1 1 1 0", "manifest", func(s *store) { s.flip(s.blob(s.layer("manifest.json"))) }},
		{"index.json missing", "1 1 1 1 1 1 1 0", "is missing in", func(s *store) { s.remove(s.blob(s.layer("index.json"))) }},
		{"a group missing", "1 1 1 3 3 3 3 0", "is missing in|were not read from the phone", func(s *store) { s.remove(s.blob(s.layer("recovery.img.zst"))) }},
		{"the config missing", "1 1 3 3 3 3 3 0", "config: ", func(s *store) { s.remove(s.blob(s.manifest["config"])) }},
		{"a group damaged", "1 1 1 1 1 1 0 0", "its bytes do not match its digest", func(s *store) { s.flip(s.blob(s.layer("recovery.img.zst"))) }},
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
