package plan

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/scatter"
)

func planCopies(t *testing.T, phone *imgtest.Phone, w Wishes, c Copies) *Plan {
	t.Helper()
	p := makePlan(t, phone, w)
	if err := p.AddCopies(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	return p
}

// ofKind lists the files of one kind with their items.
func ofKind(p *Plan, kind flash.Kind) map[string]Item {
	found := map[string]Item{}
	for _, it := range p.Items {
		if it.Kind == kind {
			found[it.File] = it
		}
	}
	return found
}

func bytesOf(t *testing.T, img flash.Image) []byte {
	t.Helper()
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// scatterFiles is what the emitted scatter file names, by partition.
func scatterFiles(t *testing.T, p *Plan) map[string]string {
	t.Helper()
	f, err := scatter.Parse(p.Scatter())
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, row := range f.Table(p.facts.DeviceSize).Partitions {
		files[row.Name] = row.File
	}
	return files
}

// TestTrim: a copy is what was put there when the phone was made; file systems fill
// their partitions here and get none, and nothing private is cut.
func TestTrim(t *testing.T) {
	phone := imgtest.MT6765()
	p := planCopies(t, phone, Wishes{}, Copies{Trim: true})
	trimmed, named := ofKind(p, "trimmed"), scatterFiles(t, p)
	for _, name := range []string{"boot", "recovery", "lk", "md1img", "spmfw", "dtbo"} {
		whole := item(t, p, name)
		file := marked(whole.File, "trimmed")
		got, ok := trimmed[file]
		if !ok {
			t.Errorf("%s: no trimmed copy in %v", name, p.Problems)
			continue
		}
		want := phone.File(name)
		if b := bytesOf(t, got.Image); !bytes.HasPrefix(b, want) || int64(len(b)) != got.Present || len(b)-len(want) >= 4096 {
			t.Errorf("%s: %d bytes, the image put there has %d", name, len(b), len(want))
		}
		if got.Offset != whole.Offset || !whole.Write || whole.Present != whole.Length {
			t.Errorf("%s: copy at 0x%x of %+v", name, got.Offset, whole.ManifestEntry)
		}
		if named[name] != file {
			t.Errorf("%s: the scatter names %q", name, named[name])
		}
	}
	// Rows that share a file share its copy, too.
	if named["lk2"] != named["lk"] {
		t.Errorf("the scatter names %q for lk2, %q for lk", named["lk2"], named["lk"])
	}
	for _, it := range trimmed {
		if scatter.Defaults(it.Name, "").Private {
			t.Errorf("%s was trimmed", it.Name)
		}
	}
	if named["system"] != "system.img" || named["nvram"] != item(t, p, "nvram").File {
		t.Errorf("system → %q, nvram → %q", named["system"], named["nvram"])
	}
	if m := p.Record("test"); !m.Complete {
		t.Error("with copies the plan is not complete")
	}
}

// TestTrimNeedsProof: a header's length is not believed against what follows it, and
// no private or cut partition is trimmed whatever it holds.
func TestTrimNeedsProof(t *testing.T) {
	has := func(phone *imgtest.Phone, name string) bool {
		t.Helper()
		p := planCopies(t, phone, Wishes{}, Copies{Trim: true})
		file := item(t, p, name).File
		_, ok := ofKind(p, "trimmed")[marked(file, "trimmed")]
		if named := scatterFiles(t, p)[name]; (named == file) == ok && named != "" {
			t.Errorf("%s: trimmed %v, the scatter names %q", name, ok, named)
		}
		return ok
	}
	phone := imgtest.MT6592()
	boot := phone.Row("BOOTIMG")
	if !has(phone, "BOOTIMG") {
		t.Fatal("boot has no trimmed copy to begin with")
	}
	phone.User.Put(boot.End()-64, []byte("AVBf"))
	if has(phone, "BOOTIMG") {
		t.Error("trimmed in spite of an AVB footer")
	}
	phone.User.Put(boot.End()-64, make([]byte, 64))
	far := phone.Row("BOOTIMG").Offset + boot.Length/2
	phone.User.Put(far, []byte{0x20})
	if has(phone, "BOOTIMG") {
		t.Error("trimmed in spite of data in the middle of what follows")
	}
	phone.User.Put(far/4096*4096, bytes.Repeat([]byte{0xFF}, 4096))
	if !has(phone, "BOOTIMG") {
		t.Error("an erased page was taken for data")
	}
	// Marks of LG and Samsung that edits keep are in the copy.
	end := ofKind(planCopies(t, phone, Wishes{}, Copies{Trim: true}), "trimmed")[marked(item(t, planCopies(t, phone, Wishes{}, Copies{}), "BOOTIMG").File, "trimmed")].Present
	for _, mark := range []string{"\x41\xA9\xE4\x67\x74\x4D\x1D\x1B\xA4\x29\xF2\xEC\xEA\x65\x52\x79", "SEANDROIDENFORCE"} {
		with := *phone
		with.User = phone.User.Clone()
		with.User.Put(boot.Offset+end, []byte(mark))
		for _, it := range ofKind(planCopies(t, &with, Wishes{}, Copies{Trim: true}), "trimmed") {
			if b := bytesOf(t, it.Image); it.Name == "BOOTIMG" && (int64(len(b)) != end+16 || string(b[end:]) != mark) {
				t.Errorf("%q: the copy has 0x%x bytes, 0x%x without it", mark, len(b), end)
			}
		}
		if !has(&with, "BOOTIMG") {
			t.Errorf("%q is no data behind the image", mark)
		}
	}
	phone.User.Put(far/4096*4096, append(make([]byte, 2048), bytes.Repeat([]byte{0xFF}, 2048)...))
	if has(phone, "BOOTIMG") {
		t.Error("a page half of zeros and half of 0xFF was taken for erased flash")
	}
	// A boot image at the start of nvram proves nothing about nvram.
	phone.User.Put(phone.Row("NVRAM").Offset, phone.File("BOOTIMG"))
	phone.User.Zero(phone.Row("NVRAM").Offset+0x20000, phone.Row("NVRAM").Length-0x20000)
	if has(phone, "NVRAM") {
		t.Error("nvram was trimmed")
	}
	cut := phone.Row("RECOVERY")
	phone.User.Truncate(cut.Offset + cut.Length/2)
	if has(phone, "RECOVERY") {
		t.Error("a cut partition was trimmed")
	}
}

// TestTrimFileSystem: a file system smaller than its partition is cut where its
// superblock says, unless a verity tree or anything else stands behind it.
func TestTrimFileSystem(t *testing.T) {
	phone := imgtest.MT6592()
	row := phone.Row("CACHE")
	phone.User.Zero(row.Offset, row.Length)
	phone.User.Put(row.Offset, imgtest.Ext4(8<<20, "cache"))
	p := planCopies(t, phone, Wishes{}, Copies{Trim: true})
	if it := ofKind(p, "trimmed")["cache.trimmed.img"]; it.Present != 8<<20 || it.Witness != flash.Witness(image.Ext4) {
		t.Errorf("%+v", it.ManifestEntry)
	}
	phone.User.Put(row.End()-16384, []byte{0xC4, 0xB1, 0xB5, 0xD0})
	p = planCopies(t, phone, Wishes{}, Copies{Trim: true})
	if it, ok := ofKind(p, "trimmed")["cache.trimmed.img"]; ok {
		t.Errorf("the crypto footer was cut off: %+v", it.ManifestEntry)
	}
	if !slices.ContainsFunc(p.Problems, func(q flash.Problem) bool { return q.Place == "CACHE" && q.Severity == flash.Note }) {
		t.Errorf("nothing is said: %v", p.Problems)
	}
}

// TestSparse: every file system has its sparse file, which Android's tool unpacks to
// the slice, in one piece and in several.
func TestSparse(t *testing.T) {
	tool, err := exec.LookPath("simg2img")
	if err != nil {
		t.Skip("simg2img is not installed: nobody to prove our sparse files")
	}
	for _, c := range []struct {
		phone *imgtest.Phone
		rows  []string
		limit int64
	}{
		{imgtest.MT6765(), []string{"system", "vendor", "cache", "userdata"}, 0},
		{imgtest.MT6893(), []string{"super", "userdata"}, 0},
		{imgtest.MT6765(), []string{"system", "vendor"}, 16 << 10},
	} {
		p := planCopies(t, c.phone, Wishes{Only: c.rows}, Copies{Sparse: true, SparseSize: c.limit})
		for _, name := range c.rows {
			dir, row := t.TempDir(), c.phone.Row(name)
			var args []string
			end := row.Offset
			for _, it := range p.Items {
				if it.Kind != "sparse" || it.Name != name {
					continue
				}
				if c.limit > 0 && it.Image.Size() > c.limit {
					t.Errorf("%s takes %d bytes", it.File, it.Image.Size())
				}
				if it.Offset != end || it.Present != it.Length {
					t.Errorf("%s stands for 0x%x+0x%x, not from 0x%x", it.File, it.Offset, it.Present, end)
				}
				end = it.Offset + it.Present
				args = append(args, filepath.Join(dir, it.File))
				if err := os.WriteFile(filepath.Join(dir, it.File), bytesOf(t, it.Image), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want := []string{name + ".sparse.img"}
			if c.limit > 0 {
				want = []string{name + ".sparse.1.img", name + ".sparse.2.img"}
			}
			if len(args) < len(want) || filepath.Base(args[0]) != want[0] || filepath.Base(args[len(want)-1]) != want[len(want)-1] || end != row.End() {
				t.Fatalf("%s: files %q, to 0x%x", name, args, end)
			}
			out := filepath.Join(dir, "out")
			if text, err := exec.Command(tool, append(args, out)...).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %s", name, err, text)
			}
			got, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, bytesOf(t, c.phone.Image(name))) {
				t.Errorf("%s: simg2img makes other bytes of it", name)
			}
		}
		if named := scatterFiles(t, p)[c.rows[0]]; named != c.rows[0]+".img" {
			t.Errorf("the scatter names %q", named)
		}
	}
}

func TestSparseKinds(t *testing.T) {
	p := planCopies(t, imgtest.MT6765(), Wishes{Skip: []string{"system"}}, Copies{Sparse: true})
	files := ofKind(p, "sparse")
	for _, name := range []string{"boot.sparse.img", "nvram.sparse.bin", "lk.sparse.img", "system.sparse.img"} {
		if _, ok := files[name]; ok {
			t.Errorf("%s was planned", name)
		}
	}
	if _, ok := files["vendor.sparse.img"]; !ok {
		t.Errorf("no vendor.sparse.img in %d", len(files))
	}
	// A partition of odd length is told of, not padded past its end.
	phone := imgtest.MT6592()
	for i := range phone.Rows {
		if r := &phone.Rows[i]; r.Name == "CACHE" {
			r.Length -= 512
		}
	}
	p = planCopies(t, phone, Wishes{}, Copies{Sparse: true})
	if _, ok := ofKind(p, "sparse")["cache.sparse.img"]; ok || flash.Worst(p.Problems) > flash.Note {
		t.Errorf("sparse %v, problems %v", ok, p.Problems)
	}
	if !slices.ContainsFunc(p.Problems, func(q flash.Problem) bool { return q.Place == "CACHE" }) {
		t.Error("nothing is said")
	}
}

func TestCopiesStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := makePlan(t, imgtest.MT6765(), Wishes{})
	var events, last int64
	err := p.AddCopies(ctx, Copies{Sparse: true}, func(e flash.Event) {
		if events++; events == 2 {
			cancel()
		}
		if e.Total <= 0 || e.Done <= last || e.Done > e.Total {
			t.Errorf("event %+v after %d", e, last)
		}
		last = e.Done
	})
	if !errors.Is(err, context.Canceled) || events != 2 {
		t.Errorf("%v after %d events", err, events)
	}
	if err := makePlan(t, imgtest.MT6765(), Wishes{}).AddCopies(t.Context(), Copies{Sparse: true, SparseSize: 4096}, nil); err == nil {
		t.Error("sparse files of 4096 bytes were planned")
	}
}

// TestCopiedNames: a partition called like a copy keeps its name.
func TestCopiedNames(t *testing.T) {
	phone := imgtest.MT6592()
	for i := range phone.Rows {
		if phone.Rows[i].Name == "LOGO" {
			phone.Rows[i].File = "boot.trimmed.img"
		}
	}
	p := planCopies(t, phone, Wishes{}, Copies{Trim: true})
	var names []string
	for _, o := range p.Outputs() {
		names = append(names, o.Name)
	}
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) || !slices.Contains(names, "boot.trimmed_2.img") {
		t.Errorf("%q", names)
	}
}
