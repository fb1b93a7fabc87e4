package dumps

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

var update = flag.Bool("update", false, "rewrite the stored verdicts")

// subject is a whole user area with the truth about it.
type subject struct {
	name string
	rom  *imgtest.Sparse
	rows []flash.Partition // of the dump's own table, under the names the table gives
	ss   int64             // sector size
	ebrs []int64           // places of EBR1, EBR2
}

// damage changes an image, or answers false when it does not apply to it.
type damage struct {
	name string
	do   func(s *subject) (*imgtest.Sparse, bool)
}

// TestVerdicts breaks user areas of every generation in every way we know, and compares
// what info, split and verify make of them with the stored table. A line reads: what
// was broken, the three exit codes, how many of the true rows split would carve, and
// the loudest thing that is said. Whatever the damage: exit code 0 means that every row
// is there.
func TestVerdicts(t *testing.T) {
	dir := t.TempDir()
	for _, s := range subjects(t) {
		t.Run(s.name, func(t *testing.T) {
			var lines []string
			for _, d := range damages {
				rom, ok := d.do(s)
				if !ok {
					continue
				}
				lines = append(lines, judge(t, s, d.name, rom, filepath.Join(dir, "ROM_1")))
			}
			got := strings.Join(lines, "\n") + "\n"
			golden := filepath.Join("testdata", "verdicts", s.name+".txt")
			if *update {
				os.MkdirAll(filepath.Dir(golden), 0o777)
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("verdicts differ (-stored +now); -update rewrites them:\n%s", d)
			}
		})
	}
}

// judge runs the three commands on one broken image.
func judge(t *testing.T, s *subject, name string, rom *imgtest.Sparse, path string) string {
	t.Helper()
	os.Remove(path)
	if err := rom.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	info, _, _ := program("info", path)
	verify, _, _ := program("verify", path)
	code, out, errs := program("split", path, "--dry-run", "--json")
	right := 0
	var m flash.Manifest
	if out != "" {
		if err := json.Unmarshal([]byte(out), &m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		right = countRight(s.rows, rom, s.rom, &m)
	}
	if code == words.ExitOK && right != len(s.rows) {
		t.Errorf("%s: split says all is well with %d of %d rows", name, right, len(s.rows))
	}
	if (info == words.ExitOK || verify == words.ExitOK) && code != words.ExitOK {
		t.Errorf("%s: info says %d and verify %d, split %d", name, info, verify, code)
	}
	return fmt.Sprintf("%-34s info %d  verify %d  split %d  rows %d/%d  %s", name, info, verify, code, right, len(s.rows), loudest(errs, path))
}

// countRight counts the true rows that the plan carves whole, with the very bytes they
// had before the damage where the damage did not touch them.
func countRight(rows []flash.Partition, broken, whole *imgtest.Sparse, m *flash.Manifest) int {
	n := 0
	for _, row := range rows {
		for _, e := range m.Entries {
			// A row that runs to the end of an MBR's device has no length of its own.
			complete := e.Present == row.Length && e.Length == row.Length || row.ToEnd && e.Present == e.Length
			if e.Kind == "partition" && e.Name == row.Name && complete {
				head := flash.Extent{Offset: e.Offset + begins(m, e.Region, broken.Size()), Length: min(e.Length, 4096)}
				truth := flash.Extent{Offset: row.Offset, Length: head.Length}
				if string(broken.Range(head)) == string(whole.Range(truth)) || row.Name == "pgpt" || row.Name == "sgpt" || row.Length == 512 {
					n++
					break
				}
			}
		}
	}
	return n
}

// begins is where a region begins in its file, which is before it when the head is cut
// off and padded.
func begins(m *flash.Manifest, r flash.Region, size int64) int64 {
	src := m.Source(r)
	return src.Offset - max(src.Offset+src.Size-size, 0)
}

// loudest is the first error, else the first warning, else the reason to stop.
func loudest(stderr, path string) string {
	for _, voice := range []string{"error: ", "mtkkit: ", "warning: "} {
		for line := range strings.SplitSeq(stderr, "\n") {
			if strings.HasPrefix(line, voice) {
				return strings.ReplaceAll(line, path, "ROM_1")
			}
		}
	}
	return "-"
}

func subjects(t *testing.T) []*subject {
	var all []*subject
	for _, p := range []*imgtest.Phone{imgtest.MT6572(), imgtest.MT6592(), imgtest.MT6765(), imgtest.MT6893()} {
		s := &subject{name: "made-" + strings.ToLower(p.Chip), rom: p.User, ss: 512}
		if p.Storage == flash.UFS {
			s.ss = 4096
		}
		for _, n := range []string{"EBR1", "EBR2"} {
			if strings.Contains(p.Scatter, "partition_name: "+n+"\n") {
				s.ebrs = append(s.ebrs, p.Row(n).Offset)
			}
		}
		all = append(all, s)
	}
	if os.Getenv("MTKKIT_CORPUS") != "" {
		all = append(all, corpusSubjects(t)...)
	}
	for _, s := range all {
		s.rows = ownRows(t, s)
		if n := len(s.rows) - 1; len(s.ebrs) > 0 && s.rows[n].End() == s.rom.Size() {
			s.rows[n].ToEnd = true
		}
	}
	return all
}

// corpusSubjects are user areas of real tables at their devices' real sizes.
func corpusSubjects(t *testing.T) []*subject {
	var all []*subject
	for i, c := range composites {
		s := &subject{name: c.device, rom: imgtest.NewSparse(c.size), ss: 512, ebrs: []int64{0x80000}}
		for _, p := range c.pieces {
			s.rom.Put(p.offset, corpusFile(t, c.device, p.file))
		}
		if i == 0 {
			s.ebrs = append(s.ebrs, 0x4020000)
		}
		all = append(all, s)
	}
	for _, c := range []struct{ device, file string }{{"lg-k310im-mt6762", "pgpt.bin"}, {"wesz-a-mtk", "gpt.bin"}} {
		rom := withBackup(corpusFile(t, c.device, c.file))
		rom.Put(0x8000, []byte("stands in the first partition"))
		all = append(all, &subject{name: c.device, rom: rom, ss: 512})
	}
	return all
}

// withBackup makes a whole device of a primary GPT, as its header says it is.
func withBackup(head []byte) *imgtest.Sparse {
	const sector = 512
	le := binary.LittleEndian
	header := append([]byte(nil), head[sector:2*sector]...)
	last := le.Uint64(header[32:])
	rom := imgtest.NewSparse(int64(last+1) * sector)
	rom.Put(0, head)
	le.PutUint64(header[24:], last)
	le.PutUint64(header[32:], 1)
	le.PutUint64(header[72:], last-32)
	le.PutUint32(header[16:], 0)
	le.PutUint32(header[16:], crc32.ChecksumIEEE(header[:92]))
	rom.Put(int64(last-32)*sector, head[2*sector:2*sector+128*128])
	rom.Put(int64(last)*sector, header)
	return rom
}

// ownRows are the rows that the undamaged dump gives: the truth for the damaged ones.
func ownRows(t *testing.T, s *subject) []flash.Partition {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ROM_1")
	if err := s.rom.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	out, _ := must(t, words.ExitOK, "split", path, "--dry-run", "--json")
	var m flash.Manifest
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		t.Fatal(err)
	}
	var rows []flash.Partition
	for _, e := range m.Entries {
		if e.Kind == "partition" {
			rows = append(rows, flash.Partition{Name: e.Name, Extent: e.Extent})
		}
	}
	return rows
}

// edited damages a copy.
func edited(do func(s *subject, rom *imgtest.Sparse)) func(*subject) (*imgtest.Sparse, bool) {
	return func(s *subject) (*imgtest.Sparse, bool) {
		rom := s.rom.Clone()
		do(s, rom)
		return rom, true
	}
}

// onGPT and onEBR damage only dumps with such a table.
func onGPT(do func(s *subject, rom *imgtest.Sparse)) func(*subject) (*imgtest.Sparse, bool) {
	return func(s *subject) (*imgtest.Sparse, bool) {
		if len(s.ebrs) > 0 {
			return nil, false
		}
		return edited(do)(s)
	}
}

func onEBR(n int, do func(s *subject, rom *imgtest.Sparse)) func(*subject) (*imgtest.Sparse, bool) {
	return func(s *subject) (*imgtest.Sparse, bool) {
		if len(s.ebrs) < n {
			return nil, false
		}
		return edited(do)(s)
	}
}

// moved writes the image anew with its bytes shifted; a negative shift cuts the head.
func moved(by int64) func(*subject) (*imgtest.Sparse, bool) {
	return func(s *subject) (*imgtest.Sparse, bool) {
		rom := imgtest.NewSparse(s.rom.Size() + by)
		copyInto(rom, s.rom, by)
		return rom, true
	}
}

func copyInto(to, from *imgtest.Sparse, by int64) {
	for off := int64(0); ; {
		d, _ := from.NextData(off)
		if d.Length == 0 {
			return
		}
		for d.Length > 0 {
			piece := flash.Extent{Offset: d.Offset, Length: min(d.Length, 1<<20)}
			b, at := from.Range(piece), piece.Offset+by
			if at < 0 {
				b, at = b[min(-at, int64(len(b))):], 0
			}
			to.Put(at, b)
			d.Offset, d.Length = piece.End(), d.Length-piece.Length
		}
		off = d.Offset
	}
}

func cutAt(size func(s *subject) int64) func(*subject) (*imgtest.Sparse, bool) {
	return edited(func(s *subject, rom *imgtest.Sparse) { rom.Truncate(size(s)) })
}

func part(of, parts int64) func(*subject) int64 {
	return func(s *subject) int64 { return s.rom.Size() / parts * of / s.ss * s.ss }
}

func bytesLong(n int64) func(*subject) int64 { return func(*subject) int64 { return n } }

func flip(rom *imgtest.Sparse, off int64) {
	b := rom.Range(flash.Extent{Offset: off, Length: 1})
	rom.Put(off, []byte{b[0] ^ 0xFF})
}

func backupHeader(s *subject) int64  { return s.rom.Size() - s.ss }
func backupEntries(s *subject) int64 { return s.rom.Size() - s.ss - 128*128 }

// inBoth edits the entries of both copies and makes all checksums hold again.
func inBoth(s *subject, rom *imgtest.Sparse, edit func(entries []byte)) {
	for _, at := range []struct{ entries, header int64 }{{2 * s.ss, s.ss}, {backupEntries(s), backupHeader(s)}} {
		b := rom.Range(flash.Extent{Offset: at.entries, Length: 128 * 128})
		edit(b)
		rom.Put(at.entries, b)
		sealHeader(rom, at.header, func(h []byte) { binary.LittleEndian.PutUint32(h[88:], crc32.ChecksumIEEE(b)) })
	}
}

// sealHeader edits a GPT header and makes its checksum hold again.
func sealHeader(rom *imgtest.Sparse, off int64, edit func(h []byte)) {
	h := rom.Range(flash.Extent{Offset: off, Length: 92})
	edit(h)
	clear(h[16:20])
	binary.LittleEndian.PutUint32(h[16:], crc32.ChecksumIEEE(h))
	rom.Put(off, h)
}

var damages = []damage{
	{"nothing", edited(func(*subject, *imgtest.Sparse) {})},
	{"first sector zeroed", edited(func(s *subject, rom *imgtest.Sparse) { rom.Zero(0, s.ss) })},
	{"first 32 KiB zeroed", edited(func(s *subject, rom *imgtest.Sparse) { rom.Zero(0, 32<<10) })},
	{"first 32 KiB erased", edited(func(s *subject, rom *imgtest.Sparse) { rom.Put(0, []byte(strings.Repeat("\xff", 32<<10))) })},
	{"first 32 KiB text", edited(func(s *subject, rom *imgtest.Sparse) { rom.Put(0, []byte(strings.Repeat("read error ", 2978))) })},
	{"backup zeroed", onGPT(func(s *subject, rom *imgtest.Sparse) { rom.Zero(backupEntries(s), s.rom.Size()-backupEntries(s)) })},
	{"both tables zeroed", onGPT(func(s *subject, rom *imgtest.Sparse) {
		rom.Zero(0, 32<<10)
		rom.Zero(backupEntries(s), s.rom.Size()-backupEntries(s))
	})},
	{"primary header flipped", onGPT(func(s *subject, rom *imgtest.Sparse) { flip(rom, s.ss+40) })},
	{"primary entry flipped", onGPT(func(s *subject, rom *imgtest.Sparse) { flip(rom, 2*s.ss+128+33) })},
	{"backup header flipped", onGPT(func(s *subject, rom *imgtest.Sparse) { flip(rom, backupHeader(s)+40) })},
	{"both entry arrays flipped", onGPT(func(s *subject, rom *imgtest.Sparse) {
		flip(rom, 2*s.ss+128+33)
		flip(rom, backupEntries(s)+128+33)
	})},
	{"two rows of one name", onGPT(func(s *subject, rom *imgtest.Sparse) {
		inBoth(s, rom, func(entries []byte) { copy(entries[128+56:256], entries[56:128]) })
	})},
	{"a name that leaves the folder", onGPT(func(s *subject, rom *imgtest.Sparse) {
		inBoth(s, rom, func(entries []byte) { copy(entries[128+56:256], ".\x00.\x00/\x00x\x00\x00\x00") })
	})},
	{"a name with a slash", onGPT(func(s *subject, rom *imgtest.Sparse) {
		inBoth(s, rom, func(entries []byte) { copy(entries[128+58:256], "/\x00") })
	})},
	{"a row without a name", onGPT(func(s *subject, rom *imgtest.Sparse) {
		inBoth(s, rom, func(entries []byte) { clear(entries[128+56 : 256]) })
	})},
	{"backup in no place, end cut", onGPT(func(s *subject, rom *imgtest.Sparse) {
		rom.Zero(backupEntries(s), s.rom.Size()-backupEntries(s))
		sealHeader(rom, s.ss, func(h []byte) { binary.LittleEndian.PutUint64(h[32:], 1) })
		rom.Truncate(backupEntries(s) - 5*s.ss)
	})},
	{"primary signature gone", onGPT(func(s *subject, rom *imgtest.Sparse) { rom.Zero(s.ss, 8) })},
	{"PMBR zeroed", onGPT(func(s *subject, rom *imgtest.Sparse) { rom.Zero(0, s.ss) })},
	{"primary header of another sector", onGPT(func(s *subject, rom *imgtest.Sparse) {
		h := rom.Range(flash.Extent{Offset: s.ss, Length: 512})
		rom.Zero(s.ss, 512)
		rom.Put(4608-s.ss, h)
	})},
	{"EBR1 zeroed", onEBR(1, func(s *subject, rom *imgtest.Sparse) { rom.Zero(s.ebrs[0], 512) })},
	{"EBR1 without signature", onEBR(1, func(s *subject, rom *imgtest.Sparse) { rom.Zero(s.ebrs[0]+510, 2) })},
	{"EBR2 zeroed", onEBR(2, func(s *subject, rom *imgtest.Sparse) { rom.Zero(s.ebrs[1], 512) })},
	{"EBR2 link wild", onEBR(2, func(s *subject, rom *imgtest.Sparse) {
		rom.Put(s.ebrs[0]+446+3*16+8, []byte{0xff, 0xff, 0xff, 0x7f})
	})},
	{"EBR1 links to itself", onEBR(2, func(s *subject, rom *imgtest.Sparse) {
		rom.Put(s.ebrs[0]+446+3*16+8, []byte{0, 0, 0, 0})
	})},
	{"MBR entry wild", onEBR(1, func(s *subject, rom *imgtest.Sparse) {
		rom.Put(446+2*16+8, []byte{0xff, 0xff, 0xff, 0xf0})
	})},
	{"cut to one sector", cutAt(func(s *subject) int64 { return s.ss })},
	{"cut to 17 KiB", cutAt(bytesLong(17 << 10))},
	{"cut to 512 KiB", cutAt(bytesLong(512 << 10))},
	{"cut to 1 MiB", cutAt(bytesLong(1 << 20))},
	{"cut to a tenth", cutAt(part(1, 10))},
	{"cut to a quarter", cutAt(part(1, 4))},
	{"cut to a half", cutAt(part(1, 2))},
	{"cut to nine tenths", cutAt(part(9, 10))},
	{"last MiB missing", cutAt(func(s *subject) int64 { return s.rom.Size() - 1<<20 })},
	{"last sector missing", cutAt(func(s *subject) int64 { return s.rom.Size() - s.ss })},
	{"half a sector too much", cutAt(func(s *subject) int64 { return s.rom.Size() + 100 })},
	{"a MiB too much", cutAt(func(s *subject) int64 { return s.rom.Size() + 1<<20 })},
	{"shifted by 512", moved(512)},
	{"shifted by 4096", moved(4096)},
	{"shifted by 0x600000", moved(0x600000)},
	{"shifted by 0x1400000", moved(0x1400000)},
	{"first sector cut off", func(s *subject) (*imgtest.Sparse, bool) { return moved(-s.ss)(s) }},
	{"first MiB cut off", moved(-1 << 20)},
	{"first MiB there twice", func(s *subject) (*imgtest.Sparse, bool) {
		rom, _ := moved(1 << 20)(s)
		rom.Put(0, s.rom.Range(flash.Extent{Length: 1 << 20}))
		return rom, true
	}},
	{"the dump there twice", func(s *subject) (*imgtest.Sparse, bool) {
		rom := imgtest.NewSparse(2 * s.rom.Size())
		copyInto(rom, s.rom, 0)
		copyInto(rom, s.rom, s.rom.Size())
		return rom, true
	}},
}
