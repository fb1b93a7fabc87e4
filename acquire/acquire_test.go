package acquire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// fake is a region of a phone that can be told to fail.
type fake struct {
	b       []byte
	bad     []flash.Extent         // cannot be read
	healAt  int                    // from this read on, bad ranges can be
	diesAt  int                    // the read that loses the phone, 0 never
	flip    func(reads int) bool   // whether a read has a wrong byte
	before  func(off int64, n int) // told of every read
	reads   int
	largest int
}

var (
	errPlace = errors.New("this place is bad")
	errGone  = errors.New("the cable is out")
)

func (f *fake) Size() int64 { return int64(len(f.b)) }

func (f *fake) ReadAt(p []byte, off int64) (int, error) {
	f.reads++
	f.largest = max(f.largest, len(p))
	if f.before != nil {
		f.before(off, len(p))
	}
	if f.diesAt > 0 && f.reads >= f.diesAt {
		return 0, errGone
	}
	e := flash.Extent{Offset: off, Length: int64(len(p))}
	if touches(f.bad, e) && (f.healAt == 0 || f.reads < f.healAt) {
		return 0, fmt.Errorf("reading: %w", errPlace)
	}
	n := copy(p, f.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	if f.flip != nil && f.flip(f.reads) {
		p[0] ^= 1
	}
	return n, nil
}

// made keeps what patchwork has made: many tests want the same phone.
var made sync.Map

// patchwork returns n bytes that are noise and zeros by turns.
func patchwork(seed uint64, n int) []byte {
	key := [2]uint64{seed, uint64(n)}
	b, ok := made.Load(key)
	if !ok {
		b, _ = made.LoadOrStore(key, noiseAndZeros(seed, n))
	}
	return bytes.Clone(b.([]byte))
}

func noiseAndZeros(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed), 7}).Read(b)
	for i := 0; i < n; {
		j := min(n, i+r.IntN(n/8+1))
		clear(b[i:j])
		i = j + r.IntN(n/8+1)
	}
	return b
}

// phone is a made phone: 25 MiB and a bit of user area, two boot regions.
type phone struct {
	user, boot1, boot2 *fake
	again              int
}

func newPhone(seed uint64) *phone {
	return &phone{user: &fake{b: patchwork(seed, 25<<20+512)}, boot1: &fake{b: patchwork(seed+1, 1<<20)}, boot2: &fake{b: make([]byte, 1<<20)}}
}

// smallPhone is a phone of 5 MiB and a bit, for tests that read it once for every operation.
func smallPhone(seed uint64) *phone {
	return &phone{user: &fake{b: patchwork(seed, 5<<20+512)}, boot1: &fake{b: patchwork(seed+1, 8<<10)}, boot2: &fake{b: make([]byte, 8<<10)}}
}

func (p *phone) job() Job {
	return Job{
		Device: &flash.Device{Storage: flash.EMMC, Parts: []flash.Part{
			{Region: flash.EMMCUser, Image: p.user}, {Region: flash.EMMCBoot1, Image: p.boot1}, {Region: flash.EMMCBoot2, Image: p.boot2}}},
		DropCache: func() { p.again++ },
		IsLocal:   func(err error) bool { return errors.Is(err, errPlace) },
		Record:    flash.Manifest{Tool: "test", Created: "2026-01-02T03:04:05Z", Chip: "MT6765", Phone: &flash.ManifestPhone{HWCode: "0x0766", Protocol: "xflash"}},
		IDs:       map[string][]byte{"me_id": []byte("this very phone")},
		ReadTwice: map[flash.Region][]flash.Extent{flash.EMMCUser: {{Length: 1 << 20}, {Offset: 25 << 20, Length: 512}}},
	}
}

// acquire reads p into dir, as a program would.
func acquire(t testing.TB, dir string, job Job) (*flash.Manifest, bool, error) {
	t.Helper()
	d, err := Create(dir, job)
	if err != nil {
		t.Fatal(err)
	}
	return goOn(d)
}

func goOn(d *Dump) (*flash.Manifest, bool, error) {
	defer d.Close()
	if err := d.Read(context.Background()); err != nil {
		return d.record, false, err
	}
	return d.Finish(context.Background())
}

func resume(t testing.TB, dir string, job Job) (*flash.Manifest, bool, error) {
	t.Helper()
	d, err := Resume(dir, job)
	if err != nil {
		t.Fatal(err)
	}
	return goOn(d)
}

func sha(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// same compares a region's file with what the phone holds.
func same(t testing.TB, dir, name string, want []byte) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "regions", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, off := make([]byte, 256<<10), 0
	for {
		n, err := f.Read(b)
		if !bytes.HasPrefix(want[off:], b[:n]) || err == io.EOF && off < len(want) {
			t.Fatalf("%s differs from 0x%x on (want 0x%x bytes)", name, off, len(want))
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		off += n
	}
}

// finished asserts a whole dump of p, and that its manifest and sums are right.
func (p *phone) finished(t testing.TB, dir string) *flash.Manifest {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, flash.ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := flash.ReadManifest(f)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"ROM_1": p.user.b, "BOOT_1": p.boot1.b, "BOOT_2": p.boot2.b} {
		same(t, dir, name, b)
		for _, s := range m.Sources {
			if s.Name == name && (s.SHA256 != sha(b) || s.Unread != nil) {
				t.Errorf("%s: the manifest says %+v", name, s)
			}
		}
	}
	if !m.Complete || len(m.Sources) != 3 || m.Kind != flash.KindDump {
		t.Errorf("manifest: complete %v, %d sources, kind %s", m.Complete, len(m.Sources), m.Kind)
	}
	sums, err := os.ReadFile(filepath.Join(dir, flash.SumsName))
	if err != nil || strings.Count(string(sums), "\n") != len(m.Files) {
		t.Errorf("%v: sums\n%s", err, sums)
	}
	for _, f := range m.Files {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil || sha(b) != f.SHA256 || int64(len(b)) != f.Size {
			t.Errorf("%s is not what the manifest says: %v", f.Name, err)
		}
		if !strings.Contains(string(sums), f.SHA256+"  "+f.Name+"\n") {
			t.Errorf("%s is not in the sums", f.Name)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "regions", "*"))
	if len(left) != 9 { // each with its map and its chunks
		t.Errorf("in the folder: %q", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "manifest.json.part")); err == nil {
		t.Error("the unfinished manifest is still there")
	}
	return m
}

func TestAcquire(t *testing.T) {
	p, dir := newPhone(1), filepath.Join(t.TempDir(), "a", "dump")
	_, done, err := acquire(t, dir, p.job())
	if err != nil || !done {
		t.Fatal(done, err)
	}
	m := p.finished(t, dir)
	if m.Phone.PlainIDs != nil || m.Phone.IDs["me_id"] == "" || m.Phone.HWCode != "0x0766" || m.Created == "" {
		t.Errorf("phone: %+v", m.Phone)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, flash.ManifestName)); bytes.Contains(text, []byte(hex.EncodeToString([]byte("this very phone")))) {
		t.Error("the identity stands in the manifest")
	}
	if p.user.largest > 16<<20 {
		t.Errorf("read %d bytes at once", p.user.largest)
	}
	// Both tables, and both boot regions, were read twice.
	if p.again == 0 || p.user.reads != 7+2+2 || p.boot1.reads != 2 || p.boot2.reads != 2 {
		t.Errorf("reads of user %d, boot 1 %d, boot 2 %d; %d times afresh", p.user.reads, p.boot1.reads, p.boot2.reads, p.again)
	}
	_, err = Create(dir, p.job())
	refused(t, err, "holds a dump")
}

func refused(t *testing.T, err error, says string) {
	t.Helper()
	r := flash.AsRefusal(err)
	if r == nil || !strings.Contains(r.Text, says) || r.Reason == "" || r.By != "acquire" || r.Path == "" {
		t.Fatalf("got %+v (%v), want a refusal that says %q, with a reason", r, err, says)
	}
}

func TestKeepIDs(t *testing.T) {
	p, dir := newPhone(1), filepath.Join(t.TempDir(), "dump")
	job := p.job()
	job.KeepIDs = true
	m, _, err := acquire(t, dir, job)
	if err != nil || m.Phone.PlainIDs["me_id"] != hex.EncodeToString([]byte("this very phone")) {
		t.Errorf("%+v, %v", m.Phone, err)
	}
}

// Zeros are not read into files: what is not data takes no room.
func TestSparse(t *testing.T) {
	t.Parallel()
	p, dir := newPhone(1), filepath.Join(t.TempDir(), "dump")
	p.user.b = make([]byte, 64<<20)
	copy(p.user.b[33<<20:], "something")
	if _, done, err := acquire(t, dir, p.job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
	if n := takes(t, filepath.Join(dir, "regions", "ROM_1")); n > 1<<20 {
		t.Errorf("takes %v", flash.Size(n))
	}
}

// The phone is lost at every read there is: what was read stays, and the dump that is
// resumed is whole.
func TestLost(t *testing.T) {
	t.Parallel()
	const reads = 2 + 2 + 7 // the tables twice, and seven chunks
	for at := 1; at <= reads; at++ {
		p, dir := newPhone(uint64(at)), filepath.Join(t.TempDir(), "dump")
		p.user.diesAt = at
		_, done, err := acquire(t, dir, p.job())
		if done || !errors.Is(err, errGone) {
			t.Fatalf("read %d: %v, %v", at, done, err)
		}
		if _, err := os.Stat(filepath.Join(dir, flash.ManifestName)); err == nil {
			t.Fatal("an unfinished dump has a manifest")
		}
		if _, err := os.Stat(filepath.Join(dir, "regions", "ROM_1")); err == nil {
			t.Fatal("an unfinished region has its name")
		}
		p.user.diesAt, p.user.reads = 0, 0
		if _, done, err = resume(t, dir, p.job()); err != nil || !done {
			t.Fatalf("read %d, resumed: %v, %v", at, done, err)
		}
		p.finished(t, dir)
		again := p.user.reads - min(at-1, 1) // one chunk to know the phone by
		if want := reads - (at - 1); again != want {
			t.Errorf("lost at read %d: %d chunks were read again, want %d", at, again, want)
		}
	}
}

// Ctrl-C finishes the chunk.
func TestInterrupted(t *testing.T) {
	p, dir := newPhone(1), filepath.Join(t.TempDir(), "dump")
	ctx, cancel := context.WithCancel(context.Background())
	p.user.before = func(off int64, _ int) {
		if off == 8<<20 {
			cancel()
		}
	}
	d, err := Create(dir, p.job())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, _, err := d.Finish(context.Background()); !errors.Is(err, ErrUnfinished) {
		t.Errorf("finished: %v", err)
	}
	d.Close()
	j := journalOf(t, dir, "ROM_1")
	if got := flash.Total(j.read); got != 12<<20+512 { // and the table at the end, which was read first
		t.Errorf("%v were kept", flash.Size(got))
	}
	p.user.before = nil
	if _, done, err := resume(t, dir, p.job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}

func journalOf(t testing.TB, dir, name string) *journal {
	t.Helper()
	b, err := readBook(filepath.Join(dir, "regions", name+journalSuffix))
	if err != nil {
		t.Fatal(err)
	}
	j, _, err := readJournal(b)
	if err != nil {
		t.Fatal(err)
	}
	return j
}
