package ramdisk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

var compressions = []ramdisk.Compression{
	ramdisk.None, ramdisk.Gzip, ramdisk.LZ4Legacy, ramdisk.LZ4LG, ramdisk.LZ4, ramdisk.XZ, ramdisk.LZMA,
}

// record writes a cpio record by hand, in capitals as GNU cpio does.
func record(name string, mode uint32, data string, rdev ...uint32) string {
	rdev = append(rdev, 0, 0)
	s := fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		7, mode, 0, 2000, 1, 0x5F000000, len(data), 8, 1, rdev[0], rdev[1], len(name)+1, 0)
	s += name + "\x00"
	s += strings.Repeat("\x00", (4-len(s)%4)%4)
	return s + data + strings.Repeat("\x00", (4-len(data)%4)%4)
}

// archive ends records as tools do: a trailer, then zeros to 512 bytes.
func archive(records ...string) string {
	s := strings.Join(append(records, record("TRAILER!!!", 0, "")), "")
	return s + strings.Repeat("\x00", (512-len(s)%512)%512)
}

func sample() string {
	return archive(
		record("sbin", ramdisk.Dir|0o755, ""),
		record("sbin/recovery", ramdisk.File|0o750, string(imgtest.Noise("recovery", 30001))),
		record("init", ramdisk.Symlink|0o777, "/sbin/init"),
		record("dev/null", ramdisk.Char|0o666, "", 1, 3),
		record("default.prop", ramdisk.File|0o644, "ro.secure=1\n"),
	)
}

func pack(t testing.TB, s string, c ramdisk.Compression) []byte {
	t.Helper()
	b, err := ramdisk.Pack([]byte(s), c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t testing.TB, b []byte) *ramdisk.Ramdisk {
	t.Helper()
	r, err := ramdisk.Read(bytes.NewReader(b), 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func encode(t testing.TB, r *ramdisk.Ramdisk) []byte {
	t.Helper()
	return all(t)(r.Encode())
}

// all reads an image that some call returned.
func all(t testing.TB) func(flash.Image, error) []byte {
	t.Helper()
	return func(img flash.Image, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(io.NewSectionReader(img, 0, img.Size()))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

func names(r *ramdisk.Ramdisk) string {
	var out []string
	for _, e := range r.Entries() {
		out = append(out, e.Name)
	}
	return strings.Join(out, " ")
}

func TestRead(t *testing.T) {
	for _, c := range compressions {
		trailing := "trailing bytes"
		if c == ramdisk.LZ4LG {
			trailing = "" // its length is the end
		}
		b := append(pack(t, sample(), c), trailing...)
		r := read(t, b)
		if r.Segments[0].Compression != c || r.Segments[0].Unpacked != int64(len(sample())) {
			t.Errorf("%s: segments %+v", c, r.Segments)
		}
		if string(all(t)(r.Trailing, nil)) != trailing {
			t.Errorf("%s: trailing of 0x%x bytes", c, r.Trailing.Size())
		}
		if got := names(r); got != "sbin sbin/recovery init dev/null default.prop" {
			t.Errorf("%s: %s", c, got)
		}
		e := r.Find("dev/null")
		if e == nil || e.Type() != ramdisk.Char || e.RDevMajor != 1 || e.RDevMinor != 3 || e.GID != 2000 {
			t.Errorf("%s: %+v", c, e)
		}
		if !bytes.Equal(encode(t, r), b) || r.Edited() {
			t.Errorf("%s: untouched, the bytes differ", c)
		}
	}
}

// An edit changes its own record and nothing else.
func TestEdit(t *testing.T) {
	for _, c := range compressions {
		r := read(t, pack(t, sample(), c))
		r.Find("default.prop").Data = []byte("ro.secure=0\nro.debuggable=1\n")
		r.Find("sbin").Mode = ramdisk.Dir | 0o700
		r.Add(ramdisk.Header{Name: "etc", Mode: ramdisk.Dir | 0o755}, nil)
		r.Remove(r.Find("init"))
		again := read(t, encode(t, r))
		if got := names(again); got != "sbin sbin/recovery dev/null default.prop etc" {
			t.Errorf("%s: %s", c, got)
		}
		if e := again.Find("sbin/recovery"); !bytes.Equal(e.Data, imgtest.Noise("recovery", 30001)) || e.Time != 0x5F000000 {
			t.Errorf("%s: the program is not what it was", c)
		}
		if e := again.Find("default.prop"); string(e.Data) != "ro.secure=0\nro.debuggable=1\n" || e.GID != 2000 {
			t.Errorf("%s: %+v", c, e)
		}
		if again.Segments[0].Compression != c {
			t.Errorf("%s: became %s", c, again.Segments[0].Compression)
		}
	}
	// Byte for byte, where nothing is compressed: only "644" becomes "600".
	r := read(t, []byte(sample()))
	r.Find("default.prop").Mode = ramdisk.File | 0o600
	want := strings.Replace(sample(), record("default.prop", ramdisk.File|0o644, "ro.secure=1\n"),
		strings.ToLower(record("default.prop", ramdisk.File|0o600, "ro.secure=1\n")), 1)
	if string(encode(t, r)) != want {
		t.Error("an edit of one record changed others")
	}
	// And back again is as if nothing had been.
	r.Find("default.prop").Mode = ramdisk.File | 0o644
	if r.Edited() || string(encode(t, r)) != sample() {
		t.Error("edited and edited back, the bytes differ")
	}
}

// Several archives in one stream, and several streams: all are seen, the last wins,
// and one that is not edited keeps its packed bytes.
func TestSegments(t *testing.T) {
	one := archive(record("a", ramdisk.File|0o644, "first"), record("b", ramdisk.File|0o644, "b"))
	two := archive(record("a", ramdisk.File|0o644, "second"))
	first, second := pack(t, one+two, ramdisk.Gzip), pack(t, archive(record("c", ramdisk.File|0o644, "c")), ramdisk.LZ4Legacy)
	b := append(append(append(bytes.Clone(first), make([]byte, 100)...), second...), 0, 0, 0)
	r := read(t, b)
	if len(r.Segments) != 2 || names(r) != "a b a c" || string(r.Find("a").Data) != "second" {
		t.Fatalf("%+v %s", r.Segments, names(r))
	}
	if !bytes.Equal(encode(t, r), b) {
		t.Error("untouched, the bytes differ")
	}
	r.Find("c").Data = []byte("edited")
	got := encode(t, r)
	if !bytes.HasPrefix(got, b[:len(first)+100]) || string(read(t, got).Find("c").Data) != "edited" {
		t.Error("the first segment is not what it was")
	}
	r = read(t, []byte(one+string(second)))
	if len(r.Segments) != 2 || r.Segments[0].Compression != ramdisk.None || names(r) != "a b c" {
		t.Errorf("plain, then packed: %+v %s", r.Segments, names(r))
	}
	whole := all(t)(r.Recompress(ramdisk.XZ))
	if r = read(t, whole); len(r.Segments) != 1 || r.Segments[0].Compression != ramdisk.XZ || names(r) != "a b c" {
		t.Errorf("recompressed: %+v %s", r.Segments, names(r))
	}
}

// The sum of a 070702 record is made anew.
func TestChecksum(t *testing.T) {
	s := strings.Replace(archive(record("a", ramdisk.File|0o644, "ab")), "070701", "070702", 1)
	r := read(t, []byte(s))
	r.Find("a").Data = []byte("abc")
	if got := string(encode(t, r)); !strings.HasPrefix(got, "070702") || got[102:110] != fmt.Sprintf("%08x", 'a'+'b'+'c') {
		t.Errorf("%q", got[:110])
	}
}

func TestPath(t *testing.T) {
	for name, want := range map[string]string{
		"a/b": "a/b true", "./a": "a true", ".": ". true", "/a": "a false", "//./a": "a false",
		"..": ".. false", "a/../b": "a/../b false", "a//b": "a//b false", "a/": "a/ false",
		"": ". false", "/": ". false", "a/.": "a/. false", "a\x00b": "a\x00b false",
	} {
		p, safe := ramdisk.Header{Name: name}.Path()
		if got := fmt.Sprint(p, " ", safe); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestBad(t *testing.T) {
	good := sample()
	edit := func(at int, s string) []byte { return []byte(good[:at] + s + good[at+len(s):]) }
	cut := func(b []byte) []byte { return b[:len(b)*2/3] }
	for name, c := range map[string]struct {
		in   []byte
		says string
	}{
		"nothing":                {nil, "not a known compression or archive"},
		"of another kind":        {[]byte("hsqs............"), "68 73 71 73"},
		"not hex":                {edit(6, "0000000G"), `number 1 of the record, "0000000G", does not have 8 hex digits`},
		"signed":                 {edit(14, "+0041ED0"), "does not have 8 hex digits"},
		"name of 0 bytes":        {edit(6+11*8, "00000000"), "a name of 0 bytes"},
		"name of 4 GiB":          {edit(6+11*8, "FFFFFFFF"), "a name of 4294967295 bytes"},
		"name beyond the end":    {[]byte(good[:112]), "cut"},
		"data of 4 GiB":          {edit(6+6*8, "FFFFFFFF"), "data of 4294967295 bytes is cut"},
		"name without end":       {edit(110, "sbinX"), "does not end in NUL"},
		"gzip cut":               {cut(pack(t, good, ramdisk.Gzip)), "the gzip data cannot be unpacked"},
		"lz4 legacy cut":         {cut(pack(t, good, ramdisk.LZ4Legacy)), "is cut"},
		"lz4 cut":                {cut(pack(t, good, ramdisk.LZ4)), "the lz4 data cannot be unpacked"},
		"xz cut":                 {cut(pack(t, good, ramdisk.XZ)), "xz stream is cut"},
		"lzma cut":               {cut(pack(t, good, ramdisk.LZMA)), "the lzma data cannot be unpacked"},
		"no archive in it":       {pack(t, "something else, and long enough", ramdisk.Gzip), "contain no cpio archive"},
		"nothing in it":          {pack(t, "", ramdisk.Gzip), "contain no cpio archive"},
		"xz, large dictionary":   {xzDictionary(t, 40), "needs a dictionary of more than 64 MiB"},
		"lzma, large dictionary": {lzmaDictionary(t), "dictionary"},
	} {
		_, err := ramdisk.Read(bytes.NewReader(c.in), 0)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// xzDictionary states a dictionary by its code; 40 is 4 GiB less 1.
func xzDictionary(t *testing.T, code byte) []byte {
	b := pack(t, sample(), ramdisk.XZ)
	at := bytes.Index(b[12:], []byte{0x21, 0x01}) + 12 // filter id, one byte of properties
	b[at+2] = code
	return b
}

func lzmaDictionary(t *testing.T) []byte {
	b := pack(t, sample(), ramdisk.LZMA)
	copy(b[1:5], "\x00\x00\x00\x80")
	return b
}

// A few kilobytes that stand for many megabytes stop at the limit.
func TestBomb(t *testing.T) {
	bomb := archive(record("zeros", ramdisk.File|0o644, strings.Repeat("\x00", 20<<20)))
	const limit = 4 << 20
	for _, c := range compressions {
		_, err := ramdisk.Read(bytes.NewReader(pack(t, bomb, c)), limit)
		var tooMuch *ramdisk.LimitError
		if !errors.As(err, &tooMuch) || !strings.Contains(err.Error(), "limit of 4 MiB") {
			t.Errorf("%s: %v", c, err)
		}
	}
	half := pack(t, archive(record("zeros", ramdisk.File|0o644, strings.Repeat("\x00", 3<<20))), ramdisk.Gzip)
	if _, err := ramdisk.Read(bytes.NewReader(append(half, half...)), limit); err == nil {
		t.Error("two segments together go beyond the limit")
	}
	if _, err := ramdisk.Read(bytes.NewReader(half), limit); err != nil {
		t.Error(err)
	}
}

// Ramdisks of real phones come out as they went in, also when one file is edited and
// edited back.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS is not set")
	}
	for name, want := range map[string]int{ // as cpio -t counts them
		"wiko-wiko-mt6582/boot__ramdisk.packed":        44,
		"wiko-wiko-mt6582/recovery__ramdisk.packed":    61,
		"tecno-ba2-mt6580/boot__ramdisk.packed":        30,
		"meizu-m8-mt6765/bootimg__ramdisk.packed":      37,
		"xiaomi-lotus-mt6765/boot__ramdisk.packed":     44,
		"leagoo-m11-mt6739/bootimg__ramdisk.packed":    34,
		"infinix-x5514-mt6739/bootimg__ramdisk.packed": 34,
	} {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		r := read(t, b)
		if n := len(r.Entries()); n != want || len(r.Segments) != 1 || r.Trailing.Size() > 0 {
			t.Errorf("%s: %d entries, %d segments, %d bytes behind", name, n, len(r.Segments), r.Trailing.Size())
		}
		if !bytes.Equal(encode(t, r), b) {
			t.Errorf("%s: untouched, the bytes differ", name)
		}
		e := r.Entries()[0]
		e.Mode ^= 1
		again := read(t, encode(t, r))
		again.Entries()[0].Mode ^= 1
		plain, _, err := ramdisk.Unpack(bytes.NewReader(b), ramdisk.Gzip, ramdisk.DefaultLimit)
		if err != nil {
			t.Fatal(err)
		}
		back := all(t)(again.Recompress(ramdisk.None))
		if !strings.EqualFold(string(back), string(plain)) {
			t.Errorf("%s: edited twice, the archive differs", name)
		}
	}
}

func TestFormatErrors(t *testing.T) {
	_, err := ramdisk.Read(bytes.NewReader([]byte("hsqs")), 0)
	if !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("%v is not ErrNotThis", err)
	}
}
