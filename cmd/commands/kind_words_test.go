package commands

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

const photo = "\xFF\xD8\xFF\xE0\x00\x10JFIF\x00"

// sealedFor encrypts b.
func sealedFor(t *testing.T, to age.Recipient, b string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err == nil {
		_, err = w.Write([]byte(b))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// zipNamed is an archive of files with a content each.
func zipNamed(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		m, err := w.Create(files[i])
		if err == nil {
			_, err = m.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Of what is packed and no dump, what is in it is told, and a command that works on it.
func TestInside(t *testing.T) {
	tar := make([]byte, 1024)
	copy(tar, "ROM_1")
	copy(tar[257:], "ustar")
	for name, c := range map[string]struct {
		b    []byte
		says []string
	}{
		"a.jpg.gz":   {imgtest.Gzip([]byte(photo)), []string{"compressed by gzip; in it: a JPEG picture", "hint: a dump is what"}},
		"text.gz":    {imgtest.Gzip([]byte("only words\n")), []string{"compressed by gzip; in it: plain text", "hint: a dump is what"}},
		"zeros.gz":   {imgtest.Gzip(make([]byte, 8192)), []string{"no partition table found", "compressed by gzip; in it: only zeros", "--scatter FILE"}},
		"payload.gz": {imgtest.Gzip([]byte("CrAU\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00")), []string{"in it: an A/B update package", "hint: unpack it, and name the unpacked file: gzip -dk "}},
		"p.tgz":      {imgtest.Gzip(tar), []string{"p.tgz: a tar archive without files"}},
		"7.gz":       {imgtest.Gzip([]byte("7z\xBC\xAF\x27\x1C" + strings.Repeat("\x00", 64))), []string{"a 7z archive", "hint: it is packed in another file: gzip -dk "}},
		"one.zip":    {zipNamed(t, "IMG.jpg", photo), []string{"a zip archive; in it: a JPEG picture"}},
		"photos.zip": {zipNamed(t, "a/IMG_0.jpg", photo, "IMG_1.HEIC", photo, "notes.pdf", photo), []string{"contains 3 files, none of which can be a dump (IMG_0.jpg, IMG_1.HEIC, notes.pdf)"}},
		"mixed.zip":  {zipNamed(t, "IMG_0.jpg", photo+photo, "ROM", photo), []string{"a zip archive; in it: a JPEG picture"}},
		"two.zip":    {zipNamed(t, "A", photo, "B", photo, "c.jpg", photo), []string{"several files that may be the dump (A and B have the same size)"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, c.b, 0o666); err != nil {
				t.Fatal(err)
			}
			code, out, errs := program("info", path)
			scripttest.Expect(t, code, words.ExitFailed, out+errs, c.says...)
		})
	}
}

// A file that no key opens says which key it wants; one that opens and is no dump, what is in it.
func TestLocked(t *testing.T) {
	own, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := age.NewScryptRecipient("right")
	if err != nil {
		t.Fatal(err)
	}
	secret.SetWorkFactor(2)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	for name, b := range map[string][]byte{
		"own.key": fmt.Appendln(nil, own), "other.key": fmt.Appendln(nil, other),
		"key.age": sealedFor(t, own.Recipient(), photo), "words.age": sealedFor(t, secret, photo),
	} {
		if err := os.WriteFile(file(name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(screen.PassphraseVariable, "wrong")
	for name, c := range map[string]struct {
		args []string
		says []string
		not  string
	}{
		"no key":           {[]string{"info", file("key.age")}, []string{"it opens with one private key, and no key was given", "hint: give your private key with --key FILE"}, "passphrase"},
		"another key":      {[]string{"info", file("key.age"), "--key", file("other.key")}, []string{"and none of the given keys opens it", "hint: give another private key"}, "passphrase"},
		"its key":          {[]string{"info", file("key.age"), "--key", file("own.key")}, []string{"the key opens it; in it: a JPEG picture"}, "--key"},
		"wrong passphrase": {[]string{"info", file("words.age")}, []string{"this passphrase does not open it", "hint: try the passphrase again"}, "--key"},
		"of a backup":      {[]string{"backup", "verify", file("key.age")}, []string{"it opens with one private key, and no key was given"}, "passphrase"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := program(c.args...)
			scripttest.Expect(t, code, words.ExitFailed, out+errs, c.says...)
			if strings.Contains(errs, c.not) {
				t.Errorf("%q is in: %s", c.not, errs)
			}
		})
	}
	t.Setenv(screen.PassphraseVariable, "right")
	code, out, errs := program("info", file("words.age"))
	scripttest.Expect(t, code, words.ExitFailed, out+errs, "in it: a JPEG picture")
}
