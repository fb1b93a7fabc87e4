package compare_test

import (
	"archive/zip"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/compare"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func open(t *testing.T, path string) *dump.Dump {
	t.Helper()
	d, err := dump.Open(t.Context(), path, dump.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func written(t *testing.T, write func(string) error) *dump.Dump {
	t.Helper()
	dir := t.TempDir()
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	return open(t, dir)
}

func result(t *testing.T, a, b *dump.Dump) *compare.Result {
	t.Helper()
	r, err := compare.Compare(t.Context(), a, b, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func states(r *compare.Result, of ...compare.State) (out []string) {
	for _, row := range r.Rows {
		if slices.Contains(of, row.State) {
			out = append(out, row.Name)
		}
	}
	return out
}

// Every made phone is equal to itself, and to no other.
func TestPhones(t *testing.T) {
	phones := map[string]*imgtest.Phone{"MT6572": imgtest.SmallMT6572(), "MT6592": imgtest.SmallMT6592(), "MT6765": imgtest.SmallMT6765(), "MT6893": imgtest.SmallMT6893()}
	dumps := map[string]*dump.Dump{}
	for name, p := range phones {
		dumps[name] = written(t, p.WriteDump)
	}
	for a := range phones {
		for b := range phones {
			r := result(t, dumps[a], dumps[b])
			want := compare.OtherModel
			if a == b {
				want = compare.OnePhone
			}
			if r.Equal() != (a == b) || r.Relation != want {
				t.Errorf("%s and %s: equal %v, %s: %v", a, b, r.Equal(), r.Relation, r.Reasons)
			}
		}
	}
}

// The firmware of a phone is its own on either side, and stock but for what the factory left in a
// second slot.
func TestFirmware(t *testing.T) {
	for name, c := range map[string]struct {
		phone   *imgtest.Phone
		changed []string
	}{
		"MT6572": {imgtest.SmallMT6572(), nil},
		"MT6592": {imgtest.SmallMT6592(), nil},
		"MT6765": {imgtest.SmallMT6765(), []string{"scp2"}}, // one file for two partitions that differ
		"MT6893": {imgtest.SmallMT6893(), []string{"md1img_b", "boot_b"}},
	} {
		phone, firmware := written(t, c.phone.WriteDump), written(t, c.phone.WriteFirmware)
		for _, r := range []*compare.Result{result(t, phone, firmware), result(t, firmware, phone)} {
			if r.Relation != compare.OneModel || r.Equal() != (c.changed == nil) {
				t.Errorf("%s: %s, equal %v: %v", name, r.Relation, r.Equal(), r.Reasons)
			}
			if got := states(r, compare.Differs, compare.Moved, compare.Unknown); !slices.Equal(got, c.changed) {
				t.Errorf("%s: changed %v, want %v", name, got, c.changed)
			}
			if r.Package == "" || len(states(r, compare.Equal)) < 5 || r.Phone != compare.UnknownWhether {
				t.Errorf("%s: package %q, %d equal, phone %s", name, r.Package, len(states(r, compare.Equal)), r.Phone)
			}
			for _, row := range r.Rows {
				if row.Kind == flash.KindGap || (row.State == compare.OnlyInA || row.State == compare.OnlyInB) && !r.Lacks(&row) {
					t.Errorf("%s: %s is %s", name, row.Name, row.State)
				}
			}
		}
		if r := result(t, firmware, firmware); !r.Equal() || r.Package != compare.Both || r.Relation != compare.OneModel {
			t.Errorf("%s: a package beside itself: %v, %q, %s", name, r.Equal(), r.Package, r.Relation)
		}
	}
}

// Two dumps are compared to the byte, and proinfo tells whether they are of one phone.
func TestByte(t *testing.T) {
	p := imgtest.SmallMT6765()
	before := written(t, p.WriteDump)
	p.User.Put(p.Row("system").Offset+0x1234, []byte{0x55})
	r := result(t, before, written(t, p.WriteDump))
	i := slices.IndexFunc(r.Rows, func(row compare.Row) bool { return row.Name == "system" })
	if row := r.Rows[i]; row.State != compare.Differs || !slices.Equal(row.Ranges, []flash.Extent{{Offset: 0x1234, Length: 1}}) || row.Sectors != 1 || r.Equal() || r.Phone != compare.Same {
		t.Errorf("system is %+v; %s", row, r.Phone)
	}
	p.User.Put(p.Row("proinfo").Offset, []byte("another"))
	if r = result(t, before, written(t, p.WriteDump)); r.Phone != compare.Another || r.Relation != compare.OneModel {
		t.Errorf("proinfo differs: %s, %s", r.Phone, r.Relation)
	}
}

// androidSparse returns an Android sparse file of an image, which leaves out the blocks from one to
// another.
func androidSparse(img []byte, from, to int) []byte {
	const size = 4096
	le := binary.LittleEndian
	chunk := func(b []byte, kind uint16, blocks int, data []byte) []byte {
		b = le.AppendUint16(le.AppendUint16(b, kind), 0)
		b = le.AppendUint32(le.AppendUint32(b, uint32(blocks)), uint32(12+len(data)))
		return append(b, data...)
	}
	b := le.AppendUint32(nil, 0xed26ff3a)
	for _, v := range []uint16{1, 0, 28, 12} {
		b = le.AppendUint16(b, v)
	}
	for _, v := range []uint32{size, uint32(len(img) / size), 3, 0} {
		b = le.AppendUint32(b, v)
	}
	b = chunk(b, 0xCAC1, from, img[:from*size])
	b = chunk(b, 0xCAC3, to-from, nil)
	return chunk(b, 0xCAC1, len(img)/size-to, img[to*size:])
}

// What a sparse image leaves out is not compared, packed in a zip archive or not.
func TestSparseFirmware(t *testing.T) {
	p := imgtest.SmallMT6765()
	files := p.Firmware()
	files["system.img"] = androidSparse(files["system.img"], 100, 200)
	p.User.Put(p.Row("system").Offset+150*4096, []byte("left from before"))
	phone := written(t, p.WriteDump)
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(t.TempDir(), "firmware.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for name, b := range files {
		w, err := z.Create(name) // compressed
		if err == nil {
			_, err = w.Write(b)
		}
		if err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), b, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	for name, firmware := range map[string]*dump.Dump{"folder": open(t, dir), "zip": open(t, f.Name())} {
		r := result(t, phone, firmware)
		if got := states(r, compare.Differs); !slices.Equal(got, []string{"scp2"}) {
			t.Errorf("%s: changed: %v", name, got)
		}
		i := slices.IndexFunc(r.Rows, func(row compare.Row) bool { return row.Name == "system" })
		if want := p.Row("system").Length - 100*4096; r.Rows[i].Compared != want {
			t.Errorf("%s: %d bytes of system are compared, want %d", name, r.Rows[i].Compared, want)
		}
	}
}

// A gap of two dumps is compared, and a difference in it is a difference.
func TestGap(t *testing.T) {
	p := imgtest.SmallMT6765()
	a := written(t, p.WriteDump)
	p.User.Put(p.Row("vendor").Offset-4096, []byte("x"))
	r := result(t, a, written(t, p.WriteDump))
	if got := states(r, compare.Differs); len(got) != 1 || r.Equal() || r.Rows[slices.IndexFunc(r.Rows, func(row compare.Row) bool { return row.State == compare.Differs })].Kind != flash.KindGap {
		t.Errorf("%v", got)
	}
}

// What super of two dumps has between its partitions is compared, too.
func TestSuperTable(t *testing.T) {
	p := imgtest.SmallMT6893()
	a := written(t, p.WriteDump)
	at := p.Row("super").Offset
	p.User.Put(at+p.Row("super").Length-8, []byte("x"))
	r := result(t, a, written(t, p.WriteDump))
	if got := states(r, compare.Differs); !slices.Equal(got, []string{"super"}) {
		t.Errorf("between partitions: %v", got)
	}
	p.User.Put(at+2<<20+100, []byte("x"))
	r = result(t, a, written(t, p.WriteDump))
	if got := states(r, compare.Differs); !slices.Equal(got, []string{"super", "vendor"}) {
		t.Errorf("in vendor: %v", got)
	}
}

// Progress goes from 0 to the end, and a cancelled comparison ends.
func TestProgressAndCancel(t *testing.T) {
	a, b := written(t, imgtest.SmallMT6765().WriteDump), written(t, imgtest.SmallMT6765().WriteDump)
	ctx, cancel := context.WithCancel(t.Context())
	last, total := int64(-1), int64(0)
	r, err := compare.Compare(ctx, a, b, compare.Options{Progress: func(e flash.Event) {
		if e.Op == "compare" && (e.Done < last || e.Done > e.Total || e.Name != "") {
			t.Errorf("%+v after %d", e, last)
		}
		last, total = e.Done, e.Total
	}})
	if err != nil || !r.Equal() || last < total/2 {
		t.Fatalf("%v; the end is %d of %d", err, last, total)
	}
	events := 0
	_, err = compare.Compare(ctx, a, b, compare.Options{Progress: func(flash.Event) { events++; cancel() }})
	if !errors.Is(err, context.Canceled) || events != 1 {
		t.Errorf("%v after %d events", err, events)
	}
}

// A dump that is cut is unknown behind its end, and nothing there is called different.
func TestCut(t *testing.T) {
	p := imgtest.SmallMT6765()
	dir := t.TempDir()
	if err := p.WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	whole := written(t, p.WriteDump)
	if err := os.Truncate(filepath.Join(dir, "ROM_1"), p.Row("boot").Offset+4096); err != nil {
		t.Fatal(err)
	}
	r := result(t, open(t, dir), whole)
	if got := states(r, compare.Differs, compare.Moved, compare.OnlyInA, compare.OnlyInB); got != nil {
		t.Errorf("%v", got)
	}
	if unknown := states(r, compare.Unknown); !slices.Contains(unknown, "boot") || !slices.Contains(unknown, "userdata") || slices.Contains(unknown, "recovery") || r.Equal() {
		t.Errorf("unknown: %v", unknown)
	}
}
