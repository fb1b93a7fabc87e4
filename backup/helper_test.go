package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

const mib = 1 << 20

var created = time.Unix(1_700_000_000, 0)

// noise is n bytes that look encrypted.
func noise(label string, n int) []byte {
	seed := sha256.Sum256([]byte(label))
	b := make([]byte, n)
	rand.NewChaCha8(seed).Read(b)
	return b
}

// sample is a set of members that has one of every kind.
func sample() map[string][]byte {
	text := bytes.Repeat([]byte("a scatter file has many lines like this one\n"), 2000)
	holey := make([]byte, 11*mib+700)
	copy(holey[100:], text)
	copy(holey[5*mib-300:], noise("middle", 70000))
	holey[len(holey)-1] = 1
	mostly := make([]byte, 9*mib)
	copy(mostly[3*mib:], text)
	return map[string][]byte{
		"a_empty.bin":    {},
		"b_byte.bin":     {7},
		"c_text.txt":     text,
		"d_random.img":   noise("random", 4*mib+513),
		"e_window.img":   bytes.Repeat([]byte("0123456789abcdef"), 4*mib/16),
		"f_holes.img":    holey,
		"g_tail.img":     mostly,
		"h_zeros.img":    make([]byte, 3*mib+17),
		"i_shortgap.img": append(append(noise("x", 8192), make([]byte, 32<<10)...), noise("y", 8192)...),
		"j_größe.img":    text[:1000],
		"k_a very long name that does not fit into the hundred bytes which the header of a tar archive has for it.img": text[:5],
		"regions/ROM_1": text[:600],
	}
}

// names lists the members of a sample in their order.
func names(files map[string][]byte) (out []string) {
	for n := range files {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// outputs makes what a plan would.
func outputs(files map[string][]byte) (out []flash.Output) {
	for _, n := range names(files) {
		out = append(out, flash.Output{Name: n, Image: bytes.NewReader(files[n])})
	}
	return out
}

// pack makes an archive.
func pack(t testing.TB, outs []flash.Output, opt Options) []byte {
	t.Helper()
	var b bytes.Buffer
	opt.Created = created
	w, err := NewWriter(&b, opt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Copy(context.Background(), outs); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// open opens an archive for the time of the test.
func open(t testing.TB, b []byte) *Archive {
	t.Helper()
	a, err := Open(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// content reads a member.
func content(a *Archive, name string) ([]byte, error) {
	m := a.Member(name)
	b := make([]byte, m.Size)
	_, err := a.Image(m).ReadAt(b, 0)
	return b, err
}

// verify gives the verdict on an archive.
func verify(t testing.TB, a *Archive) *Verification {
	t.Helper()
	r, err := a.Verify(context.Background(), VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// data makes a list of extents from offsets and lengths.
func data(n ...int64) (out []flash.Extent) {
	for i := 0; i+1 < len(n); i += 2 {
		out = append(out, flash.Extent{Offset: n[i], Length: n[i+1]})
	}
	return out
}
