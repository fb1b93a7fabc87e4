package stream

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"

	"github.com/mtkkit/mtkkit/flash"
)

func packXZ(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := xz.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func open(b []byte) (io.ReadCloser, error) { return Open(bufio.NewReader(bytes.NewReader(b))) }

func TestOpen(t *testing.T) {
	b := packXZ(t, "a boot image")
	if !Sniff(b) {
		t.Error("not recognised")
	}
	r, err := open(b)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "a boot image" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := open([]byte("ANDROID!")); !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("a plain image: %v", err)
	}
}

func TestDictionary(t *testing.T) {
	b := packXZ(t, "text")
	if size := dictionaryOf(b); size <= 0 || size > maxDictionary {
		t.Errorf("dictionary of a usual file: %d", size)
	}
	i := bytes.Index(b, []byte{0x21, 1})
	if dictionaryOf(b[:i+2]) != 0 || dictionaryOf(nil) != 0 {
		t.Error("a cut header has a dictionary")
	}
	b[i+2] = 40 // 4 GiB - 1
	if _, err := open(b); err == nil || !strings.Contains(err.Error(), "dictionary of 4.0 GiB") {
		t.Errorf("4 GiB dictionary: %v", err)
	}
}

// A hostile stream ends, and its first bytes alone cost no memory.
func FuzzOpen(f *testing.F) {
	for _, k := range kinds {
		f.Add([]byte(k.magic + "\x64\x40\xa7\x00\x00\x00\x00\x00"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := open(b)
		if err != nil {
			return
		}
		defer r.Close()
		_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
	})
}
