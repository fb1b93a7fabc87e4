package avb

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// A phone with slots: vbmeta_a describes boot and system, boot_a repeats it in its
// footer, slot b was changed.
func samplePhone(flags uint32) []Partition {
	kernel := imgtest.Noise("kernel", 50_000)
	boot := imgtest.AVBHash("boot", kernel, salt)
	system, tree := withTree(64 * 4096)
	top := imgtest.AVBBlock{Flags: flags, Descriptors: [][]byte{boot, tree, imgtest.AVBHash("nowhere", nil, salt)}}.Bytes()
	footed := imgtest.AVBFooted(kernel, imgtest.AVBBlock{Descriptors: [][]byte{boot}}.Bytes(), len(kernel), 128<<10)
	other := bytes.Clone(footed)
	other[1000] ^= 1
	part := func(name string, b []byte) Partition { return Partition{name, bytes.NewReader(b), true} }
	return []Partition{part("vbmeta_a", top), part("vbmeta_b", top), part("boot_a", footed), part("boot_b", other), part("system_a", system), part("system_b", system)}
}

// report lists findings and problems, a line each.
func report(t *testing.T, list []Partition) string {
	t.Helper()
	r, err := Check(context.Background(), list, func(name string) *Partition {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
		return nil
	}, func(string, int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s by %s %v\n", f.Partition, f.By, f.Verdict)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "%v %s\n", p.Severity, p)
	}
	return b.String()
}

func TestCheckPhone(t *testing.T) {
	list := samplePhone(0)
	wantFindings := "boot_a by vbmeta_a intact\nsystem_a by vbmeta_a intact\nboot_b by vbmeta_b different\nsystem_b by vbmeta_b intact\n"
	want := wantFindings + "warning boot_b: is not the image that vbmeta_b describes: the sha256 digest of its 0xc350 bytes is different; " +
		"it was changed after it was built (root, a custom recovery) or read with errors, and a locked phone does not start with it\n"
	if got := report(t, list); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}

	// A phone that does not verify: what is changed was changed on purpose.
	off := "note vbmeta_a: verification is switched off (flags 2)\nnote vbmeta_b: verification is switched off (flags 2)\n"
	got := report(t, samplePhone(2))
	if !strings.HasPrefix(got, wantFindings+strings.Split(off, "\n")[0]) || strings.Contains(got, "warning") || !strings.Contains(got, "note boot_b: is not the image") {
		t.Errorf("got %s", got)
	}

	// A partition that is cut contradicts nothing.
	cut := samplePhone(0)
	cut[3].Whole, cut[5].Whole = false, false
	want = "boot_a by vbmeta_a intact\nsystem_a by vbmeta_a intact\nboot_b by vbmeta_b unknown\nsystem_b by vbmeta_b unknown\n"
	if got := report(t, cut); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// A chained block signed with another key than the chain asks for.
func TestChainKey(t *testing.T) {
	part := func(name string, b imgtest.AVBBlock) Partition {
		return Partition{name, bytes.NewReader(b.Bytes()), true}
	}
	list := []Partition{
		part("vbmeta", imgtest.AVBBlock{Descriptors: [][]byte{imgtest.AVBChain("vbmeta_system", []byte("key one")), imgtest.AVBChain("vbmeta_vendor", []byte("key two")), imgtest.AVBChain("absent", nil)}}),
		part("vbmeta_system", imgtest.AVBBlock{Key: []byte("key one")}),
		part("vbmeta_vendor", imgtest.AVBBlock{Key: []byte("key three")}),
	}
	want := "warning vbmeta_vendor: is signed with the key "
	if got := report(t, list); !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 1 {
		t.Errorf("got %s", got)
	}

	// Images from elsewhere: one without a block, one whose block nobody signed. Of one
	// that is cut nothing is known.
	kernel := imgtest.Noise("kernel", 5000)
	footed := imgtest.AVBFooted(kernel, imgtest.AVBBlock{Descriptors: [][]byte{imgtest.AVBHash("boot", kernel, nil)}}.Bytes(), len(kernel), 64<<10)
	for flags, how := range map[uint32]string{0: "warning", 2: "note"} {
		list = []Partition{
			part("vbmeta", imgtest.AVBBlock{Flags: flags, Descriptors: [][]byte{imgtest.AVBChain("recovery", []byte("key one")), imgtest.AVBChain("boot", []byte("key one")), imgtest.AVBChain("dtbo", []byte("key one"))}}),
			{"recovery", bytes.NewReader(kernel), true}, {"boot", bytes.NewReader(footed), true}, {"dtbo", bytes.NewReader(kernel), false},
		}
		got := report(t, list)
		for _, want := range []string{how + " recovery: has no vbmeta block, but vbmeta requires a signature with the key ", how + " boot: is not signed, but vbmeta"} {
			if !strings.Contains(got, want) || strings.Contains(got, "dtbo") {
				t.Errorf("got %s\nwant %q", got, want)
			}
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	list := samplePhone(0)
	_, err := Check(ctx, list, func(name string) *Partition { cancel(); return &list[4] }, nil)
	if err != context.Canceled {
		t.Errorf("interrupted: %v", err)
	}
}
