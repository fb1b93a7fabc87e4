package split

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// joined splits the dump, lets change work on the folder, and joins it.
func joined(t *testing.T, d *dump, change func(dir string), opt JoinOptions) (string, *JoinReport, error) {
	t.Helper()
	dir, out := filepath.Join(t.TempDir(), "p"), filepath.Join(t.TempDir(), "ROM_1")
	d.split(t, dir, Options{})
	if change != nil {
		change(dir)
	}
	r, err := Join(t.Context(), dir, out, opt)
	if err != nil {
		if got := tree(t, filepath.Dir(out)); len(got) != 0 {
			t.Errorf("after %v: %d files are left", err, len(got))
		}
		return "", nil, err
	}
	got := tree(t, filepath.Dir(out))
	if len(got) != 1 {
		t.Errorf("%d files beside each other", len(got))
	}
	return got["ROM_1"], r, nil
}

// rewrite changes the manifest of a folder.
func rewrite(t *testing.T, dir string, change func(m *flash.Manifest)) {
	t.Helper()
	m, err := openManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	change(m)
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, flash.ManifestName), b)
}

func TestJoin(t *testing.T) {
	for _, opt := range []JoinOptions{{}, {WholeHash: true}, {NoHoles: true, Workers: 1}} {
		d := newDump(1)
		got, r, err := joined(t, d, nil, opt)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(d.b) || r.Files != 3 || r.Bytes != int64(len(d.b)) || len(r.Unproven) != 0 {
			t.Errorf("joined: equal %v, %+v", got == string(d.b), r)
		}
		if opt.WholeHash != (r.SHA256 == sha(d.b)) {
			t.Errorf("the whole has sum %q", r.SHA256)
		}
	}
}

// Rows that overlap, rows within rows, derived files and rows that the dump does not
// hold are all in a day's work.
func TestJoinOverlaps(t *testing.T) {
	d := newDump(2)
	d.add("partition", "within.img", 100<<10, 1000)
	d.add("partition", "across.img", 500<<10, 200<<10) // over the gap of zeros
	d.add("preloader", "preloader.bin", 0, 512)
	d.m.Entries = append(d.m.Entries,
		flash.ManifestEntry{Kind: "partition", Name: "lost", Region: flash.EMMCUser, Extent: flash.Extent{Offset: 1 << 40, Length: 5}},
		flash.ManifestEntry{Kind: "partition", Name: "last", Region: flash.EMMCUser, Extent: flash.Extent{Offset: flash.Unplaced, Length: 5}})
	got, _, err := joined(t, d, nil, JoinOptions{WholeHash: true})
	if err != nil || got != string(d.b) {
		t.Fatalf("equal %v, %v", got == string(d.b), err)
	}

	// The same folder, but one of the two says something else of the same bytes.
	for _, name := range []string{"within.img", "across.img"} {
		_, _, err = joined(t, d, func(dir string) {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			b[10] ^= 1
			write(t, filepath.Join(dir, name), b)
			rewrite(t, dir, func(m *flash.Manifest) {
				for i := range m.Files {
					if m.Files[i].Name == name {
						m.Files[i].SHA256 = sha(b)
					}
				}
				for i := range m.Entries {
					if m.Entries[i].File == name {
						m.Entries[i].SHA256 = ""
					}
				}
			})
		}, JoinOptions{})
		if err == nil || !strings.Contains(err.Error(), "overlaps") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestJoinProves(t *testing.T) {
	cases := map[string]struct {
		change func(t *testing.T, dir string)
		opt    JoinOptions
		want   string
	}{
		"a changed part": {func(t *testing.T, dir string) {
			b, _ := os.ReadFile(filepath.Join(dir, "nvram.bin"))
			b[len(b)-1] ^= 1
			write(t, filepath.Join(dir, "nvram.bin"), b)
		}, JoinOptions{}, "nvram.bin differs from what was split"},
		"a cut part": {func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "nvram.bin"), 4096); err != nil {
				t.Fatal(err)
			}
		}, JoinOptions{}, "0x1000 bytes"},
		"a longer part": {func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "boot.img"), 600<<10); err != nil {
				t.Fatal(err)
			}
		}, JoinOptions{}, "0x96000 bytes"},
		"a missing part": {func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "boot.img")); err != nil {
				t.Fatal(err)
			}
		}, JoinOptions{}, "boot.img"},
		"a part that is a link": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, "boot.img")
			if err := os.Rename(path, path+".real"); err != nil {
				t.Fatal(err)
			}
			link(t, os.Symlink, path+".real", path)
		}, JoinOptions{}, "not a regular file"},
		"a hole in the coverage": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(m *flash.Manifest) { m.Entries = append(m.Entries[:2:2], m.Entries[3:]...) })
		}, JoinOptions{}, "no entry of the manifest has 0x96000..0x100000"},
		"an end that nothing covers": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(m *flash.Manifest) { m.Sources[0].Size += 512 })
		}, JoinOptions{}, "no entry of the manifest has 0x300000..0x300200"},
		"a skipped row in a complete manifest": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(m *flash.Manifest) { m.Entries[0].File, m.Entries[0].Skipped = "", true })
		}, JoinOptions{}, "says that it is complete"},
		"two sums for one file": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(m *flash.Manifest) { m.Entries[0].SHA256 = sha([]byte("other")) })
		}, JoinOptions{}, "two different sums"},
		"a file shorter than its entry": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(m *flash.Manifest) { m.Files[0].Size-- })
		}, JoinOptions{}, "boot.img"},
		"another whole": {func(t *testing.T, dir string) {
			rewrite(t, dir, func(m *flash.Manifest) { m.Sources[0].SHA256 = sha([]byte("other")) })
		}, JoinOptions{WholeHash: true}, "the result differs from what was split"},
		"an unknown region": {func(*testing.T, string) {}, JoinOptions{Region: flash.EMMCBoot1}, "no source"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := joined(t, newDump(3), func(dir string) { c.change(t, dir) }, c.opt)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if r := flash.AsRefusal(err); r != nil {
				t.Errorf("damage is not a refusal: %+v", r)
			}
		})
	}
}

func TestJoinUnproven(t *testing.T) {
	d := newDump(4)
	dir, out := filepath.Join(t.TempDir(), "p"), filepath.Join(t.TempDir(), "ROM_1")
	d.split(t, dir, Options{NoHash: true})
	r, err := Join(t.Context(), dir, out, JoinOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Unproven) != 3 {
		t.Errorf("unproven: %v", r.Unproven)
	}
	if b, err := os.ReadFile(out); err != nil || string(b) != string(d.b) {
		t.Errorf("equal %v, %v", string(b) == string(d.b), err)
	}
}

func TestJoinRefuses(t *testing.T) {
	d := newDump(5)
	dir := filepath.Join(t.TempDir(), "p")
	d.split(t, dir, Options{})
	top := t.TempDir()
	out := write(t, filepath.Join(top, "ROM_1"), []byte("precious"))
	join := func(out string, opt JoinOptions) error {
		_, err := Join(t.Context(), dir, out, opt)
		return err
	}
	refusal(t, join(out, JoinOptions{}), flash.ReasonExists)
	refusal(t, join(out, JoinOptions{Inputs: []string{out}}), flash.ReasonInput)
	refusal(t, join(filepath.Join(dir, "ROM_1"), JoinOptions{}), flash.ReasonInsideInput)
	refusal(t, join(filepath.Join(dir, "boot.img"), JoinOptions{}), flash.ReasonInsideInput)
	refusal(t, join(top, JoinOptions{}), flash.ReasonExists)

	hard, soft := filepath.Join(top, "hard"), filepath.Join(top, "soft")
	link(t, os.Link, filepath.Join(dir, "boot.img"), hard)
	link(t, os.Symlink, filepath.Join(dir, "boot.img"), soft)
	refusal(t, join(hard, JoinOptions{}), flash.ReasonInput)
	refusal(t, join(soft, JoinOptions{}), flash.ReasonInsideInput)

	part := write(t, filepath.Join(top, "new.part"), []byte("a download of somebody's"))
	refusal(t, join(filepath.Join(top, "new"), JoinOptions{}), flash.ReasonExists)
	if got := tree(t, top); got["ROM_1"] != "precious" || got["new.part"] == "" || len(got) != 4 {
		t.Errorf("something was touched: %d files", len(got))
	}
	if err := os.Remove(part); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	if err := join(out, JoinOptions{}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(out); err != nil || string(b) != string(d.b) {
		t.Errorf("equal %v, %v", string(b) == string(d.b), err)
	}

	rewrite(t, dir, func(m *flash.Manifest) { m.Complete = false; m.Entries[3].Skipped = true })
	r := refusal(t, join(filepath.Join(top, "new"), JoinOptions{}), flash.ReasonPartial)
	if !strings.Contains(r.Text, "userdata.img") {
		t.Errorf("it does not say what is missing: %+v", r)
	}
	if _, err := Join(t.Context(), top, filepath.Join(top, "new"), JoinOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without manifest gives %v", err)
	}
}

func TestJoinCancel(t *testing.T) {
	d := newDump(6)
	dir, out := filepath.Join(t.TempDir(), "p"), filepath.Join(t.TempDir(), "ROM_1")
	d.split(t, dir, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Join(ctx, dir, out, JoinOptions{Progress: func(flash.Event) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := tree(t, filepath.Dir(out)); len(got) != 0 {
		t.Errorf("%d files are left", len(got))
	}
}
