package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"

	"github.com/mtkkit/mtkkit/flash"
)

// packers compress b as one stream.
var packers = map[string]func(t *testing.T, b []byte) []byte{
	"zst": func(t *testing.T, b []byte) []byte {
		return pack(t, b, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
	},
	"gz": func(t *testing.T, b []byte) []byte {
		return pack(t, b, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
	},
	"xz": func(t *testing.T, b []byte) []byte {
		return pack(t, b, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) })
	},
	"lz4": func(t *testing.T, b []byte) []byte {
		return pack(t, b, func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil })
	},
}

func pack(t *testing.T, b []byte, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := open(&out)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestStreams(t *testing.T) {
	want := sample()
	for ext, pack := range packers {
		// The name says nothing: only the bytes do. Two streams in a row are one dump.
		packed := append(pack(t, want[:1<<20]), pack(t, want[1<<20:])...)
		s := open(t, write(t, "ROM_1", packed), Options{})
		if !s.Unpacked || flash.Worst(s.Problems) != flash.Note || !says(s.Problems, flash.Note, "unpacked to 2.0 MiB in a temporary file in /") {
			t.Errorf("%s: unpacked %v, problems %v", ext, s.Unpacked, s.Problems)
		}
		walk(t, s.Parts[0].Image, bytes.NewReader(want))

		piped := open(t, Stdin, Options{Stdin: io.LimitReader(bytes.NewReader(packed), 1<<40)})
		walk(t, piped.Parts[0].Image, bytes.NewReader(want))
		if !piped.Unpacked {
			t.Errorf("%s from a pipe: not unpacked", ext)
		}
	}
}

// What other people's tools write is read.
func TestStreamTools(t *testing.T) {
	want := sample()
	for _, args := range [][]string{
		{"gzip", "-c"}, {"xz", "-9", "-c"}, {"xz", "-T2", "--block-size=500KiB", "-c"}, {"lz4", "-c"}, {"lz4", "-l", "-c"}, {"lz4", "-B4", "-BD", "--content-size", "-c"},
		{"zstd", "-q", "-c"}, {"zstd", "-q", "--long=27", "-c"}, {"pzstd", "-q", "-c", "-p", "2"}, {"bzip2", "-c"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			if _, err := exec.LookPath(args[0]); err != nil {
				t.Skipf("%s is not installed", args[0])
			}
			cmd := exec.Command(args[0], append(args[1:], write(t, "ROM_1", want))...)
			packed, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			s := open(t, write(t, "packed", packed), Options{})
			if flash.Worst(s.Problems) != flash.Note {
				t.Error(s.Problems)
			}
			walk(t, s.Parts[0].Image, bytes.NewReader(want))
		})
	}
}

// A stream that breaks off is a dump that is cut: what came out is kept and told.
func TestBrokenStream(t *testing.T) {
	want := sample()
	for ext, pack := range packers {
		whole := append(pack(t, want[:1<<20]), pack(t, want[1<<20:])...)
		for _, cut := range []int{len(whole) - 1, len(whole) - 4, len(whole) - 8, len(whole) - 1000} {
			s := open(t, write(t, "ROM_1", whole[:cut]), Options{})
			img := s.Parts[0].Image
			if flash.Worst(s.Problems) != flash.Error || !says(s.Problems, flash.Error, "breaks off") {
				t.Errorf("%s cut at %d: problems %v", ext, cut, s.Problems)
			}
			got, err := flash.ReadFull(img, 0, int(img.Size()))
			if err != nil || len(got) < 1<<20 || !bytes.HasPrefix(want, got) {
				t.Errorf("%s cut at %d: %d bytes, %v", ext, cut, len(got), err)
			}
		}
	}
	// A stream with a wrong sum gave everything, only not all of it right.
	gz := packers["gz"](t, want)
	gz[len(gz)-8]++
	s := open(t, write(t, "ROM_1.gz", gz), Options{})
	if !says(s.Problems, flash.Error, "checksum of the compressed stream is wrong") {
		t.Error(s.Problems)
	}
	walk(t, s.Parts[0].Image, bytes.NewReader(want))
}

func TestNothingLeftBehind(t *testing.T) {
	for ext, pack := range packers {
		path, tmp := write(t, "ROM_1."+ext, pack(t, sample())), t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := Open(ctx, path, Options{TempDir: tmp}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s cancelled: %v", ext, err)
		}
		// Cancelled on the way: the first megabytes are on the disk by then.
		ctx, cancel = context.WithCancel(context.Background())
		in := &callback{r: bytes.NewReader(pack(t, sample())), after: 20 << 10, call: cancel}
		if _, err := Open(ctx, Stdin, Options{TempDir: tmp, Stdin: in}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s cancelled on the way: %v", ext, err)
		}
		if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

// callback is a reader that calls once so many bytes were read.
type callback struct {
	r     io.Reader
	after int
	call  func()
}

func (c *callback) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.after -= n; c.after < 0 {
		c.call()
	}
	return n, err
}

func TestProgress(t *testing.T) {
	const size = 130 << 20
	var last flash.Event
	n := 0
	packed := pack(t, nil, func(w io.Writer) (io.WriteCloser, error) {
		z, err := zstd.NewWriter(w)
		if err == nil {
			_, err = io.CopyN(z, zeros{}, size)
		}
		return z, err
	})
	s := open(t, write(t, "ROM_1.zst", packed), Options{Progress: func(e flash.Event) { last, n = e, n+1 }})
	if want := (flash.Event{Op: "unpack", Name: "ROM_1.zst", Done: 128 << 20}); last != want || n != 2 {
		t.Errorf("%d events, the last %+v, want 2 and %+v", n, last, want)
	}
	if d, err := flash.NextData(s.Parts[0].Image, 0); err != nil || d.Length > 1<<20 {
		t.Skipf("this file system has no holes: data at %v, %v", d, err)
	}
}

// zeros is /dev/zero.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A few KB that become more than any phone holds are refused, and cost no disk on the
// way; a full disk is an error of ours, not a break of the stream.
func TestBomb(t *testing.T) {
	tmp, err := newTemporary(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer tmp.Close()
	n, err := copySparse(context.Background(), tmp.f, zeros{}, 100<<20, func(int64) {})
	if err == nil || !strings.Contains(err.Error(), "unpacks to more than 100 MiB") {
		t.Errorf("%d bytes, %v", n, err)
	}
	if st, err := tmp.f.Stat(); err != nil || st.Size() != 0 {
		t.Errorf("zeros were written: %v, %v", st.Size(), err)
	}
	full := errors.New("no space left on device")
	_, err = copySparse(context.Background(), failing{full}, bytes.NewReader(sample()), maxUnpacked, func(int64) {})
	var broken *streamError
	if !errors.Is(err, full) || errors.As(err, &broken) {
		t.Errorf("full disk: %v", err)
	}
}

type failing struct{ err error }

func (f failing) WriteAt([]byte, int64) (int, error) { return 0, f.err }

// A disk that is really full: nothing is kept, and nothing opened.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small file system can be mounted: %v: %s", err, out)
	}
	defer exec.Command("umount", dir).Run()
	var rnd bytes.Buffer
	for range 40 {
		rnd.Write(sample()[:50<<10])
	}
	_, err := Open(context.Background(), write(t, "ROM_1.gz", packers["gz"](t, rnd.Bytes())), Options{TempDir: dir})
	if err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("full disk: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestPipe(t *testing.T) {
	if _, err := Open(context.Background(), Stdin, Options{Stdin: strings.NewReader("")}); err == nil {
		t.Error("an empty standard input was opened")
	}
}
