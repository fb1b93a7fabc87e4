package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func TestRoundTrip(t *testing.T) {
	files := sample()
	for _, level := range []int{0, 3, 19} {
		b := pack(t, outputs(files), Options{Level: level})
		a := open(t, b)
		if len(a.Problems) > 0 {
			t.Errorf("level %d: %v", level, a.Problems)
		}
		var got []string
		for i, members := 0, a.Members(); i < len(members); i++ {
			m := &members[i]
			got = append(got, m.Name)
			want := files[m.Name]
			if sum := sha256.Sum256(want); m.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("%s: sum %s", m.Name, m.SHA256)
			}
			if level == 0 {
				t.Run(m.Name, func(t *testing.T) { flashtest.TestImage(t, a.Image(m), want) })
			} else if b, err := content(a, m.Name); !bytes.Equal(b, want) || err != nil {
				t.Errorf("%s at level %d: differs, %v", m.Name, level, err)
			}
		}
		if !slices.Equal(got, names(files)) {
			t.Errorf("members %q", got)
		}
		if r := verify(t, a); !r.OK || len(r.Problems) > 0 || r.Members != len(files) {
			t.Errorf("verify: %+v", r)
		}
	}
}

// The same bytes make the same archive, however many work on it and wherever the
// holes are known from.
func TestWriterIsDeterministic(t *testing.T) {
	files := sample()
	want := pack(t, outputs(files), Options{Workers: 1})
	if got := pack(t, outputs(files), Options{Workers: 5}); !bytes.Equal(got, want) {
		t.Error("five workers write another archive than one")
	}
	outs := outputs(files)
	for i, o := range outs {
		img := imgtest.NewSparse(o.Image.Size())
		b := files[o.Name]
		for off := 0; off < len(b); off += grain {
			if g := b[off:min(off+grain, len(b))]; !flash.IsZero(g) {
				img.Put(int64(off), g)
			}
		}
		outs[i].Image = img
	}
	if got := pack(t, outs, Options{}); !bytes.Equal(got, want) {
		t.Error("an image that knows its holes makes another archive")
	}
}

func TestHoles(t *testing.T) {
	a := open(t, pack(t, outputs(sample()), Options{}))
	for _, c := range []struct {
		name   string
		holes  bool
		chunks int
	}{
		{"a_empty.bin", false, 0}, {"f_holes.img", true, 3}, {"g_tail.img", true, 1}, {"h_zeros.img", true, 0},
		{"i_shortgap.img", false, 1}, {"d_random.img", false, 2}, {"e_window.img", false, 1},
	} {
		m := a.Member(c.name)
		if m.sparse() != c.holes || len(m.Chunks) != c.chunks {
			t.Errorf("%s: holes %v, %d chunks: %v", c.name, m.sparse(), len(m.Chunks), m.Data)
		}
	}
}

func TestOmitZero(t *testing.T) {
	outs := []flash.Output{
		{Name: "gap.bin", Image: bytes.NewReader(make([]byte, 100000)), OmitZero: true},
		{Name: "gap2.bin", Image: bytes.NewReader([]byte{0, 1}), OmitZero: true},
		{Name: "zero.bin", Image: bytes.NewReader(make([]byte, 100000))},
	}
	w, _ := NewWriter(io.Discard, Options{})
	r, err := w.Copy(context.Background(), outs)
	if err != nil || !r[0].Omitted || r[0].SHA256 != "" || r[1].Omitted || r[2].Omitted || !r[2].Zero {
		t.Errorf("%+v, %v", r, err)
	}
	if a := open(t, pack(t, outs, Options{})); a.Member("gap.bin") != nil || a.Member("zero.bin") == nil {
		t.Errorf("members %+v", a.Members())
	}
}

// What looks encrypted is stored as it is, what does not is compressed.
func TestRawChunks(t *testing.T) {
	random := noise("key", 4*mib)
	half := append(random[:2*mib:2*mib], bytes.Repeat([]byte("text"), mib/2)...)
	a := open(t, pack(t, []flash.Output{{Name: "r", Image: bytes.NewReader(random)}, {Name: "h", Image: bytes.NewReader(half)}}, Options{}))
	if n := a.Member("r").Chunks[0].Packed; n < int64(len(random)) || n > int64(rawLen(len(random))) {
		t.Errorf("random bytes take 0x%x", n)
	}
	if n := a.Member("h").Chunks[0].Packed; n > 3*mib {
		t.Errorf("half random bytes take 0x%x", n)
	}
}

// failing is an image that cannot be read at a place.
type failing struct {
	flash.Image
	at int64
}

var errBroken = errors.New("broken disk")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off <= f.at && f.at < off+int64(len(p)) {
		return 0, errBroken
	}
	return f.Image.ReadAt(p, off)
}

func TestWriterFails(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	good := flash.Output{Name: "good", Image: bytes.NewReader(noise("g", 9*mib))}
	late := imgtest.NewSparse(20 * mib) // the first read of it is that of the packer
	late.Put(16*mib, []byte{1})
	for _, c := range []struct {
		name string
		ctx  context.Context
		out  io.Writer
		last flash.Output
		want error
	}{
		{"read error in the scan", t.Context(), io.Discard, flash.Output{Name: "x", Image: failing{good.Image, 5 * mib}}, errBroken},
		{"read error in the packer", t.Context(), io.Discard, flash.Output{Name: "x", Image: failing{late, 16 * mib}}, errBroken},
		{"short image", t.Context(), io.Discard, flash.Output{Name: "x", Image: longer{bytes.NewReader([]byte{1})}}, io.ErrUnexpectedEOF},
		{"write error", t.Context(), &limited{n: 3 * mib}, good, errFull},
		{"cancelled", ctx, io.Discard, good, context.Canceled},
	} {
		w, err := NewWriter(c.out, Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		last := c.last
		last.Name = "last"
		if _, err := w.Copy(c.ctx, []flash.Output{good, last}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := w.Finish(); err == nil {
			t.Errorf("%s: finished", c.name)
		}
	}
	w, _ := NewWriter(io.Discard, Options{})
	if _, err := w.Copy(t.Context(), []flash.Output{{Name: "../x", Image: good.Image}}); err == nil {
		t.Error("a name that leaves the folder was taken")
	}
}

// longer says that it has more bytes than there are.
type longer struct{ flash.Image }

func (l longer) Size() int64 { return l.Image.Size() + 5 }

// limited is a disk that is full after n bytes.
type limited struct{ n int }

var errFull = errors.New("no space left")

func (l *limited) Write(b []byte) (int, error) {
	if l.n -= len(b); l.n < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestOpenOthers(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("hello"), make([]byte, 5000), pack(t, nil, Options{})[8:], appendRaw(nil, make([]byte, 1024))} {
		if _, err := Open(bytes.NewReader(b)); !errors.Is(err, flash.ErrNotThis) {
			t.Errorf("%.20q: %v", b, err)
		}
	}
	if a := open(t, pack(t, nil, Options{})); len(a.Members()) != 0 || len(a.Problems) != 0 {
		t.Errorf("an archive of nothing: %+v", a)
	}
}

// A damaged byte costs the 4 MiB it is in, and is named; everything else is there.
func TestDamage(t *testing.T) {
	files := sample()
	b := pack(t, outputs(files), Options{})
	m := open(t, b).Member("f_holes.img")
	b[m.Chunks[1].at+m.Chunks[1].Packed/2] ^= 0x10
	a := open(t, b)
	r := verify(t, a)
	if r.OK || len(r.Problems) != 1 || r.Problems[0].Place != "f_holes.img" || r.Problems[0].Offset != 4*mib ||
		!strings.Contains(r.Problems[0].Text, "its range 0x400000..0x800000 (4 MiB) is lost") {
		t.Errorf("%+v", r.Problems)
	}
	for _, n := range names(files) {
		got, err := content(a, n)
		if n != "f_holes.img" {
			if err != nil || !bytes.Equal(got, files[n]) {
				t.Errorf("%s: %v", n, err)
			}
			continue
		}
		var lost *ChunkError
		if !errors.As(err, &lost) || lost.Extent != (flash.Extent{Offset: 4 * mib, Length: 4 * mib}) {
			t.Errorf("%v", err)
		}
		var holes []flash.Extent
		img := a.Salvage(a.Member(n), func(e flash.Extent, err error) { holes = append(holes, e) })
		if _, err := img.ReadAt(got, 0); err != nil || len(holes) != 1 || holes[0] != lost.Extent {
			t.Errorf("salvage: %v, %v", holes, err)
		}
		want := bytes.Clone(files[n])
		clear(want[4*mib : 8*mib])
		if !bytes.Equal(got, want) {
			t.Error("what was salvaged is not the rest")
		}
	}
}

// No byte of a small archive can change unnoticed. A few bits mean nothing to a zstd
// decoder; with those everything comes out as it was.
func TestEveryByteIsProven(t *testing.T) {
	files := map[string][]byte{"a": []byte("alpha"), "b": bytes.Repeat([]byte("beta"), 40000)}
	good := pack(t, outputs(files), Options{})
	for i := 0; i < len(good); i += 7 {
		b := bytes.Clone(good)
		b[i] ^= 1
		a, err := Open(bytes.NewReader(b))
		if err != nil {
			continue
		}
		r := verify(t, a)
		for n, want := range files {
			if got, err := content(a, n); r.OK && len(r.Problems) == 0 && (err != nil || !bytes.Equal(got, want)) {
				t.Fatalf("byte 0x%x of 0x%x is flipped: verify has nothing to say, and %s differs", i, len(good), n)
			}
		}
		a.Close()
	}
}
