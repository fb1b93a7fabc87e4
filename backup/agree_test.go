package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
)

// recorded makes the manifest and SHA256SUMS of files; lie changes them.
func recorded(t testing.TB, files map[string][]byte, lie func(m *flash.Manifest, sums []byte) []byte) []flash.Output {
	t.Helper()
	m := &flash.Manifest{Schema: flash.ManifestSchema, Kind: flash.KindArchive, Complete: true}
	for _, n := range names(files) {
		m.Files = append(m.Files, flash.ManifestFile{Name: n, Size: int64(len(files[n])), SHA256: fmt.Sprintf("%x", sha256.Sum256(files[n]))})
	}
	sums := flash.EncodeSums(m.Files)
	if lie != nil {
		sums = lie(m, sums)
	}
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return append(outputs(files), flash.Output{Name: flash.SumsName, Image: bytes.NewReader(sums)}, flash.Output{Name: flash.ManifestName, Image: bytes.NewReader(b)})
}

// withHead replaces the headers of a member by those that lie has changed.
func withHead(t testing.TB, b []byte, name string, lie func(m *Member)) []byte {
	t.Helper()
	a := open(t, b)
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	m := a.Member(name)
	liar := *m
	lie(&liar)
	head := enc.EncodeAll(memberHead(&liar, a.index.Created), nil)
	frames := slices.Concat(b[:m.at], head, b[m.at+m.Head:a.end])
	m.Head = int64(len(head))
	whole, err := Open(bytes.NewReader(withIndex(t, frames, &Archive{img: bytes.NewReader(frames), end: int64(len(frames)), index: a.index}, a.index, a.index)))
	if err != nil {
		t.Fatal(err)
	}
	out, err := flash.ReadFull(whole.img, 0, int(whole.img.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A witness that lies is named when the archive is opened, what the others say is used, and
// nothing false is read.
func TestWitnesses(t *testing.T) {
	files := map[string][]byte{"a.img": noise("a", 9*mib), "b.img": append(noise("b", 5000), make([]byte, mib)...), "c.img": noise("c", mib), "d.img": make([]byte, mib)}
	swapName := func(x *Index) { x.Members[0].Name, x.Members[2].Name = x.Members[2].Name, x.Members[0].Name }
	swapSum := func(i, j int) func(x *Index) {
		return func(x *Index) { x.Members[i].SHA256, x.Members[j].SHA256 = x.Members[j].SHA256, x.Members[i].SHA256 }
	}
	truth := pack(t, recorded(t, files, nil), Options{})
	swapRecord := func(m *flash.Manifest, sums []byte) []byte {
		m.Files[0].SHA256, m.Files[2].SHA256 = m.Files[2].SHA256, m.Files[0].SHA256
		return sums
	}
	swapBoth := func(m *flash.Manifest, sums []byte) []byte {
		swapRecord(m, sums)
		return flash.EncodeSums(m.Files)
	}
	for _, c := range []struct {
		name string
		b    []byte
		says string   // of one problem
		lost []string // members of which nothing can be read
	}{
		{"names in the index", reindexed(t, truth, swapName), `the index names "c.img" where the archive's header names "a.img"`, nil},
		{"sums in the index", reindexed(t, truth, swapSum(0, 2)), "the index has sha-256", nil},
		{"sums of a member without data", reindexed(t, truth, swapSum(0, 3)), "the index has sha-256", nil},
		{"names and sums in the index", reindexed(t, truth, func(x *Index) { swapName(x); swapSum(0, 2)(x) }), "the index has sha-256", nil},
		{"sum of the manifest", reindexed(t, truth, swapSum(4, 5)), "manifest.json: cannot be read", []string{flash.ManifestName, flash.SumsName}},
		{"size in the index", reindexed(t, truth, func(x *Index) { x.Members[1].Size += 4096 }), "the index is wrong about its size", nil},
		{"size of a member without data", reindexed(t, truth, func(x *Index) { x.Members[3].Size += 4096 }), "the index is wrong about its size", nil},
		{"holes in the index", reindexed(t, truth, func(x *Index) { x.Members[1].Data[0].Offset += 4096 }), "the index is wrong about its size or holes", nil},
		{"date in the index", reindexed(t, truth, func(x *Index) { x.Created++ }), "differ from it", nil},
		{"name in a header", withHead(t, truth, "b.img", func(m *Member) { m.Name = "x.img" }), `where the archive's header names "x.img"; it is read as "b.img"`, nil},
		{"name of another in a header", withHead(t, truth, "b.img", func(m *Member) { m.Name = "c.img" }), `it is read as "b.img"`, nil},
		{"sums in the manifest", pack(t, recorded(t, files, swapRecord), Options{}), "the manifest has sha-256", nil},
		{"sums in manifest and list", pack(t, recorded(t, files, swapBoth), Options{}), "the index has sha-256", []string{"a.img", "c.img"}},
		{"size in the manifest", pack(t, recorded(t, files, func(m *flash.Manifest, s []byte) []byte { m.Files[1].Size++; return s }), Options{}), "in the manifest", nil},
		{"a file less in the manifest", pack(t, recorded(t, files, func(m *flash.Manifest, s []byte) []byte { m.Files = m.Files[1:]; return s }), Options{}), "not in its manifest", nil},
		{"a file more in the manifest", pack(t, recorded(t, files, func(m *flash.Manifest, s []byte) []byte {
			m.Files = append(m.Files, flash.ManifestFile{Name: "z"})
			return s
		}), Options{}), "not in the archive", nil},
		{"a line less in the list", pack(t, recorded(t, files, func(_ *flash.Manifest, s []byte) []byte { return s[bytes.IndexByte(s, '\n')+1:] }), Options{}), "is not in SHA256SUMS", nil},
		{"a line that is no sum", pack(t, recorded(t, files, func(_ *flash.Manifest, s []byte) []byte { return s[1:] }), Options{}), "line 1 is not a sum", nil},
	} {
		a := open(t, c.b)
		if flash.Worst(a.Problems) != flash.Error || !slices.ContainsFunc(a.Problems, func(p flash.Problem) bool { return strings.Contains(p.String(), c.says) }) {
			t.Errorf("%s: %v", c.name, a.Problems)
		}
		for n, want := range files {
			if a.Member(n) == nil {
				t.Errorf("%s: %s is lost", c.name, n)
			} else if got, err := content(a, n); slices.Contains(c.lost, n) != (err != nil) || err == nil && !bytes.Equal(got, want) {
				t.Errorf("%s: %s: %v", c.name, n, err)
			}
		}
		if v := verify(t, a); v.OK {
			t.Errorf("%s: verify finds nothing", c.name)
		}
	}
	if a := open(t, truth); len(a.Problems) > 0 || len(verify(t, a).Problems) > 0 {
		t.Errorf("the truth: %v", a.Problems)
	}
}

// What cannot be believed reads as zeros, and is told once.
func TestDoubtIsSalvaged(t *testing.T) {
	files := map[string][]byte{"a.img": noise("a", 9*mib), "b.img": noise("b", 5*mib)}
	a := open(t, pack(t, recorded(t, files, func(m *flash.Manifest, _ []byte) []byte {
		m.Files[0].SHA256 = hex.EncodeToString(make([]byte, 32))
		return flash.EncodeSums(m.Files)
	}), Options{}))
	var lost []flash.Extent
	img := a.Salvage(a.Member("a.img"), func(e flash.Extent, _ error) { lost = append(lost, e) })
	for _, off := range []int64{0, 5 * mib} {
		if got, err := flash.ReadFull(img, off, mib); err != nil || !flash.IsZero(got) {
			t.Error(err)
		}
	}
	if !slices.Equal(lost, []flash.Extent{{Length: 9 * mib}}) {
		t.Error(lost)
	}
}

// The local headers of a zip archive are what readers of a stream use.
func TestZipWitnesses(t *testing.T) {
	files := map[string][]byte{"a.img": noise("a", 70000), "b.img": noise("b", 5000)}
	swap := func(m *flash.Manifest, sums []byte) []byte {
		m.Files[0].SHA256, m.Files[1].SHA256 = m.Files[1].SHA256, m.Files[0].SHA256
		return sums
	}
	truth, _ := zipped(t, recorded(t, files, nil), Options{})
	lied, _ := zipped(t, recorded(t, files, swap), Options{})
	renamed := bytes.Replace(truth, []byte("b.img"), []byte("x.img"), 1)
	for _, c := range []struct {
		name string
		b    []byte
		says string
	}{
		{"a local header", renamed, `its local header names "x.img"`},
		{"the manifest", lied, "the manifest has sha-256"},
	} {
		a := open(t, c.b)
		if !slices.ContainsFunc(a.Problems, func(p flash.Problem) bool { return strings.Contains(p.Text, c.says) }) || verify(t, a).OK {
			t.Errorf("%s: %v", c.name, a.Problems)
		}
	}
	if a := open(t, truth); len(a.Problems) > 0 {
		t.Errorf("the truth: %v", a.Problems)
	}
}
