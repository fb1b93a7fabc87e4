package source

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

const (
	testKey    = "AGE-SECRET-KEY-1YRXLX0VSJZMVZN4LA2J2LYEGCL8S639RZ0A7EXRGFUYK30UTWQ3S0DUE6M"
	strangeKey = "AGE-SECRET-KEY-1223SRV3M3XQL5UKXADJ6P3R5TYJZGCYHVEVKCAPY93XR60PCXA7Q0KAZ2C"
)

// keyFile writes a private key to a file.
func keyFile(t *testing.T, key string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSealed(t *testing.T) {
	public := filepath.Join(t.TempDir(), "public")
	if err := os.WriteFile(public, []byte("age1m87xqhpw3py5uewxeazpym7gm5yyk2j9lh79ajjspvg3yqdqaajq24n8hp\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	to, err := seal.Recipients([]string{public}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := sample()
	var b bytes.Buffer
	w, err := seal.Writer(&b, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ROM_1.age")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	open := func(key string) (*Source, error) {
		opt := Options{}
		if key != "" {
			opt.Keys = func() ([]seal.Key, error) { return seal.Keys([]string{keyFile(t, key)}) }
		}
		return Open(context.Background(), path, opt)
	}
	s, err := open(testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	img := s.User().Image
	if got, err := flash.ReadFull(img, 0, int(img.Size())); err != nil || !bytes.Equal(got, want) {
		t.Errorf("other bytes, %v", err)
	}
	for _, key := range []string{"", strangeKey} {
		if _, err := open(key); !errors.Is(err, seal.ErrKey) || !strings.Contains(err.Error(), "ROM_1.age is encrypted") {
			t.Errorf("%q: %v", key, err)
		}
	}
}
