package split

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// mount makes a file system of size bytes and mounts it for the length of the test.
// It needs root, the mkfs program and a kernel that knows the kind.
func mount(t *testing.T, kind, size string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a file system needs root")
	}
	dir := t.TempDir()
	args := []string{"-t", "tmpfs", "-o", "size=" + size, "none", dir}
	if kind != "tmpfs" {
		img := filepath.Join(t.TempDir(), "disk")
		for _, cmd := range [][]string{{"truncate", "-s", size, img}, {"mkfs." + kind, img}} {
			if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
				t.Skipf("%v: %v: %s", cmd, err, out)
			}
		}
		args = []string{"-t", kind, "-o", "loop", img, dir}
	}
	if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
		t.Skipf("mount %v: %v: %s", args, err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

func TestDiskFull(t *testing.T) {
	dir := mount(t, "tmpfs", "4m")
	b := noise(1, 3<<20)
	outputs := []flash.Output{{Name: "a.img", Image: image(b)}, {Name: "b.img", Image: image(noise(2, 512<<10))}}
	f, err := Create(t.Context(), filepath.Join(dir, "p"), outputs, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "other"), noise(3, 2<<20)) // somebody else fills the disk meanwhile
	if _, err := f.Copy(t.Context()); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if err := f.Abandon(); err != nil {
		t.Error(err)
	}
	if got := tree(t, dir); len(got) != 1 {
		t.Errorf("left over: %d files", len(got))
	}
}

func TestRefuseFAT(t *testing.T) {
	dir := filepath.Join(mount(t, "vfat", "64m"), "p")
	big := &holey{size: 4 << 30}
	_, err := Create(t.Context(), dir, []flash.Output{{Name: "userdata.img", Image: big}}, nil, Options{})
	refusal(t, err, flash.ReasonTooBig)
	// FAT has no holes: what is sparse elsewhere takes its full size here.
	_, err = Create(t.Context(), dir, []flash.Output{{Name: "cache.img", Image: &holey{size: 1 << 30}}}, nil, Options{})
	refusal(t, err, flash.ReasonNoRoom)
	d := newDump(1)
	d.split(t, dir, Options{})
	if got := tree(t, dir); got["boot.img"] != string(d.b[:512<<10]) {
		t.Error("boot.img holds other bytes")
	}
}

func blocks(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Sys().(*syscall.Stat_t).Blocks * 512
}

func TestHolesStayHoles(t *testing.T) {
	img := &holey{size: 40 << 20, data: []stretch{{8 << 20, noise(1, 1<<20)}, {20 << 20, make([]byte, 4<<20)}, {30 << 20, noise(2, 4096)}}}
	for _, opt := range []Options{{}, {NoHash: true}} {
		dir := filepath.Join(t.TempDir(), "p")
		f, err := Create(t.Context(), dir, []flash.Output{{Name: "a", Image: img}}, nil, opt)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Copy(t.Context()); err != nil {
			t.Fatal(err)
		}
		p, err := openPart(dir, "a"+partSuffix)
		if err != nil {
			t.Fatal(err)
		}
		var got []flash.Extent
		for off := int64(0); ; {
			d, err := nextData(p, off)
			if err != nil {
				t.Fatal(err)
			}
			if d.Length == 0 {
				break
			}
			got = append(got, d)
			off = d.End()
		}
		p.Close()
		if len(got) == 1 && got[0].Length == img.size {
			t.Skip("this file system does not tell its holes")
		}
		want := []flash.Extent{{Offset: 8 << 20, Length: 1 << 20}, {Offset: 30 << 20, Length: 4096}}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("data at %v, want %v", got, want)
		}
		if n := blocks(t, filepath.Join(dir, "a"+partSuffix)); n > 1100<<10 {
			t.Errorf("takes %v on the disk", flash.Size(n))
		}
		if err := f.Abandon(); err != nil {
			t.Error(err)
		}
	}
	dir := filepath.Join(t.TempDir(), "p")
	f, err := Create(t.Context(), dir, []flash.Output{{Name: "a", Image: img}}, nil, Options{NoHoles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abandon()
	if _, err := f.Copy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := blocks(t, filepath.Join(dir, "a"+partSuffix)); n < img.size {
		t.Errorf("without holes it takes %v on the disk", flash.Size(n))
	}
}

// Where the file system can, the outputs share the blocks of the dump, and so does
// what is joined from them.
func TestShared(t *testing.T) {
	for _, kind := range []string{"xfs", "btrfs"} {
		t.Run(kind, func(t *testing.T) {
			top := mount(t, kind, "400m")
			d := newDump(7)
			d.b = append(d.b, noise(8, 64<<20+777)...) // and a tail that is no whole block
			d.m.Sources[0].Size = int64(len(d.b))
			d.m.Sources[0].SHA256 = sha(d.b)
			d.add("partition", "big.img", 3<<20, 64<<20+777)
			dumpFile := write(t, filepath.Join(top, "ROM_1"), d.b)
			p, err := openPart(filepath.Split(dumpFile))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			for i, e := range d.m.Entries {
				d.outputs[i].Image = flash.Slice(p, e.Extent)
			}
			for _, opt := range []Options{{}, {NoHash: true}, {NoHash: true, NoHoles: true}} {
				for i := range d.m.Entries { // as before the last Finish
					d.m.Entries[i].File, d.m.Entries[i].Zero, d.m.Entries[i].SHA256 = d.outputs[i].Name, false, ""
				}
				dir := filepath.Join(top, "p")
				check(t, os.RemoveAll(dir)) // without hashes, nothing proves what may be replaced
				results := d.split(t, dir, opt)
				r := results[len(results)-1]
				if !r.Shared || r.DataBytes != 0 {
					t.Errorf("%+v: not shared: %+v", opt, r)
				}
				if got := tree(t, dir); got["big.img"] != string(d.b[3<<20:]) || got["nvram.bin"] != string(d.b[600<<10:1<<20]) {
					t.Errorf("%+v: a file holds other bytes", opt)
				}
				if !opt.NoHash && r.SHA256 != sha(d.b[3<<20:]) {
					t.Errorf("%+v: the sum is wrong", opt)
				}
			}
			rep, err := Join(t.Context(), filepath.Join(top, "p"), filepath.Join(top, "again"), JoinOptions{WholeHash: true})
			if err != nil {
				t.Fatal(err)
			}
			if !rep.Shared || rep.SHA256 != sha(d.b) {
				t.Errorf("joined: %+v", rep)
			}
		})
	}
}

func TestKernelCopy(t *testing.T) {
	b := patchwork(9, 9<<20+123)
	p, err := openPart(filepath.Split(write(t, filepath.Join(t.TempDir(), "ROM_1"), b)))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, e := range []flash.Extent{{Offset: 0, Length: 9<<20 + 123}, {Offset: 511, Length: 5 << 20}} {
		out, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		m := mover{ctx: t.Context(), src: flash.Slice(p, e), dst: out, dense: true}
		from, ok := m.fileBeneath()
		if !ok || from.Extent != e {
			t.Fatalf("the file beneath is %+v, %v", from, ok)
		}
		done, err := m.kernelCopy(from)
		if err != nil {
			t.Fatal(err)
		}
		out.Close()
		if !done {
			t.Skip("the kernel does not copy here")
		}
		if got, err := os.ReadFile(out.Name()); err != nil || string(got) != string(b[e.Offset:e.End()]) {
			t.Errorf("%v: other bytes, %v", e, err)
		}
	}
	// A dump that ends before the plan thinks must not give a shorter file in silence.
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	m := mover{ctx: t.Context(), src: flash.Slice(&partFile{p.file, disk.Sized(20 << 20)}, flash.Extent{Offset: 8 << 20, Length: 4 << 20}), dst: out, dense: true, noClone: new(atomic.Bool), buf: make([]byte, blockSize)}
	if err := m.run(); err == nil {
		t.Error("a cut source was copied without a word")
	}
}
