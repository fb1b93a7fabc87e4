package archive

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// harmed cannot be read from an offset on.
type harmed struct {
	flash.Image
	from int64
}

func (h harmed) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > h.from {
		return 0, errors.New("damaged")
	}
	return h.Image.ReadAt(p, off)
}

// What a locked file has lost reads as zeros, is told, and no more than that.
func TestUnsealedSalvages(t *testing.T) {
	good := bytes.Repeat([]byte("x"), 1000)
	var lost []flash.Extent
	u := unsealed{harmed{bytes.NewReader(good), 600}, func(e flash.Extent, err error) { lost = append(lost, e) }}
	b := make([]byte, 300)
	for _, c := range []struct {
		off   int64
		first byte
		n     int
		err   error
	}{{0, 'x', 300, nil}, {300, 'x', 300, nil}, {600, 0, 300, nil}, {900, 0, 100, io.EOF}} {
		n, err := u.ReadAt(b, c.off)
		if n != c.n || err != c.err || b[0] != c.first {
			t.Errorf("at %d: %d bytes from %q, %v", c.off, n, b[0], err)
		}
	}
	if len(lost) != 2 || lost[0] != (flash.Extent{Offset: 600, Length: 300}) || lost[1] != (flash.Extent{Offset: 900, Length: 100}) {
		t.Errorf("lost %v", lost)
	}
}

// A damaged frame is read in pieces, from several sides, and is told once.
func TestLostIsToldOnce(t *testing.T) {
	l, first, other := &Losses{}, errors.New("frame 1"), errors.New("frame 2")
	l.Add("boot.img", flash.Extent{Offset: 0x1000, Length: 0x1000}, first)
	l.Add("boot.img", flash.Extent{Offset: 0x9000, Length: 0x1000}, other)
	l.Add("boot.img", flash.Extent{Offset: 0x2000, Length: 0x1000}, first)
	l.Add("boot.img", flash.Extent{Offset: 0x1800, Length: 0x800}, first)
	l.Add("boot.img", flash.Extent{Offset: 0x800, Length: 0x800}, first)
	got := l.problems()
	if len(got) != 2 || got[0].Offset != 0x800 || !strings.HasSuffix(got[0].Text, "frame 1") || got[1].Offset != 0x9000 || !strings.HasSuffix(got[1].Text, "frame 2") {
		t.Errorf("it says %v", got)
	}
}

// A locked file that is not as long as the record says stays locked, and the rest is opened.
func TestUnlockMismatch(t *testing.T) {
	text, to, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	var packed, file bytes.Buffer
	w, err := seal.Writer(&packed, []seal.Recipient{to})
	if err == nil {
		err = backup.Frames(t.Context(), w, bytes.NewReader(make([]byte, 1000)), 1, func(int64) {})
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	a, err := backup.NewWriter(&file, backup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var outputs []flash.Output
	for _, name := range []string{"short", "nvram", "copy"} {
		outputs = append(outputs, flash.Output{Name: name + LockedEnding, Image: bytes.NewReader(packed.Bytes())})
	}
	if _, err = a.Copy(t.Context(), outputs); err == nil {
		err = a.Finish()
	}
	if err != nil {
		t.Fatal(err)
	}
	opened, err := backup.Open(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	m := &flash.Manifest{Entries: []flash.ManifestEntry{
		{Kind: flash.KindSealed, Name: "short", File: "short" + LockedEnding, Present: 1001},
		{Kind: flash.KindSealed, Was: "gap", Name: "nvram", File: "nvram" + LockedEnding, Present: 1000},
		{Kind: "sparse", Name: "copy", File: "copy" + LockedEnding, Present: 9000},
	}}
	r := &unlocking{a: &Archive{Archive: opened, keys: func() ([]seal.Key, error) { return keys, nil }}}
	defer r.close()
	if err := r.all(t.Context(), m, func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
	if len(r.opened) != 2 || r.kept != 1 || len(r.problems) != 1 || r.problems[0].Place != "short"+LockedEnding {
		t.Errorf("%d files are open, %d locked: %v", len(r.opened), r.kept, r.problems)
	}
	if e := m.Entries; e[0].Kind != flash.KindSealed || e[1].Kind != "gap" || e[1].File != "nvram" || e[2].Kind != "sparse" || e[2].File != "copy" {
		t.Errorf("the record says %+v", e)
	}
}
