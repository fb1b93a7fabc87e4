package split

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestSplitFolder(t *testing.T) {
	for _, opt := range []Options{{}, {NoHoles: true}, {NoHash: true}, {NoHash: true, NoHoles: true}, {Workers: 1}, {Workers: 5}, {NoSync: true}} {
		t.Run(fmt.Sprintf("%+v", opt), func(t *testing.T) {
			d := newDump(3)
			dir := filepath.Join(t.TempDir(), "deep", "p")
			results := d.split(t, dir, opt)
			got := tree(t, dir)
			want := map[string]bool{flash.ManifestName: true, "scatter.txt": true}
			for i, r := range results {
				e := d.m.Entries[i]
				b := d.b[e.Offset:e.End()]
				if r.Name != d.outputs[i].Name || r.Size != e.Length {
					t.Errorf("result %d is %+v", i, r)
				}
				if e.Kind == "gap" {
					if !r.Zero || !r.Omitted || e.File != "" || !e.Zero || r.SHA256 != "" {
						t.Errorf("an empty gap gives %+v, %+v", r, e)
					}
					continue
				}
				want[r.Name] = true
				if got[r.Name] != string(b) {
					t.Errorf("%s holds other bytes", r.Name)
				}
				sum := sha(b)
				if opt.NoHash {
					sum = ""
				}
				if r.SHA256 != sum || e.SHA256 != sum || r.Omitted {
					t.Errorf("%s: %+v, %+v, want sum %q", r.Name, r, e, sum)
				}
			}
			if !opt.NoHash {
				want[flash.SumsName] = true
			}
			for name := range got {
				if !want[name] {
					t.Errorf("%s is there and should not be", name)
				}
				delete(want, name)
			}
			for name := range want {
				t.Errorf("%s is missing", name)
			}
			if _, err := openManifest(dir); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSumsAreAccepted(t *testing.T) {
	tool, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("no sha256sum here: ", err)
	}
	dir := filepath.Join(t.TempDir(), "p")
	d := newDump(4)
	d.add("partition", "-o ß $HOME 'x'.img", 7, 1000)
	d.split(t, dir, Options{})
	run := func() (string, error) {
		cmd := exec.Command(tool, "-c", "--strict", flash.SumsName)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(); err != nil || strings.Count(out, ": OK") != 5 {
		t.Errorf("%v\n%s", err, out)
	}
	write(t, filepath.Join(dir, "boot.img"), []byte("changed"))
	if out, err := run(); err == nil {
		t.Errorf("sha256sum proves nothing here:\n%s", out)
	}
}

// Outputs of every alignment, of holes known and unknown, come out as they went in,
// whether hashed on the same goroutine or beside.
func TestCopyShapes(t *testing.T) {
	hole := &holey{size: 5<<20 + 77, data: []stretch{
		{0, noise(1, 5)}, {4095, noise(2, 2)}, {1<<20 + 3, patchwork(3, 1<<20)}, {3 << 20, make([]byte, 300<<10)}, {5<<20 + 70, noise(4, 7)}}}
	whole := make([]byte, hole.size)
	if _, err := hole.ReadAt(whole, 0); err != nil {
		t.Fatal(err)
	}
	extents := []flash.Extent{{Offset: 0, Length: hole.size}, {Offset: 0, Length: 0}, {Offset: 1, Length: 1},
		{Offset: 4095, Length: 4097}, {Offset: 512, Length: 3<<20 + 511}, {Offset: 100, Length: 900 << 10}, {Offset: 1<<20 + 3, Length: 256 << 10}}
	for _, opt := range []Options{{}, {NoHoles: true}, {NoHash: true}, {Workers: 1}} {
		var outputs []flash.Output
		for i, e := range extents {
			outputs = append(outputs, flash.Output{Name: fmt.Sprint(i), Image: flash.Slice(hole, e)})
		}
		dir := filepath.Join(t.TempDir(), "p")
		f, err := Create(t.Context(), dir, outputs, nil, opt)
		if err != nil {
			t.Fatal(err)
		}
		results, err := f.Copy(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := tree(t, dir)
		for i, e := range extents {
			want, r := whole[e.Offset:e.End()], results[i]
			if got[r.Name+partSuffix] != string(want) {
				t.Errorf("%+v: %v holds other bytes", opt, e)
			}
			if !opt.NoHash && r.SHA256 != sha(want) {
				t.Errorf("%+v: %v has another sum", opt, e)
			}
			if data := dataGrains(want); !opt.NoHoles && r.DataBytes != data || opt.NoHoles && r.DataBytes != e.Length {
				t.Errorf("%+v: %v: 0x%x bytes written, 0x%x are not zero", opt, e, r.DataBytes, data)
			}
			if r.Zero != (len(bytes.Trim(want, "\x00")) == 0) || r.Omitted {
				t.Errorf("%+v: %v: %+v", opt, e, r)
			}
		}
		if err := f.Abandon(); err != nil {
			t.Error(err)
		}
	}
}

// dataGrains counts the bytes in grains that are not all zero.
func dataGrains(b []byte) (n int64) {
	for ; len(b) > 0; b = b[min(grain, len(b)):] {
		if g := b[:min(grain, len(b))]; len(bytes.Trim(g, "\x00")) > 0 {
			n += int64(len(g))
		}
	}
	return n
}

// faulty is an image that goes wrong at one place.
type faulty struct {
	flash.Image
	at    int64
	err   error  // what it returns there; nil: a short read without a word
	touch func() // called there, when set
}

func (f *faulty) ReadAt(p []byte, off int64) (int, error) {
	if off <= f.at && f.at < off+int64(len(p)) {
		if f.touch != nil {
			f.touch()
			return f.Image.ReadAt(p, off)
		}
		n, _ := f.Image.ReadAt(p[:f.at-off], off)
		return n, f.err
	}
	return f.Image.ReadAt(p, off)
}

func TestBadReads(t *testing.T) {
	broken := errors.New("the disk is dying")
	for _, fault := range []error{broken, nil, io.EOF} {
		for _, opt := range []Options{{}, {NoHash: true}, {Workers: 1}} {
			dir := filepath.Join(t.TempDir(), "p")
			img := &faulty{Image: image(noise(1, 4<<20)), at: 3<<20 + 5, err: fault}
			f, err := Create(t.Context(), dir, []flash.Output{{Name: "a", Image: image(noise(2, 1000))}, {Name: "b", Image: img}}, nil, opt)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.Copy(t.Context())
			want := fault
			if fault != broken {
				want = io.ErrUnexpectedEOF
			}
			if !errors.Is(err, want) || !strings.Contains(err.Error(), "0x300000") || !strings.Contains(err.Error(), "b: ") {
				t.Errorf("%v: got %v", fault, err)
			}
			if _, err := os.Stat(filepath.Join(dir, "b")); err == nil {
				t.Error("what was not read got its name")
			}
			if err := f.Finish(&flash.Manifest{Schema: flash.ManifestSchema}); err == nil {
				t.Error("it could be finished")
			}
			if err := f.Abandon(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("the folder is still there")
			}
		}
	}
}

// full is a file on a disk that has room for so many bytes, and then has none.
type full struct {
	outFile
	mu         *sync.Mutex
	room       *int
	err        error
	sync, shut error
	short      bool
}

func (f *full) WriteAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	*f.room -= len(p)
	room := *f.room
	f.mu.Unlock()
	if room < 0 {
		if f.short {
			return len(p) / 2, nil
		}
		return 0, f.err
	}
	return f.outFile.WriteAt(p, off)
}

func (f *full) Sync() error {
	if f.sync != nil {
		return f.sync
	}
	return f.outFile.Sync()
}

func (f *full) Close() error { return errors.Join(f.outFile.Close(), f.shut) }

func TestBadWrites(t *testing.T) {
	bad := errors.New("no space left on device")
	for name, fault := range map[string]full{
		"write": {err: bad}, "short write": {short: true}, "sync": {sync: bad}, "close": {shut: bad},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "p")
			d := newDump(5)
			f, err := Create(t.Context(), dir, d.outputs, nil, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			room := 1 << 20
			if fault.sync != nil || fault.shut != nil {
				room = 1 << 30
			}
			f.openFile = func(path string) (outFile, error) {
				out, err := openOwn(path)
				if err != nil {
					return nil, err
				}
				w := fault
				w.outFile, w.mu, w.room = out, &mu, &room
				return &w, nil
			}
			if _, err = f.Copy(t.Context()); err == nil {
				t.Fatal("no error")
			}
			if !fault.short && !errors.Is(err, bad) {
				t.Errorf("got %v", err)
			}
			if err := f.Abandon(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("the folder is still there")
			}
		})
	}
}

func TestCancel(t *testing.T) {
	for _, opt := range []Options{{}, {NoHash: true}, {Workers: 1}} {
		dir := filepath.Join(t.TempDir(), "p")
		ctx, cancel := context.WithCancel(t.Context())
		reads := 0
		img := &faulty{Image: image(noise(1, 16<<20)), at: 2 << 20, touch: cancel}
		counted := &counter{Image: img, n: &reads}
		f, err := Create(t.Context(), dir, []flash.Output{{Name: "a", Image: counted}}, nil, opt)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Copy(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if most := 2<<20/blockSize + 1; reads > most {
			t.Errorf("%d blocks were read, at most %d before the word to stop", reads, most)
		}
		if err := f.Abandon(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Error("the folder is still there")
		}
	}
}

type counter struct {
	flash.Image
	n *int
}

func (c *counter) ReadAt(p []byte, off int64) (int, error) {
	*c.n++
	return c.Image.ReadAt(p, off)
}

// Hashing a hole is work too, and can be stopped.
func TestCancelInHole(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newSum(nil)
	if err := s.write(ctx, []byte("data")); err != nil {
		t.Fatal(err)
	}
	s.hole(1 << 50)
	cancel()
	if _, err := s.hex(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// 64 GiB with 20 MiB of data: nothing is read of the holes, and memory stays small.
func TestHugeSparse(t *testing.T) {
	const size = 64 << 30
	img := &holey{size: size, data: []stretch{{0, patchwork(1, 1<<20)}, {100 << 20, noise(2, 16<<20)}, {2 << 30, noise(3, 1<<20)}, {size - 33*512, noise(4, 33*512)}}}
	e := func(from, to int64) flash.Image {
		return flash.Slice(img, flash.Extent{Offset: from, Length: to - from})
	}
	outputs := []flash.Output{{Name: "pgpt", Image: e(0, 1<<20)}, {Name: "boot.img", Image: e(100<<20, 132<<20)},
		{Name: "system.img", Image: e(2<<30, 2<<30+300<<20)}, {Name: "userdata.img", Image: e(4<<30, size-1<<20)}, {Name: "sgpt", Image: e(size-1<<20, size)}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	dir := filepath.Join(t.TempDir(), "p")
	f, err := Create(t.Context(), dir, outputs, nil, Options{})
	if err != nil {
		if flash.AsRefusal(err) != nil {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	defer f.Abandon()
	results, err := f.Copy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%v were allocated", flash.Size(grown))
	}
	var data int64
	for i, r := range results {
		data += r.DataBytes
		st, err := os.Stat(filepath.Join(dir, r.Name+partSuffix))
		if err != nil || st.Size() != outputs[i].Image.Size() {
			t.Errorf("%s: %v, %v", r.Name, st, err)
		}
	}
	if data > 20<<20 {
		t.Errorf("%v were written", flash.Size(data))
	}
	if u := results[3]; !u.Zero || u.DataBytes != 0 || u.SHA256 == "" {
		t.Errorf("userdata: %+v", u)
	}
}

func TestNoAllocationPerBlock(t *testing.T) {
	img := &holey{size: 64 << 20, data: []stretch{{0, patchwork(1, 64<<20)}}}
	out, err := createFile(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	buf := make([]byte, blockSize)
	for _, aside := range []bool{false, true} {
		n := testing.AllocsPerRun(2, func() {
			m := mover{ctx: t.Context(), src: img, dst: out, sum: newSum(nil), beside: aside, buf: buf}
			if err := m.pass(out); err != nil {
				t.Fatal(err)
			}
		})
		if n > 40 { // 256 blocks are moved; what is left is set up once
			t.Errorf("beside %v: %v allocations", aside, n)
		}
	}
}
