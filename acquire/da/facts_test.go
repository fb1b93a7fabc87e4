package da

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/flash"
)

// changed returns the only entry of a made file after change was called with its stages.
func changed(t *testing.T, change func(first, second []byte)) (*Container, *Facts) {
	t.Helper()
	b := acquiretest.Container("MTK_AllInOne_DA_v3", acquiretest.Agent{Code: 0x6765, HWVersion: 0xca00})
	c, err := Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r := c.Entries[0].Regions
	change(b[r[1].Offset:r[1].End()], b[r[2].Offset:r[2].End()])
	f, err := c.Facts(0)
	if err != nil {
		t.Fatal(err)
	}
	return c, f
}

func TestBinding(t *testing.T) {
	const at = 0x200
	plain := func(second []byte) []byte { return second[:len(second)-0x100] }
	clear1 := func(first []byte) { clear(first[:0x100]) } // the stand-in's own hash
	for _, v := range []struct {
		name   string
		change func(first, second []byte)
		want   string
		covers string
	}{
		{"SHA-256", func(first, second []byte) {
			clear1(first)
			sum := sha256.Sum256(plain(second))
			copy(first[at:], sum[:])
		}, "SHA-256", "without its signature"},
		{"SHA-1", func(first, second []byte) {
			clear1(first)
			sum := sha1.Sum(plain(second))
			copy(first[at:], sum[:])
		}, "SHA-1", "without its signature"},
		{"with the signature", func(first, second []byte) {
			clear1(first)
			sum := sha256.Sum256(second)
			copy(first[at:], sum[:])
		}, "SHA-256", "with its signature"},
		{"changed second stage", func(first, second []byte) { second[5]++ }, NoHash, ""},
		{"changed signature", func(first, second []byte) { second[len(second)-1]++ }, "SHA-256", "without its signature"},
	} {
		c, f := changed(t, v.change)
		if f.Binding.Hash != v.want || f.Binding.Covers != v.covers || (len(f.Problems) > 0) != (v.want == NoHash) {
			t.Errorf("%s: %+v", v.name, f)
		}
		if v.want == NoHash {
			continue
		}
		b, err := flash.ReadFull(c.img, f.Binding.Offset, len(f.Binding.Value)/2)
		if err != nil || hex.EncodeToString(b) != f.Binding.Value {
			t.Errorf("%s: at 0x%x is %x, not %s", v.name, f.Binding.Offset, b, f.Binding.Value)
		}
	}
}

func TestStageFacts(t *testing.T) {
	_, f := changed(t, func(first, second []byte) {
		copy(second[64:], "Nov  9 2016\x0017:11:04\x00\x00\x00\x00[LIB] Security\x00") // a library's
		copy(second[256:], "\x00Aug 12 2018\x0016:39:31\x00")
		for i := len(first) - 0x100; i < len(first); i++ {
			first[i] = 'S'
		}
	})
	if f.Stages[0].Signed || !f.Stages[1].Signed || f.Stages[0].Built != "" || f.Stages[1].Built != "Aug 12 2018 16:39:31" || len(f.Stages[1].SHA256) != 64 {
		t.Errorf("%+v", f)
	}
	if _, f = changed(t, func(first, second []byte) { clear(second) }); flash.Worst(f.Problems) != flash.Error {
		t.Errorf("a stage of zeros: %v", f.Problems)
	}
}

// A file that is cut anywhere gives every agent that is whole, and names the others in one problem, with
// the offset of the first one's entry.
func TestCutEverywhere(t *testing.T) {
	b := made()
	whole, err := Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(b) {
		c, err := Read(bytes.NewReader(b[:n]))
		if c == nil {
			if n >= offEntries || err == nil {
				t.Fatalf("cut to 0x%x: %v", n, err)
			}
			continue
		}
		good := 0
		for _, e := range whole.Entries {
			if e.Regions[2].End() <= int64(n) {
				good++
			}
		}
		if len(c.Entries) != good || len(c.Problems) != min(4-good, 1) || (err == nil) != (good > 0) {
			t.Fatalf("cut to 0x%x: %d whole, %d entries, %v, %v", n, good, len(c.Entries), c.Problems, err)
		}
		for _, p := range c.Problems {
			if want := int64(offEntries + good*entrySize); p.Offset != want || p.Severity != flash.Error {
				t.Fatalf("cut to 0x%x: %+v, want offset 0x%x", n, p, want)
			}
			for i := good; i < 4; i++ {
				if !strings.HasSuffix(p.Text, "all agents") && !strings.Contains(p.Place+p.Text, fmt.Sprintf("agent %d", i)) {
					t.Fatalf("cut to 0x%x: %q does not name agent %d", n, p.Text, i)
				}
			}
		}
	}
}

// Of each vendor's agent at hand the stages can be read, and a hash that is said to bind them is that of
// the second, at the place that is named. Agents without a hash are few.
func TestVendorAgents(t *testing.T) {
	dir := os.Getenv("MTKKIT_AGENTS")
	if dir == "" {
		t.Skip("MTKKIT_AGENTS is not set: no vendors' agents to read")
	}
	files, err := filepath.Glob(filepath.Join(dir, "da", "*.bin"))
	if err != nil || len(files) == 0 {
		t.Fatal("no agents in", dir, err)
	}
	agents, bound := 0, 0
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Read(bytes.NewReader(b))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		for i, e := range c.Entries {
			f, err := c.Facts(i)
			if err != nil || len(f.Stages) < 2 {
				t.Errorf("%s: chip 0x%x: %+v, %v", path, e.Code, f, err)
				continue
			}
			if agents++; f.Binding.Hash == NoHash {
				t.Logf("%s: chip 0x%x has no hash of its second stage", path, e.Code)
				continue
			}
			bound++
			second := b[f.Stages[1].Offset:][:f.Stages[1].Length]
			if f.Binding.Covers == "without its signature" {
				second = second[:len(second)-f.Stages[1].Signature]
			}
			sum1, sum256 := sha1.Sum(second), sha256.Sum256(second)
			want := map[string][]byte{"SHA-1": sum1[:], "SHA-256": sum256[:]}[f.Binding.Hash]
			if first := f.Stages[0]; len(want) == 0 || hex.EncodeToString(want) != f.Binding.Value || !bytes.HasPrefix(b[f.Binding.Offset:], want) ||
				f.Binding.Offset < first.Offset || f.Binding.Offset >= first.Offset+first.Length {
				t.Errorf("%s: chip 0x%x: %+v", path, e.Code, f.Binding)
			}
		}
	}
	if bound*2 < agents {
		t.Errorf("only %d of %d agents are bound", bound, agents)
	}
}
