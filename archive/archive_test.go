package archive

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/leak"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/split"
)

// made is a made phone's dump, and archives of it.
type made struct {
	t   *testing.T
	dir string
}

func newMade(t *testing.T) made { return made{t, dumpOf(t, imgtest.SmallMT6765(), false)} }

func (m made) path(name string) string { return filepath.Join(m.dir, name) }

// pack makes an archive of the dump.
func (m made) pack(name string, opt CreateOptions) *Created {
	m.t.Helper()
	if opt.Path == "" {
		opt.Path = m.path("ROM_1")
	}
	opt.Output, opt.Open.Alone = m.path(name), true
	c, err := Create(m.t.Context(), opt)
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

func (m made) open(name string) *Archive {
	m.t.Helper()
	a, err := Open(m.t.Context(), m.path(name), nil)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { a.Close() })
	return a
}

func (m made) dump(name string) *dump.Dump {
	m.t.Helper()
	d, err := dump.Open(m.t.Context(), m.path(name), dump.Options{Alone: true})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { d.Close() })
	return d
}

// undraft writes an archive again as older versions wrote it: without the draft of its manifest.
func (m made) undraft(from, to string) {
	m.t.Helper()
	a := m.open(from)
	var outputs []flash.Output
	for i, ms := 0, a.Members(); i < len(ms); i++ {
		if ms[i].Name != flash.DraftName {
			outputs = append(outputs, flash.Output{Name: ms[i].Name, Image: a.Image(&ms[i])})
		}
	}
	f, err := os.Create(m.path(to))
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	w, err := backup.NewWriter(f, backup.Options{})
	if err == nil {
		_, err = w.Copy(m.t.Context(), outputs)
	}
	if err == nil {
		err = w.Finish()
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// same reports whether two files hold the same bytes.
func (m made) same(a, b string) bool {
	x, err := os.ReadFile(m.path(a))
	if err != nil {
		m.t.Fatal(err)
	}
	y, err := os.ReadFile(m.path(b))
	return err == nil && bytes.Equal(x, y)
}

// poke writes bytes into a file.
func (m made) poke(name string, off int64, b []byte) {
	m.t.Helper()
	f, err := os.OpenFile(m.path(name), os.O_WRONLY, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(b, off); err != nil {
		m.t.Fatal(err)
	}
}

// middleOf is an offset in an archive, amid the frames of a member's content: members stand
// one after the other, behind a frame of some bytes.
func middleOf(a *Archive, of *backup.Member) (at int64) {
	for _, m := range a.Members() {
		if m.Name == of.Name {
			break
		}
		at += m.Packed()
	}
	return at + of.Head + (of.Packed()-of.Head)/2
}

// wants fails unless an error is a refusal for a reason.
func wants(t *testing.T, what string, err error, reason flash.Reason) {
	t.Helper()
	if r := flash.AsRefusal(err); r == nil || r.Reason != reason {
		t.Errorf("%s: %v, want a refusal: %s", what, err, reason)
	}
}

// What contradicts itself, and what would be made by accident, is refused before anything
// is opened.
func TestCreateOptions(t *testing.T) {
	to := []seal.Recipient{nil}
	for name, opt := range map[string]CreateOptions{
		"no name":                  {Path: "x"},
		"shared and encrypted":     {Output: "o", Share: true, EncryptPrivate: to},
		"encrypted twice":          {Output: "o", Encrypt: to, EncryptPrivate: to},
		"an owner, and not shared": {Output: "o", OwnerKey: "key"},
		"shared identity":          {Output: "o", Share: true, Identity: true, Plain: true},
		"parity of volumes":        {Output: "o", Parity: 5, Volume: 1 << 20},
	} {
		if err := opt.Check(); !errors.As(err, new(*OptionsError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wants(t, "identity", (&CreateOptions{Output: "o", Identity: true}).Check(), flash.ReasonInClear)
	for _, opt := range []CreateOptions{{Output: "o", Identity: true, Plain: true}, {Output: "o", Identity: true, Encrypt: to}, {Output: "o"}} {
		if err := opt.Check(); err != nil {
			t.Errorf("%+v: %v", opt, err)
		}
	}
	if got := (&CreateOptions{Zip: true, Share: true, Encrypt: to}).Ending(); got != ".share.zip.age" {
		t.Errorf("it ends with %s", got)
	}
}

// Nothing is overwritten but an archive, and only when that is asked for; the sidecar of an
// older archive is not left beside a new one.
func TestCreateReplaces(t *testing.T) {
	m := newMade(t)
	if c := m.pack("a", CreateOptions{Parity: 5}); c.Sidecar == 0 || len(c.Files) != 1 || c.Images == 0 {
		t.Errorf("made %+v", c)
	}
	again := CreateOptions{Path: m.path("ROM_1"), Output: m.path("a"), Open: dump.Options{Alone: true}}
	_, err := Create(t.Context(), again)
	wants(t, "its sidecar", err, flash.ReasonBeside)
	if err := os.Remove(m.path("a.par")); err != nil {
		t.Fatal(err)
	}
	_, err = Create(t.Context(), again)
	wants(t, "an archive", err, flash.ReasonOurs)
	m.pack("a", CreateOptions{Replace: true})
	again.Output, again.Replace = m.path("BOOT_1"), true
	_, err = Create(t.Context(), again)
	wants(t, "no archive", err, flash.ReasonExists)
}

// A finished parts folder is packed as it is, and what has changed in it is an error.
func TestCreateOfParts(t *testing.T) {
	m := newMade(t)
	m.pack("a", CreateOptions{})
	if _, err := Restore(t.Context(), m.path("a"), RestoreOptions{Output: m.path("parts"), Parts: true}); err != nil {
		t.Fatal(err)
	}
	opt := CreateOptions{Path: m.path("parts")}
	if as, err := opt.AsItIs(t.Context()); !as || err != nil {
		t.Errorf("the folder as it is: %v, %v", as, err)
	}
	opt.Wishes.Only = []string{"boot"}
	if as, err := opt.AsItIs(t.Context()); as || err != nil {
		t.Errorf("a part of it as it is: %v, %v", as, err)
	}
	m.pack("b", CreateOptions{Path: m.path("parts")})
	if !slices.EqualFunc(m.open("a").Members(), m.open("b").Members(), func(x, y backup.Member) bool {
		return x.Name == y.Name && (x.SHA256 == y.SHA256 || x.Name == flash.ManifestName || x.Name == flash.DraftName)
	}) {
		t.Error("the folder was not packed as it is")
	}
	m.poke("parts/boot.img", 100, []byte{0xff})
	_, err := Create(t.Context(), CreateOptions{Path: m.path("parts"), Output: m.path("c")})
	if !errors.As(err, new(*dump.ChangedError)) {
		t.Errorf("a part that changed: %v", err)
	}
	if _, err := os.Lstat(m.path("c")); err == nil {
		t.Error("an archive was made of it")
	}
}

// What is damaged is named, counts as never read, and the rest is restored; an archive is
// opened once for that.
func TestRestoreDamaged(t *testing.T) {
	m := newMade(t)
	m.pack("a", CreateOptions{})
	member := m.open("a").Member("boot.img")
	m.poke("a", middleOf(m.open("a"), member), []byte{0, 0xff, 0, 0xff})
	v, err := Verify(t.Context(), m.path("a"), VerifyOptions{})
	if err != nil || v.State != Broken || len(v.Problems) == 0 {
		t.Fatalf("verify: %+v, %v", v, err)
	}
	a := m.open("a")
	r, err := a.Restore(t.Context(), RestoreOptions{Output: m.path("again")})
	if err != nil || !r.Lost || r.Map != m.path("again.map") || flash.Worst(r.Problems) != flash.Error {
		t.Fatalf("restore: %+v, %v", r, err)
	}
	if m.same("again", "ROM_1") {
		t.Error("nothing was damaged")
	}
	if err := os.Remove(m.path("ROM_1")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(r.Map); err != nil {
		t.Error(err)
	}
	if r, err = a.Restore(t.Context(), RestoreOptions{Output: m.path("parts"), Parts: true}); err != nil || !r.Lost {
		t.Fatalf("parts: %+v, %v", r, err)
	}
	f, err := split.Open(t.Context(), m.path("parts"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Manifest.Complete || len(f.Manifest.Sources[0].Unread) == 0 {
		t.Error("the folder calls what is lost the phone's")
	}
	_, err = a.Restore(t.Context(), RestoreOptions{Output: m.path("x"), Region: "EMMC_RPMB"})
	if !errors.As(err, new(*NoRegionError)) {
		t.Errorf("a region that is not there: %v", err)
	}
}

// An archive of a part of the dump is no dump, and one without its record is neither.
func TestRestoreRefuses(t *testing.T) {
	m := newMade(t)
	m.pack("share", CreateOptions{Share: true})
	_, err := Restore(t.Context(), m.path("share"), RestoreOptions{Output: m.path("x")})
	wants(t, "a shared archive", err, flash.ReasonPartial)
	if v, err := Verify(t.Context(), m.path("share"), VerifyOptions{}); err != nil || v.State != Partial {
		t.Errorf("it is %+v, %v", v, err)
	}
	m.pack("new", CreateOptions{})
	m.undraft("new", "cut")
	if err := os.Truncate(m.path("cut"), 30000); err != nil {
		t.Fatal(err)
	}
	if r, err := Restore(t.Context(), m.path("cut"), RestoreOptions{Output: m.path("saved"), Parts: true}); err != nil || flash.Worst(r.Problems) != flash.Error || r.Files < 10 {
		t.Errorf("parts without a record: %+v, %v", r, err)
	}
	_, err = Restore(t.Context(), m.path("cut"), RestoreOptions{Output: m.path("x")})
	wants(t, "without its record", err, flash.ReasonNoRecord)
}

// A plan names what is written, what it costs, and refuses a phone of another model.
func TestFlashPlan(t *testing.T) {
	m := newMade(t)
	m.pack("a", CreateOptions{})
	p, err := m.open("a").FlashPlan(t.Context(), PlanOptions{Target: TargetOf(m.dump("ROM_1"))})
	if err != nil {
		t.Fatal(err)
	}
	risk := map[string]string{}
	for _, w := range p.Writes {
		risk[w.Name] = w.Risk
	}
	if !strings.Contains(risk["nvram"], "identity") || risk["boot"] == "" || len(p.Lost) == 0 || len(p.Tables) > 0 || p.Scatter == "" {
		t.Errorf("it plans %+v", p)
	}
	if p, err = m.open("a").FlashPlan(t.Context(), PlanOptions{Only: []string{"boot"}}); err != nil || len(p.Writes) != 1 {
		t.Errorf("of boot alone: %+v, %v", p, err)
	}
	m.pack("some", CreateOptions{Share: true})
	if p, err = m.open("some").FlashPlan(t.Context(), PlanOptions{}); err != nil || !slices.Contains(p.Tables, "pgpt") {
		t.Errorf("of a part: %+v, %v", p, err)
	}
	other, err := ScatterTarget("../testdata/MT6592_Android_scatter.txt")
	if err != nil || other == nil {
		t.Fatal(other, err)
	}
	_, err = m.open("a").FlashPlan(t.Context(), PlanOptions{Target: other})
	wants(t, "another model", err, flash.ReasonOtherModel)
	if none, err := ScatterTarget(m.path("ROM_1")); none != nil || err != nil {
		t.Errorf("a dump is no scatter file: %v, %v", none, err)
	}
}

// A shared archive holds nothing private, a whole one does, and an owner's key tells whose
// it is.
func TestSearch(t *testing.T) {
	m := newMade(t)
	key := m.path("owner.key")
	if c := m.pack("share", CreateOptions{Share: true, OwnerKey: key}); !slices.Contains(c.LeftOut, "nvram") {
		t.Errorf("it leaves out %q", c.LeftOut)
	}
	s, err := m.open("share").Search(t.Context(), m.dump("ROM_1"), SearchOptions{OwnerKey: key})
	if err != nil || s.Verdict != Clean || s.Owner != Same || !slices.Contains(s.Same, "nvram") || s.For[leak.IMEI] == 0 {
		t.Errorf("the shared archive: %+v, %v", s, err)
	}
	m.pack("all", CreateOptions{})
	if s, err = m.open("all").Search(t.Context(), m.dump("ROM_1"), SearchOptions{OwnerKey: key}); err != nil || s.Verdict != Leaks || s.Owner != Unsigned || len(s.Hits) == 0 {
		t.Errorf("the whole archive: %+v, %v", s, err)
	}
	if err := os.WriteFile(key, bytes.Repeat([]byte("00"), ownerKeySize), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err = m.open("share").Search(t.Context(), m.dump("ROM_1"), SearchOptions{OwnerKey: key}); err != nil || s.Owner != Other {
		t.Errorf("another owner: %+v, %v", s, err)
	}
	_, err = m.open("share").Search(t.Context(), m.dump("ROM_1"), SearchOptions{OwnerKey: m.path("ROM_1")})
	if !errors.As(err, new(*OwnerKeyError)) {
		t.Errorf("a dump as a key: %v", err)
	}
}

// A backup in a store comes back as the dump with its key, and without it as what is not
// private.
func TestPushAndPull(t *testing.T) {
	m := newMade(t)
	text, to, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := oci.ParseRef("oci:" + m.path("place") + ":a")
	if err != nil {
		t.Fatal(err)
	}
	locked, open := oci.Options{}, oci.Options{Keys: func() ([]seal.Key, error) { return keys, nil }}
	push := PushOptions{Path: m.path("ROM_1"), Open: dump.Options{Alone: true}, To: ref, EncryptPrivate: []seal.Recipient{to}}
	if p, err := Push(t.Context(), push); err != nil || p.Sealed == 0 || len(p.Identity.Known) == 0 {
		t.Fatalf("push: %+v, %v", p, err)
	}
	_, err = Push(t.Context(), push)
	wants(t, "a tag that is there", err, flash.ReasonOurs)

	p, err := Pull(t.Context(), PullOptions{From: ref, Store: open, Dump: true, Output: m.path("again")})
	if err != nil || p.Restored == nil || p.Incomplete || !m.same("again", "ROM_1") {
		t.Errorf("the dump: %+v, %v", p, err)
	}
	if p, err = Pull(t.Context(), PullOptions{From: ref, Store: locked, Output: m.path("parts")}); err != nil || p.Locked == nil || p.Record.Complete {
		t.Errorf("without the key: %+v, %v", p, err)
	}
	if _, err := os.Stat(m.path("parts/nvram.bin")); err == nil {
		t.Error("nvram was pulled without the key")
	}
	_, err = Pull(t.Context(), PullOptions{From: ref, Store: locked, Output: m.path("x"), WithKey: true})
	wants(t, "a key that opens nothing", err, flash.ReasonEncrypted)
	for state, opt := range map[State]oci.Options{Complete: open, Unchanged: locked} {
		if v, err := VerifyStore(t.Context(), ref, opt); err != nil || v.State != state {
			t.Errorf("verify: %+v, %v, want %s", v, err, state)
		}
	}
}

// Private files are encrypted, proven without a key, and opened by one.
func TestEncryptPrivate(t *testing.T) {
	m := newMade(t)
	text, to, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	c := m.pack("mixed", CreateOptions{EncryptPrivate: []seal.Recipient{to}})
	keys := func() ([]seal.Key, error) { return seal.ParseKeys(text) }
	if c.Locked == 0 {
		t.Error("nothing was encrypted")
	}
	if v, err := Verify(t.Context(), m.path("mixed"), VerifyOptions{}); err != nil || v.State != Complete || v.Locked != (LockedFiles{All: c.Locked}) {
		t.Errorf("without a key: %+v, %v", v, err)
	}
	if v, err := Verify(t.Context(), m.path("mixed"), VerifyOptions{TryKeys: true}); err != nil || v.Locked.Kept != c.Locked {
		t.Errorf("with no key that opens it: %+v, %v", v, err)
	}
	if v, err := Verify(t.Context(), m.path("mixed"), VerifyOptions{TryKeys: true, Keys: keys}); err != nil || v.Locked.Opened != c.Locked {
		t.Errorf("with the key: %+v, %v", v, err)
	}
	if r, err := Restore(t.Context(), m.path("mixed"), RestoreOptions{Output: m.path("again"), Keys: keys}); err != nil || r.Incomplete || !m.same("again", "ROM_1") {
		t.Errorf("with the key: %+v, %v", r, err)
	}
	if r, err := Restore(t.Context(), m.path("mixed"), RestoreOptions{Output: m.path("holes")}); err != nil || !r.Incomplete || r.Map == "" {
		t.Errorf("without: %+v, %v", r, err)
	}
	if r, err := Restore(t.Context(), m.path("mixed"), RestoreOptions{Output: m.path("parts"), Parts: true}); err != nil || r.Locked != c.Locked {
		t.Errorf("parts: %+v, %v", r, err)
	}
}
