package seal

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// noAsk fails where nobody should be asked.
func noAsk(t *testing.T) Ask {
	return func(what string, again bool) (string, error) {
		t.Errorf("asked for a passphrase of %s", what)
		return "", errors.New("asked")
	}
}

func content(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{7})
	r.Read(b)
	return b
}

func sealed(t *testing.T, b []byte, to ...age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := Writer(&out, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func newKey(t *testing.T) *age.X25519Identity {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestImage(t *testing.T) {
	k := newKey(t)
	for _, n := range []int{0, 1, 9000, 64 << 10, 64<<10 + 1, 200_000} {
		b := content(n)
		img, err := Open(bytes.NewReader(sealed(t, b, k.Recipient())), []age.Identity{k})
		if err != nil {
			t.Fatal(err)
		}
		if n < 10_000 { // each small read costs 64 KiB of decryption
			flashtest.TestImage(t, img, b)
		} else if got, err := flash.ReadFull(img, 0, n); err != nil || img.Size() != int64(n) || !bytes.Equal(got, b) {
			t.Errorf("%d bytes come back as %d: %v", n, img.Size(), err)
		}
	}
}

func TestWrongKeyAndDamage(t *testing.T) {
	k, b := newKey(t), content(200_000)
	good := sealed(t, b, k.Recipient())
	if !Sniff(bytes.NewReader(good)) || Sniff(bytes.NewReader(b)) || Sniff(bytes.NewReader(nil)) {
		t.Error("Sniff")
	}
	if _, err := Open(bytes.NewReader(good), []age.Identity{newKey(t)}); !errors.Is(err, ErrKey) {
		t.Errorf("another key: %v", err)
	}
	if _, err := Open(bytes.NewReader(good), nil); !errors.Is(err, ErrKey) {
		t.Errorf("no key: %v", err)
	}
	for _, n := range []int{len(good) - 1, len(good) - 70_000, 300, 30, 0} {
		if _, err := Open(bytes.NewReader(good[:n]), []age.Identity{k}); err == nil || errors.Is(err, ErrKey) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	bad := bytes.Clone(good)
	bad[len(bad)-150_000] ^= 1
	img, err := Open(bytes.NewReader(bad), []age.Identity{k})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(io.NewSectionReader(img, 0, img.Size())); err == nil {
		t.Error("a changed byte was read without an error")
	}
	got := make([]byte, 1000)
	if _, err := img.ReadAt(got, img.Size()-1000); err != nil && err != io.EOF || !bytes.Equal(got, b[len(b)-1000:]) {
		t.Errorf("what is whole should be readable: %v", err)
	}
}

func TestPassphrase(t *testing.T) {
	testOnlyWorkFactor = 10
	defer func() { testOnlyWorkFactor = 0 }()
	asked := 0
	ask := func(what string, again bool) (string, error) { asked++; return "correct horse", nil }
	to, err := Recipients([]string{Passphrase}, ask)
	if err != nil {
		t.Fatal(err)
	}
	b := content(1000)
	file := sealed(t, b, to...)
	img, err := Open(bytes.NewReader(file), []age.Identity{newKey(t), Asking(ask)})
	if err != nil {
		t.Fatal(err)
	}
	flashtest.TestImage(t, img, b)
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
	wrong := func(string, bool) (string, error) { return "wrong", nil }
	if _, err := Open(bytes.NewReader(file), []age.Identity{Asking(wrong)}); !errors.Is(err, ErrKey) {
		t.Errorf("wrong passphrase: %v", err)
	}
	mute := errors.New("nobody there")
	if _, err := Open(bytes.NewReader(file), []age.Identity{Asking(func(string, bool) (string, error) { return "", mute })}); err != mute {
		t.Errorf("nobody to ask: %v", err)
	}
	if _, err := Recipients([]string{Passphrase, newKey(t).Recipient().String()}, noAsk(t)); err == nil {
		t.Error("a passphrase beside a key")
	}
}

func TestRecipients(t *testing.T) {
	a, b := newKey(t), newKey(t)
	dir := t.TempDir()
	list := filepath.Join(dir, "shop.txt")
	text := "# the shop\n" + a.Recipient().String() + "\n\n" + b.Recipient().String() + "\n"
	if err := os.WriteFile(list, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	to, err := Recipients([]string{list}, noAsk(t))
	if err != nil || len(to) != 2 {
		t.Fatalf("%d recipients, %v", len(to), err)
	}
	file := sealed(t, content(10), to...)
	for _, k := range []age.Identity{a, b} {
		if _, err := Open(bytes.NewReader(file), []age.Identity{k}); err != nil {
			t.Error(err)
		}
	}
	empty := filepath.Join(dir, "empty")
	junk := filepath.Join(dir, "junk")
	if err := errors.Join(os.WriteFile(empty, []byte("# nobody\n"), 0o666), os.WriteFile(junk, []byte("hello\n"), 0o666)); err != nil {
		t.Fatal(err)
	}
	for spec, want := range map[string]string{
		"age1nonsense":                "age1nonsense",
		"ssh-rsa nonsense":            "ssh",
		a.String():                    "private key",
		filepath.Join(dir, "nowhere"): "is not a public key",
		empty:                         "has no public key",
		junk:                          "key 1: not a public key",
		dir:                           "is a folder",
	} {
		if _, err := Recipients([]string{spec}, noAsk(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v", spec, err)
		}
	}
	if _, err := Writer(io.Discard, nil); err == nil {
		t.Error("no recipient at all")
	}
}

// The reference program opens our files, and we open its; with ssh keys too.
func TestAgainstAge(t *testing.T) {
	for _, tool := range []string{"age", "age-keygen", "ssh-keygen"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s here to compare with", tool)
		}
	}
	dir := t.TempDir()
	run := func(in []byte, name string, arg ...string) []byte {
		t.Helper()
		c := exec.Command(name, arg...)
		c.Dir, c.Stdin = dir, bytes.NewReader(in)
		var errs bytes.Buffer
		c.Stderr = &errs
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, arg, err, errs.Bytes())
		}
		return out
	}
	run(nil, "age-keygen", "-o", "age.key")
	public := strings.TrimSpace(string(run(nil, "age-keygen", "-y", "age.key")))
	run(nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "ssh.key")
	b := content(200_000)
	for key, spec := range map[string]string{"age.key": public, "ssh.key": filepath.Join(dir, "ssh.key.pub")} {
		to, err := Recipients([]string{spec}, noAsk(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := run(sealed(t, b, to...), "age", "-d", "-i", key); !bytes.Equal(got, b) {
			t.Errorf("%s: age -d read something else", key)
		}
		flag := "-r"
		if key == "ssh.key" {
			flag = "-R"
		}
		theirs := run(b, "age", flag, spec)
		ids, err := Keys([]string{filepath.Join(dir, key)})
		if err != nil {
			t.Fatal(err)
		}
		img, err := Open(bytes.NewReader(theirs), ids)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := flash.ReadFull(img, 0, len(b)); err != nil || img.Size() != int64(len(b)) || !bytes.Equal(got, b) {
			t.Errorf("%s: what age wrote reads as something else: %v", key, err)
		}
	}
	run(nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", "locked.key")
	if _, err := Keys([]string{filepath.Join(dir, "locked.key")}); err == nil || !strings.Contains(err.Error(), "ssh-keygen -p") {
		t.Errorf("locked ssh key: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	k, err := age.ParseIdentities(strings.NewReader("AGE-SECRET-KEY-1YRXLX0VSJZMVZN4LA2J2LYEGCL8S639RZ0A7EXRGFUYK30UTWQ3S0DUE6M"))
	if err != nil {
		f.Fatal(err)
	}
	var out bytes.Buffer
	w, err := Writer(&out, []age.Recipient{k[0].(*age.X25519Identity).Recipient()})
	if err != nil {
		f.Fatal(err)
	}
	io.WriteString(w, "hello")
	w.Close()
	f.Add(out.Bytes())
	f.Add([]byte(intro))
	f.Fuzz(func(t *testing.T, b []byte) {
		img, err := Open(bytes.NewReader(b), k)
		if err != nil {
			return
		}
		if img.Size() < 0 || img.Size() > int64(len(b)) {
			t.Errorf("%d bytes in a file of %d", img.Size(), len(b))
		}
	})
}

// A stream opens as a file does, and one that breaks off does not end well.
func TestReader(t *testing.T) {
	text, to, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	b := content(200_000)
	file, err := Bytes(b, []Recipient{to})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Reader(bytes.NewReader(file), keys)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, b) {
		t.Errorf("%d of %d bytes: %v", len(got), len(b), err)
	}
	for _, n := range []int{len(file) - 1, len(file) - 70_000} {
		r, err := Reader(bytes.NewReader(file[:n]), keys)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if err == nil {
			t.Errorf("cut to %d of %d bytes it reads to its end", n, len(file))
		}
	}
	for name, keys := range map[string][]Key{"another key": {newKey(t)}, "none": nil} {
		if _, err := Reader(bytes.NewReader(file), keys); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var form *flash.FormatError
	if _, err := Reader(bytes.NewReader(b), keys); !errors.As(err, &form) {
		t.Errorf("what is no age file: %v", err)
	}
}

// A passphrase that has opened a file is not asked for again.
func TestAskedOnce(t *testing.T) {
	testOnlyWorkFactor = 8
	defer func() { testOnlyWorkFactor = 0 }()
	words := []string{"one", "one", "two"}
	var files [][]byte
	for _, w := range words {
		to, err := Recipients([]string{Passphrase}, func(string, bool) (string, error) { return w, nil })
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, sealed(t, content(10), to...))
	}
	asked := 0
	key := Asking(func(string, bool) (string, error) {
		asked++
		return []string{"one", "two"}[asked-1], nil
	})
	for i, f := range files {
		if _, err := Open(bytes.NewReader(f), []Key{key}); err != nil {
			t.Errorf("file %d: %v", i, err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times for two passphrases", asked)
	}
}

// Who has not known the passphrase of one file is not asked for that of the next.
func TestAskingNoMore(t *testing.T) {
	testOnlyWorkFactor = 8
	defer func() { testOnlyWorkFactor = 0 }()
	to, err := Recipients([]string{Passphrase}, func(string, bool) (string, error) { return "right", nil })
	if err != nil {
		t.Fatal(err)
	}
	file := sealed(t, content(10), to...)
	mute := errors.New("no terminal")
	for _, c := range []struct{ answer, want error }{{nil, ErrKey}, {mute, mute}} {
		asked := 0
		key := Asking(func(string, bool) (string, error) {
			asked++
			return "wrong", c.answer
		})
		for range 3 {
			if _, err := Open(bytes.NewReader(file), []Key{key}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		}
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	}
}
