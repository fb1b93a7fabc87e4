package compare

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

var (
	oneBoot = imgtest.Noise("one", 8192)
	twoBoot = imgtest.Noise("two", 8192)
	badBoot = imgtest.Noise("bad", 8192)
)

func blockOf(partition string, image []byte) []byte {
	return imgtest.AVBBlock{Descriptors: [][]byte{imgtest.AVBHash(partition, image, []byte("salt"))}}.Bytes()
}

// verified compares a boot partition of two sides, and asks verified boot.
func verified(t *testing.T, x, y *side) Row {
	t.Helper()
	r := &Result{}
	if err := r.compare(t.Context(), pair(x, y), nil); err != nil {
		t.Fatal(err)
	}
	if err := r.verify(t.Context(), x, y, nil); err != nil {
		t.Fatal(err)
	}
	if r.Rows[0].Verified != "" && len(r.Checks) == 0 {
		t.Error("a verdict without a check")
	}
	return r.Rows[0]
}

func withBlock(name Name, boot, block []byte) *side {
	s := &side{name: name, items: []item{*phoneItem("boot", boot)}}
	if block != nil {
		s.items = append(s.items, *phoneItem("vbmeta", block))
	}
	return s
}

// Who is right, with one block, two equal ones, and those of two builds.
func TestVerified(t *testing.T) {
	one, two := blockOf("boot", oneBoot), blockOf("boot", twoBoot)
	behind := append(bytes.Clone(oneBoot[:8191]), oneBoot[8191]^1)
	head := blockOf("boot", oneBoot[:8191])
	for name, c := range map[string]struct {
		a, b, blockA, blockB []byte
		right                Name
		text                 string
	}{
		"one block, A":       {oneBoot, badBoot, one, nil, A, "verified boot: A is right, B is not: vbmeta of A (not signed) wants its bytes"},
		"one block, B":       {badBoot, oneBoot, one, nil, B, "verified boot: B is right, A is not: vbmeta of A (not signed) wants its bytes"},
		"one block, of B":    {badBoot, oneBoot, nil, one, B, "verified boot: B is right, A is not: vbmeta of B (not signed) wants its bytes"},
		"equal blocks":       {badBoot, oneBoot, one, one, B, "verified boot: B is right, A is not: vbmeta of A (not signed) and vbmeta of B (not signed) want its bytes"},
		"two builds":         {oneBoot, twoBoot, one, two, Both, "verified boot: both are right, each by its own vbmeta: two builds"},
		"changed, and newer": {badBoot, twoBoot, one, two, B, "verified boot: B is right, A is not: vbmeta of B (not signed) wants its bytes, but vbmeta of A (not signed) wants neither: two builds"},
		"exchanged":          {twoBoot, oneBoot, one, two, Both, "verified boot: both are right, each by the vbmeta of the other: two builds"},
		"neither":            {badBoot, twoBoot, one, one, Neither, "verified boot: neither is as vbmeta of A (not signed) wants it"},
		"outside":            {oneBoot, behind, head, head, Both, "verified boot: both are right: it does not check the bytes that differ"},
		"of another":         {oneBoot, badBoot, blockOf("recovery", oneBoot), nil, "", ""},
		"none":               {oneBoot, badBoot, nil, nil, "", ""},
	} {
		row := verified(t, withBlock(A, c.a, c.blockA), withBlock(B, c.b, c.blockB))
		if row.Right != c.right || row.Verified != c.text {
			t.Errorf("%s: %q, %q\nwant %q, %q", name, row.Right, row.Verified, c.right, c.text)
		}
	}
}

// A signature is said, whether it holds or not.
func TestVerifiedSigned(t *testing.T) {
	block := signedBlock(t, 0, imgtest.AVBHash("boot", oneBoot, []byte("salt")))
	row := verified(t, withBlock(A, badBoot, block), withBlock(B, oneBoot, nil))
	if row.Verified != "verified boot: B is right, A is not: vbmeta of A (signed) wants its bytes" {
		t.Error(row.Verified)
	}
	block[0x77]++
	row = verified(t, withBlock(A, badBoot, block), withBlock(B, oneBoot, nil))
	if row.Verified != "verified boot: B is right, A is not: vbmeta of A (its signature is broken) wants its bytes" {
		t.Error(row.Verified)
	}
}

// Each slot has its own block; that of a package is for both. An image of a package may be shorter
// than what the block describes: its end is zeros.
func TestVerifiedSlots(t *testing.T) {
	x := &side{name: A}
	for name, b := range map[string][]byte{"boot_b": badBoot, "vbmeta_a": blockOf("boot", badBoot), "vbmeta_b": blockOf("boot", oneBoot)} {
		x.items = append(x.items, *phoneItem(name, b))
	}
	y := &side{name: B, firmware: true, items: []item{*imageItem("boot", oneBoot)}}
	r := &Result{Package: B}
	if err := errors.Join(r.compare(t.Context(), pair(x, y), nil), r.verify(t.Context(), x, y, nil)); err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Rows {
		if row.Name == "boot_b" && row.Verified != "verified boot: B is right, A is not: vbmeta_b of A (not signed) wants its bytes" {
			t.Error(row.Verified)
		}
	}
	padded := append(bytes.Clone(oneBoot), make([]byte, 4096)...)
	x = withBlock(A, append([]byte("x"), padded[1:]...), blockOf("boot", padded))
	if row := verified(t, x, y); row.Right != B {
		t.Errorf("padded: %q, %s", row.Right, row.Verified)
	}
}

// A footer in the partition itself is a block, too. Unread bytes prove nothing.
func TestVerifiedFooter(t *testing.T) {
	footed := imgtest.AVBFooted(oneBoot, blockOf("boot", oneBoot), len(oneBoot), 32768)
	changed := bytes.Clone(footed)
	changed[100] ^= 1
	row := verified(t, withBlock(A, changed, nil), withBlock(B, footed, nil))
	if row.Right != B || row.Verified != "verified boot: B is right, A is not: boot of A (not signed) and boot of B (not signed) want its bytes" {
		t.Errorf("%q, %s", row.Right, row.Verified)
	}
	x := withBlock(A, changed, nil)
	x.items[0].unread = []flash.Extent{{Offset: 8000, Length: 10}}
	if row := verified(t, x, withBlock(B, badBoot, nil)); row.Right != "" {
		t.Errorf("unread: %q, %s", row.Right, row.Verified)
	}
}

func TestVerifyCancelled(t *testing.T) {
	x, y := withBlock(A, oneBoot, blockOf("boot", oneBoot)), withBlock(B, badBoot, nil)
	r := &Result{}
	if err := r.compare(t.Context(), pair(x, y), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.verify(ctx, x, y, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := r.compare(ctx, pair(x, y), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
