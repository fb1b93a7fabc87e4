package parity

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func noise(seed uint64, n int) []byte {
	r := rand.NewChaCha8([32]byte{byte(seed), 1})
	b := make([]byte, n)
	r.Read(b)
	return b
}

// sample is a file of 301 blocks, the last one short, with a range of zeros: four
// stripes.
func sample() []byte {
	b := noise(1, 300*blockSize+777)
	clear(b[40*blockSize : 60*blockSize])
	return b
}

// protected writes b to a file and makes its sidecar.
func protected(t testing.TB, b []byte, percent int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "phone.tar.zst")
	check(t, os.WriteFile(path, b, 0o666))
	check(t, create(t.Context(), path, percent))
	return path
}

// create makes the sidecar of a file, in place of an older one.
func create(ctx context.Context, path string, percent int) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.Create(path + Suffix)
	if err != nil {
		return err
	}
	return errors.Join(Write(ctx, in, st.Size(), out, Options{Percent: percent}), out.Close())
}

// edit changes a file in place.
func edit(t testing.TB, path string, do func(b []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	check(t, err)
	check(t, os.WriteFile(path, do(b), 0o666))
}

func TestRepair(t *testing.T) {
	flip := func(at ...int) func([]byte) []byte {
		return func(b []byte) []byte {
			for _, i := range at {
				b[i] ^= 1
			}
			return b
		}
	}
	good := sample()
	for _, c := range []struct {
		name          string
		file, sidecar func([]byte) []byte
		damaged       int  // runs
		lost          bool // it is too much
		says          string
	}{
		{name: "nothing"},
		{name: "one bit", file: flip(12345), damaged: 1},
		{name: "the last byte", file: flip(len(good) - 1), damaged: 1},
		{name: "in zeros", file: flip(50 * blockSize), damaged: 1},
		{name: "five in one stripe", file: flip(0, 4*blockSize, 8*blockSize, 12*blockSize, 16*blockSize), damaged: 5},
		{name: "six in one stripe", file: flip(0, 4*blockSize, 8*blockSize, 12*blockSize, 16*blockSize, 20*blockSize), damaged: 6, lost: true},
		{name: "six in two stripes", file: flip(0, 4*blockSize, 8*blockSize, 12*blockSize, 16*blockSize, 21*blockSize), damaged: 6},
		{name: "a run of 20 blocks", file: func(b []byte) []byte { clear(b[100*blockSize : 120*blockSize]); return b }, damaged: 1},
		{name: "a run of 21 blocks", file: func(b []byte) []byte { clear(b[100*blockSize : 121*blockSize]); return b }, damaged: 1, lost: true},
		{name: "cut", file: func(b []byte) []byte { return b[:len(b)-10*blockSize] }, damaged: 1, says: "is cut"},
		{name: "cut too much", file: func(b []byte) []byte { return b[:len(b)/2] }, damaged: 1, lost: true, says: "is cut"},
		{name: "empty", file: func(b []byte) []byte { return nil }, damaged: 1, lost: true},
		{name: "grown", file: func(b []byte) []byte { return append(b, "rest of another"...) }, says: "bytes behind its end"},

		{name: "first header", file: flip(5), sidecar: flip(0x20), damaged: 1, says: "one of three headers"},
		{name: "head of the sidecar", file: flip(5), sidecar: func(b []byte) []byte { clear(b[:3*pageSize]); return b }, damaged: 1, says: "pages of sums"},
		{name: "first and last header", file: flip(5), sidecar: func(b []byte) []byte { clear(b[:pageSize]); clear(b[len(b)-pageSize:]); return b }, damaged: 1, says: "headers"},
		{name: "tail of the sidecar", file: flip(5), sidecar: func(b []byte) []byte { return b[:len(b)-3*pageSize] }, damaged: 1, says: "instead of"},
		{name: "both sums of a page", file: func(b []byte) []byte { return b }, sidecar: func(b []byte) []byte {
			b[pageSize+5]++
			b[len(b)-pageSize-pages*pageSize+5]++
			return b
		}, damaged: 1, lost: true, says: "1 in both"},
		{name: "all parity", sidecar: func(b []byte) []byte { clear(b[(2+pages)*pageSize:][:20*blockSize]); return b }},
		{name: "all parity, and a bit", file: flip(5), sidecar: func(b []byte) []byte { clear(b[(2+pages)*pageSize:][:20*blockSize]); return b }, damaged: 1, lost: true},
		{name: "one parity block, four bits", file: flip(0, 4*blockSize, 8*blockSize, 12*blockSize), sidecar: flip((2 + pages) * pageSize), damaged: 4},
		{name: "one parity block, five bits", file: flip(0, 4*blockSize, 8*blockSize, 12*blockSize, 16*blockSize), sidecar: flip((2 + pages) * pageSize), damaged: 5, lost: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := protected(t, good, 5)
			if c.file != nil {
				edit(t, path, c.file)
			}
			if c.sidecar != nil {
				edit(t, path+Suffix, c.sidecar)
			}
			before, err := os.ReadFile(path)
			check(t, err)

			r, err := Verify(t.Context(), path, path+Suffix, nil)
			check(t, err)
			if len(r.Damaged) != c.damaged || (len(r.Lost) > 0) != c.lost || r.Whole() != (c.damaged == 0) {
				t.Errorf("verify finds damage in %v, lost %v", r.Damaged, r.Lost)
			}
			if said := problemText(r.Problems); !strings.Contains(said, c.says) || c.name == "nothing" && said != "" {
				t.Errorf("problems %q, want words of %q", said, c.says)
			}

			out := filepath.Join(t.TempDir(), "new")
			_, err = Repair(t.Context(), path, path+Suffix, out, nil)
			if c.lost {
				var much *TooMuchError
				if !errors.As(err, &much) || len(much.Lost) == 0 {
					t.Errorf("too much damage is told as %v", err)
				}
				if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), "*")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
			} else {
				check(t, err)
				if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, good) {
					t.Errorf("what was repaired is not the file: %v", err)
				}
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
				t.Error("the file itself was changed")
			}
		})
	}
}

// pages of sums of the sample: 301 blocks and 20 of parity.
const pages = 3

func problemText(ps []flash.Problem) string {
	var s []string
	for _, p := range ps {
		s = append(s, p.String())
	}
	return strings.Join(s, "\n")
}

// Files of all sizes about a block and a stripe, and all shares of parity.
func TestSizes(t *testing.T) {
	for _, size := range []int{1, blockSize - 1, blockSize, blockSize + 1, 100 * blockSize, 100*blockSize + 1} {
		for _, percent := range []int{1, 5, 50} {
			if percent > 1 && size > 2*blockSize {
				continue
			}
			b := noise(uint64(size), size)
			path := protected(t, b, percent)
			edit(t, path, func(b []byte) []byte { b[len(b)/2] ^= 0x80; return b })
			out := filepath.Join(t.TempDir(), "new")
			_, err := Repair(t.Context(), path, path+Suffix, out, nil)
			got, _ := os.ReadFile(out)
			if err != nil || !bytes.Equal(got, b) {
				t.Errorf("%d bytes, %d percent: %v", size, percent, err)
			}
			var h header
			h.size, h.parity = int64(size), percent
			if st, err := os.Stat(path + Suffix); err != nil || st.Size() != h.total() {
				t.Errorf("%d bytes, %d percent: sidecar %v", size, percent, st)
			}
		}
	}
}

// Random damage within what is promised is always repaired.
func TestRandomDamage(t *testing.T) {
	good := sample()
	r := rand.New(rand.NewPCG(7, 8))
	for range 5 {
		path := protected(t, good, 5)
		edit(t, path, func(b []byte) []byte {
			for s := range 4 { // up to five blocks of each stripe
				for _, d := range r.Perm(75)[:r.IntN(6)] {
					b[(d*4+s)*blockSize+r.IntN(blockSize)] ^= byte(1 + r.IntN(255))
				}
			}
			return b
		})
		out := filepath.Join(t.TempDir(), "new")
		_, err := Repair(t.Context(), path, path+Suffix, out, nil)
		if got, _ := os.ReadFile(out); err != nil || !bytes.Equal(got, good) {
			t.Errorf("not mended: %v", err)
		}
	}
}

func TestWrongSidecar(t *testing.T) {
	path := protected(t, sample(), 5)
	other := protected(t, noise(9, 300*blockSize+777), 5)
	r, err := Verify(t.Context(), path, other+Suffix, nil)
	check(t, err)
	if len(r.Lost) == 0 {
		t.Error("another file's sidecar finds nothing lost")
	}
	for name, b := range map[string][]byte{"empty": nil, "short": []byte("mtkkit parity 1\n"), "noise": noise(3, 100_000), "zeros": make([]byte, 100_000)} {
		p := filepath.Join(t.TempDir(), "x.par")
		check(t, os.WriteFile(p, b, 0o666))
		if _, err := Verify(t.Context(), path, p, nil); err == nil {
			t.Errorf("%s was taken for a sidecar", name)
		}
	}
	// Sums of one, headers of the other: each page holds, and the whole does not.
	mix, err := os.ReadFile(other + Suffix)
	check(t, err)
	mine, err := os.ReadFile(path + Suffix)
	check(t, err)
	for _, at := range []int{0, (1 + pages) * pageSize, len(mix) - pageSize} {
		copy(mix[at:], mine[at:at+pageSize])
	}
	check(t, os.WriteFile(other+Suffix, mix, 0o666))
	if _, err := Verify(t.Context(), path, other+Suffix, nil); err == nil || !strings.Contains(err.Error(), "two sidecars") {
		t.Errorf("a mixed sidecar: %v", err)
	}
	// Cut within its sums.
	edit(t, path+Suffix, func(b []byte) []byte { return b[:2*pageSize] })
	if _, err := Verify(t.Context(), path, path+Suffix, nil); err == nil || !strings.Contains(err.Error(), "cut within its sums") {
		t.Errorf("a sidecar that is cut: %v", err)
	}
}

// exists reports whether err refuses to write over a file.
func exists(err error) bool {
	no := flash.AsRefusal(err)
	return no != nil && no.Reason == flash.ReasonExists && no.Path != ""
}

func TestRefuses(t *testing.T) {
	path := protected(t, []byte("x"), 5)
	if _, err := Repair(t.Context(), path, path+Suffix, path, nil); !exists(err) {
		t.Errorf("repairing onto the file itself: %v", err)
	}
	for _, percent := range []int{0, -1, 51} {
		if err := create(t.Context(), path, percent); err == nil {
			t.Errorf("%d percent were made", percent)
		}
	}
	empty := filepath.Join(t.TempDir(), "empty")
	check(t, os.WriteFile(empty, nil, 0o666))
	if err := create(t.Context(), empty, 5); err == nil {
		t.Error("an empty file was protected")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := create(ctx, path, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"+partSuffix)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add((&header{parity: 5, size: 12345678}).encode())
	f.Add((&header{parity: 50, size: maxSize}).encode())
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHeader(b)
		if err != nil {
			// The sum guards the fields against chance, not against an attacker: look behind it.
			if len(b) != pageSize {
				return
			}
			fixed := slices.Clone(b)
			copy(fixed, magic)
			s := (&header{}).seal(fixed)
			if h, err = decodeHeader(s); err != nil {
				return
			}
		}
		if h.total() <= 0 || h.headerAt() >= h.total() || h.blocks() <= 0 || h.stripes() <= 0 || h.stripesAtOnce() < 1 {
			t.Fatalf("%+v makes no sense: %d blocks, %d stripes, 0x%x bytes", h, h.blocks(), h.stripes(), h.total())
		}
		if again, err := decodeHeader(h.encode()); err != nil || *again != *h {
			t.Fatalf("%+v is read again as %+v, %v", h, again, err)
		}
	})
}

// FuzzSidecar damages a sidecar anywhere: a damaged file is repaired right, or it is said
// that it is not.
func FuzzSidecar(f *testing.F) {
	good := noise(4, 3*blockSize+5)
	path := protected(f, good, 2)
	side, err := os.ReadFile(path + Suffix)
	check(f, err)
	f.Add(uint32(0), []byte{1}, uint32(100))
	f.Add(uint32(pageSize+3), []byte{1, 2, 3}, uint32(blockSize))
	f.Add(uint32(len(side)-40), []byte("garbage"), uint32(0))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, at uint32, junk []byte, hurt uint32) {
		bad := slices.Clone(side)
		copy(bad[int(at)%len(bad):], junk)
		file := slices.Clone(good)
		file[int(hurt)%len(file)] ^= 0x40
		in, par, out := filepath.Join(dir, "in"), filepath.Join(dir, "in.par"), filepath.Join(dir, "out")
		check(t, os.WriteFile(in, file, 0o666))
		check(t, os.WriteFile(par, bad, 0o666))
		os.Remove(out)
		if _, err := Repair(t.Context(), in, par, out, nil); err != nil {
			return
		}
		if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, good) {
			t.Fatal("what is said to be repaired is not the file")
		}
	})
}
