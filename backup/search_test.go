package backup

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
)

// Of an archive that is cut, everything before the cut can be read, and the rest is
// named.
func TestTruncated(t *testing.T) {
	files := sample()
	whole := pack(t, outputs(files), Options{})
	full := open(t, whole)
	f := full.Member("f_holes.img")
	for _, c := range []struct {
		name string
		size int64
		lost []string // members not listed
		cut  string   // member listed of which something is missing
	}{
		{"the seek table", int64(len(whole) - 20), nil, ""},
		{"half of the second index", int64(len(whole)) - 100 - seekTable(t, whole), nil, ""},
		{"both copies of the index", full.end, nil, ""},
		{"a half chunk", f.Chunks[1].at + f.Chunks[1].Packed/2, []string{"g_tail.img", "h_zeros.img", "i_shortgap.img"}, "f_holes.img"},
		{"between two members", f.at, []string{"f_holes.img", "g_tail.img"}, ""},
		{"in the middle of a header", f.at + f.Head/2, []string{"f_holes.img", "g_tail.img"}, ""},
	} {
		a := open(t, whole[:c.size])
		if len(a.Problems) == 0 {
			t.Errorf("without %s: nobody says so", c.name)
		}
		for _, n := range c.lost {
			if a.Member(n) != nil {
				t.Errorf("without %s: %s is listed", c.name, n)
			}
		}
		for i, ms := 0, a.Members(); i < len(ms); i++ {
			n := ms[i].Name
			got, err := content(a, n)
			if n == c.cut {
				if err == nil || !bytes.Equal(got[:4*mib], files[n][:4*mib]) {
					t.Errorf("without %s: %s: %v", c.name, n, err)
				}
			} else if err != nil || !bytes.Equal(got, files[n]) {
				t.Errorf("without %s: %s: %v", c.name, n, err)
			}
		}
		if want := len(files); c.lost == nil && len(a.Members()) != want {
			t.Errorf("without %s: %d members of %d", c.name, len(a.Members()), want)
		}
		if r := verify(t, a); r.OK != (c.size > full.end) {
			t.Errorf("without %s: verify says %+v", c.name, r)
		}
	}
	for n := range full.end {
		if n%997 == 0 {
			if a, err := Open(bytes.NewReader(whole[:n])); err == nil {
				a.Close()
			}
		}
	}
}

// seekTable is the length of the table at the end.
func seekTable(t *testing.T, b []byte) int64 {
	n, err := seekTableLen(b[len(b)-footerLen:], int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// reindexed replaces both copies of the index by one that lies.
func reindexed(t testing.TB, b []byte, lie func(x *Index)) []byte {
	a := open(t, b)
	text, err := json.Marshal(a.index)
	if err != nil {
		t.Fatal(err)
	}
	x := new(Index)
	if err := json.Unmarshal(text, x); err != nil {
		t.Fatal(err)
	}
	lie(x)
	return withIndex(t, b[:a.end], a, x, x)
}

// withIndex ends the frames of an archive with two indexes and a right seek table.
func withIndex(t testing.TB, frames []byte, a *Archive, copies ...*Index) []byte {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	fs, _ := a.findFrames()
	var pairs []seekPair
	for _, f := range fs {
		if f.at < a.end {
			pairs = append(pairs, seekPair{uint32(f.length), uint32(f.plain)})
		}
	}
	out := bytes.Clone(frames)
	for _, x := range copies {
		index, err := x.encode(enc)
		if err != nil {
			t.Fatal(err)
		}
		n := len(out)
		out = appendSkippable(out, skipMagic, index)
		pairs = append(pairs, seekPair{uint32(len(out) - n), 0})
	}
	return append(out, encodeSeekTable(pairs)...)
}

// An index that does not speak the truth is noticed: when it is opened, or at the
// latest by verify.
func TestLyingIndex(t *testing.T) {
	files := map[string][]byte{"a": noise("a", 9*mib), "b": append(noise("b", 5000), make([]byte, mib)...), "c": noise("c", mib),
		"d": slices.Concat(noise("d", 5000), make([]byte, 9*mib), noise("e", mib))}
	b := pack(t, outputs(files), Options{})
	if r := verify(t, open(t, reindexed(t, b, func(*Index) {}))); !r.OK || len(r.Problems) > 0 {
		t.Fatalf("the truth: %+v", r)
	}
	for name, lie := range map[string]func(x *Index){
		"schema":            func(x *Index) { x.Schema = "mtkkit.index/1" },
		"path up":           func(x *Index) { x.Members[0].Name = "../a" },
		"absolute path":     func(x *Index) { x.Members[0].Name = "/etc/passwd" },
		"windows path":      func(x *Index) { x.Members[0].Name = `c:\x` },
		"another name":      func(x *Index) { x.Members[0].Name = "z" },
		"name twice":        func(x *Index) { x.Members[0].Name = "B" },
		"size":              func(x *Index) { x.Members[0].Size++; x.Members[0].Data[0].Length++ },
		"size of a hole":    func(x *Index) { x.Members[1].Size += 4096 },
		"huge hole":         func(x *Index) { x.Members[1].Size = 1<<63 - 1 },
		"negative size":     func(x *Index) { x.Members[1].Size = -1 },
		"data moved":        func(x *Index) { x.Members[1].Data[0].Offset += 4096 },
		"data overflow":     func(x *Index) { x.Members[1].Data[0].Offset = 1<<63 - 1 },
		"no data":           func(x *Index) { x.Members[1].Data = nil },
		"chunk missing":     func(x *Index) { x.Members[0].Chunks = x.Members[0].Chunks[1:] },
		"chunks exchanged":  func(x *Index) { c := x.Members[0].Chunks; c[0], c[1] = c[1], c[0] },
		"members exchanged": func(x *Index) { x.Members[0], x.Members[2] = x.Members[2], x.Members[0] },
		"names exchanged":   func(x *Index) { x.Members[0].Name, x.Members[2].Name = "c", "a" },
		"sum of a chunk":    func(x *Index) { x.Members[0].Chunks[1].To = strings.Repeat("0", 64) },
		"sum is none":       func(x *Index) { x.Members[0].Chunks[1].To = "00" },
		"state left out":    func(x *Index) { x.Members[0].Chunks[0].To = "" },
		"state too many":    func(x *Index) { x.Members[0].Chunks[1].From = x.Members[0].Chunks[0].To },
		"last state":        func(x *Index) { x.Members[0].Chunks[2].To = x.Members[0].Chunks[0].To },
		"state before":      func(x *Index) { x.Members[3].Chunks[1].From = strings.Repeat("0", 64) },
		"sum of a member":   func(x *Index) { x.Members[0].SHA256 = strings.Repeat("0", 64) },
		"no sum":            func(x *Index) { x.Members[0].SHA256 = "" },
		"length of a chunk": func(x *Index) { x.Members[0].Chunks[0].Packed--; x.Members[0].Chunks[1].Packed++ },
		"huge chunk":        func(x *Index) { x.Members[0].Chunks[0].Packed = 1 << 40 },
		"negative chunk":    func(x *Index) { x.Members[0].Chunks[0].Packed = -1 },
		"head":              func(x *Index) { x.Members[1].Head++ },
		"start":             func(x *Index) { x.Start = 0 },
		"member left out":   func(x *Index) { x.Members = x.Members[:3] },
		"date":              func(x *Index) { x.Created++ },
	} {
		a, err := Open(bytes.NewReader(reindexed(t, b, lie)))
		if err != nil {
			continue
		}
		if r := verify(t, a); r.OK {
			t.Errorf("%s: nobody notices", name)
		}
		for i, ms := 0, a.Members(); i < len(ms); i++ {
			if flash.CheckFilePath(ms[i].Name) != nil {
				t.Errorf("%s: a member is called %q", name, ms[i].Name)
			}
		}
		a.Close()
	}
}

func TestTwoIndexes(t *testing.T) {
	files := sample()
	b := pack(t, outputs(files), Options{})
	a := open(t, b)
	other := *a.index
	other.Members = append([]Member{}, a.index.Members...)
	other.Members[2].SHA256 = strings.Repeat("1", 64)
	r := verify(t, open(t, withIndex(t, b[:a.end], a, a.index, &other)))
	if r.OK || !strings.Contains(r.Problems[0].Text, "differ") {
		t.Errorf("two indexes that differ: %+v", r)
	}
	for i := range 2 {
		c := bytes.Clone(b)
		n := len(c) - int(seekTable(t, c)) - int(a.end)
		c[int(a.end)+i*n/2+n/4] ^= 1
		d := open(t, c)
		if r := verify(t, d); !r.OK || len(r.Problems) != 1 || len(d.Members()) != len(files) || r.Unproven > 0 {
			t.Errorf("copy %d damaged: %+v", i, r)
		}
	}
}

// A file that claims to be enormous is not believed.
func TestBombs(t *testing.T) {
	head := func(m *Member) []byte {
		b := appendRaw(nil, globalHeader(1))
		b = appendRaw(b, memberHead(m, 1))
		return appendRaw(b, make([]byte, 2*tarBlock))
	}
	huge := &Member{Name: "huge", Size: 1 << 62, Data: []flash.Extent{{Length: 1 << 62}}}
	if a, err := Open(bytes.NewReader(head(huge))); err == nil {
		t.Errorf("%+v", a.Members())
	}
	// A hole of that size costs nothing.
	hole := &Member{Name: "hole", Size: 1 << 62}
	if m := open(t, head(hole)).Member("hole"); m == nil || m.Size != 1<<62 {
		t.Errorf("%+v", m)
	}
	// A frame of zeros that says it has 4 GiB.
	b := appendRaw(nil, globalHeader(1))
	b = binary.LittleEndian.AppendUint32(b, frameMagic)
	b = append(b, 2<<6|1<<5, 0xff, 0xff, 0xff, 0xff, 0x02|1, 0xff, 0xff, 0)
	if a, err := Open(bytes.NewReader(b)); err == nil {
		t.Errorf("%+v", a.Members())
	}
}

func FuzzOpen(f *testing.F) {
	files := map[string][]byte{"a": []byte("alpha"), "b": append(make([]byte, 70000), 1), "c/d": nil}
	b := pack(f, outputs(files), Options{})
	f.Add(b)
	f.Add(b[:len(b)-9])
	f.Add(b[:len(b)/2])
	delete(files, "c/d")
	witnessed := pack(f, recorded(f, files, nil), Options{})
	f.Add(witnessed)
	f.Add(reindexed(f, witnessed, func(x *Index) { x.Members[0].Name, x.Members[1].Name = "b", "a" }))
	f.Add(reindexed(f, witnessed, func(x *Index) { x.Members[0].SHA256 = x.Members[1].SHA256 }))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Open(bytes.NewReader(b))
		if err != nil {
			return
		}
		defer a.Close()
		for i, ms := 0, a.Members(); i < len(ms); i++ {
			m := &ms[i]
			if flash.CheckFilePath(m.Name) != nil || m.Size < 0 {
				t.Errorf("member %q of %d bytes", m.Name, m.Size)
			}
			p := make([]byte, 4096)
			for _, off := range []int64{0, m.Size / 2, m.Size - 1} {
				if off >= 0 {
					_, _ = a.Image(m).ReadAt(p, off)
				}
			}
		}
		if _, err := a.Verify(t.Context(), VerifyOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func FuzzIndex(f *testing.F) {
	a := open(f, pack(f, outputs(map[string][]byte{"a": noise("x", 70000), "b": append(make([]byte, 70000), 1)}), Options{}))
	text, err := json.Marshal(a.index)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, a.end)
	f.Fuzz(func(t *testing.T, text []byte, end int64) {
		x := new(Index)
		if json.Unmarshal(text, x) != nil || x.check(end) != nil {
			return
		}
		at := x.Start
		for i := range x.Members {
			m := &x.Members[i]
			if m.at != at || len(m.windows) != len(m.Chunks) {
				t.Fatalf("member %d at 0x%x, expected at 0x%x", i, m.at, at)
			}
			at += m.Head
			for j, c := range m.Chunks {
				w := m.windows[j]
				if c.at != at || w.Length <= 0 || w.Length > chunkSize || w.End() > m.Size || w.stored() > w.Length {
					t.Fatalf("chunk %d of member %d: %+v %+v", j, i, c, w)
				}
				at += c.Packed
			}
		}
		if at >= end {
			t.Fatalf("the frames end at 0x%x, behind 0x%x", at, end)
		}
	})
}

func FuzzHead(f *testing.F) {
	for _, m := range []*Member{
		{Name: "a", Size: 5, Data: []flash.Extent{{Length: 5}}},
		{Name: "b", Size: 1 << 40, Data: []flash.Extent{{Offset: 4096, Length: 1 << 35}}},
		{Name: strings.Repeat("ö", 90), Size: 0},
	} {
		f.Add(memberHead(m, 1))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseHead(b)
		if err == nil && (flash.CheckFilePath(m.Name) != nil || m.checkData() != nil) {
			t.Errorf("%+v", m)
		}
	})
}

// What is searched costs no more memory or time than the archive has bytes, whatever
// follows its content, and however long a frame of it is made.
func TestSearchIsBounded(t *testing.T) {
	whole := pack(t, outputs(sample()), Options{})
	full := open(t, whole)
	cut := whole[:full.end]
	many := bytes.Clone(cut)
	for range 1 << 18 {
		many = appendSkippable(many, skipMagic, nil)
	}
	if a := open(t, many); a.Member("d_random.img") == nil {
		t.Error("nothing is found before frames that say nothing")
	}
	c := full.Member("d_random.img").Chunks[0]
	head := c.at + 4 + 1 + 4                                                     // as appendRaw makes it
	long := slices.Concat(cut[:head], make([]byte, 1<<20*blockHead), cut[head:]) // empty blocks
	a := open(t, long)
	if f, err := a.frameAt(c.at); err != nil || f.length != c.Packed+1<<20*blockHead {
		t.Fatalf("the test makes no such frame: %+v, %v", f, err)
	}
	if _, err := content(a, "d_random.img"); err == nil {
		t.Error("a chunk is read from a frame longer than it can need")
	}
}
