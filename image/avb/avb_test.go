package avb

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

var salt = []byte("salt of the test")

// withTree is an image of noise with its hash tree behind it.
func withTree(n int) (image []byte, d []byte) {
	data := imgtest.Noise("system", n)
	tree, root := imgtest.HashTree(data, salt)
	return append(data, tree...), imgtest.AVBTree{Partition: "system", ImageSize: int64(n), Offset: int64(n), Size: int64(len(tree)), Hash: "sha256", Block: 4096, Salt: salt, Root: root, FECs: 8}.Descriptor()
}

func TestRead(t *testing.T) {
	key := []byte("not a key")
	b := imgtest.AVBBlock{RollbackIndex: 7, Flags: 2, Descriptors: [][]byte{
		imgtest.AVBProperty("com.android.build.system.fingerprint", "shop/shop_1/shop_1:12/SP1A/1:user/release-keys"),
		imgtest.AVBHash("boot", []byte("kernel"), salt),
		imgtest.AVBChain("vbmeta_system", key),
		imgtest.AVBCmdline("androidboot.vbmeta=1"),
		imgtest.AVBTree{Partition: "system", ImageSize: 4096, Offset: 4096, Size: 0, Hash: "sha1", Block: 4096, Salt: salt, Root: make([]byte, 20)}.Descriptor(),
	}}.Bytes()
	v, footer, err := Find(bytes.NewReader(append(b, make([]byte, 4096-len(b)%4096)...)))
	if err != nil || footer != nil {
		t.Fatal(err, footer)
	}
	if v.RollbackIndex != 7 || v.FlagWords() != "verification is switched off" || v.Size != int64(len(b)) || v.Release != "imgtest 1.0" ||
		v.Version != "1.0" || v.Algorithm.String() != "NONE" || v.Signature != Unsigned || len(v.Problems) > 0 {
		t.Errorf("%+v", v)
	}
	if got := v.Fingerprints(); len(got) != 1 || got[0] != "shop/shop_1/shop_1:12/SP1A/1:user/release-keys" {
		t.Errorf("fingerprints %q", got)
	}
	if len(v.Images) != 2 || v.Images[0].Partition != "boot" || v.Images[0].Kind() != "sha256 digest" || !bytes.Equal(v.Images[0].Salt, salt) || v.Images[0].ImageSize != 6 ||
		v.Images[1].Kind() != "sha1 hash tree" || v.Images[1].Tree.DataBlock != 4096 {
		t.Errorf("%+v", v.Images)
	}
	if len(v.Chains) != 1 || v.Chains[0] != (Chain{"vbmeta_system", 1, keyID(key)}) || len(v.Cmdlines) != 1 || v.Cmdlines[0] != "androidboot.vbmeta=1" {
		t.Errorf("%+v %q", v.Chains, v.Cmdlines)
	}
}

func TestBad(t *testing.T) {
	good := imgtest.AVBBlock{Descriptors: [][]byte{imgtest.AVBHash("boot", []byte("kernel"), salt)}}.Bytes()
	set := func(at int, v ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], v)
		return b
	}
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"none":                     {make([]byte, 4096), "avb: no vbmeta block"},
		"cut header":               {good[:100], "avb: the vbmeta header is cut"},
		"cut blocks":               {good[:300], "avb: the vbmeta block is cut"},
		"version 2":                {set(7, 2), "avb: vbmeta version 2.0 is not known"},
		"an enormous block":        {set(0x14, 0xFF), "avb: blocks of 0x0 and 0xff00000000000"},
		"descriptors outside":      {set(0x60, 0xFF), "descriptors at 0xff00000000000000"},
		"descriptor runs past":     {set(0x108, 0xFF), "a descriptor has 0xff000000000000"},
		"name runs past":           {set(0x100+56, 0xFF), "the fields of a descriptor end behind it"},
		"a kind of the future":     {set(0x107, 9), "a descriptor has the unknown tag 9"},
		"algorithm of the future":  {set(0x1F, 9), "unknown algorithm 9"},
		"signed without signature": {set(0x1F, 1), "the hash of the vbmeta block is wrong"},
	} {
		v, err := Read(bytes.NewReader(c.b))
		got := ""
		if err != nil {
			got = err.Error()
		} else if len(v.Problems) > 0 {
			got = v.Problems[0].Text
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	footed := imgtest.AVBFooted([]byte("kernel"), good, 6, 64<<10)
	for name, at := range map[string]int{"image": 0x0C, "offset": 0x14, "size": 0x1C} {
		b := bytes.Clone(footed)
		b[len(b)-64+at] = 0xFF
		if _, _, err := Find(bytes.NewReader(b)); err == nil || errors.Is(err, flash.ErrNotThis) {
			t.Errorf("footer with a bad %s: %v", name, err)
		}
	}
}

func check(t *testing.T, img, descriptor []byte) Result {
	t.Helper()
	v, err := Read(bytes.NewReader(imgtest.AVBBlock{Descriptors: [][]byte{descriptor}}.Bytes()))
	if err != nil || len(v.Images) != 1 {
		t.Fatal(err)
	}
	seen := int64(0)
	r, err := v.Images[0].Check(context.Background(), bytes.NewReader(img), func(n int64) { seen = n })
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict == Intact && seen != int64(v.Images[0].ImageSize) {
		t.Errorf("seen %d of %d bytes", seen, v.Images[0].ImageSize)
	}
	return r
}

func TestCheckHash(t *testing.T) {
	img := imgtest.Noise("boot", 3<<20+5)
	d := imgtest.AVBHash("boot", img, salt)
	whole := append(bytes.Clone(img), make([]byte, 1<<20)...)
	if r := check(t, whole, d); r.Verdict != Intact {
		t.Errorf("%+v", r)
	}
	whole[3<<20] ^= 1
	if r := check(t, whole, d); r != (Result{Different, "the sha256 digest of its 0x300005 bytes is different"}) {
		t.Errorf("%+v", r)
	}
	if r := check(t, img[:1<<20], d); r.Verdict != Different || !strings.Contains(r.Text, "shorter") {
		t.Errorf("%+v", r)
	}
	if r := check(t, img, bytes.Replace(d, []byte("sha256"), []byte("blake2"), 1)); r != (Result{Unknown, `the hash "blake2" is not known`}) {
		t.Errorf("%+v", r)
	}
}

// Trees of one block, of one level exactly full, of one block more, and of three levels.
func TestCheckTree(t *testing.T) {
	for _, blocks := range []int{1, 2, 128, 129, 128*128 + 1} {
		img, d := withTree(blocks * 4096)
		if r := check(t, append(img, make([]byte, 9000)...), d); r.Verdict != Intact || !strings.HasSuffix(r.Text, "the error correction behind it is not checked") {
			t.Errorf("%d blocks: %+v", blocks, r)
		}
	}
	img, d := withTree(300 * 4096)
	hurt := func(at ...int) []byte {
		b := bytes.Clone(img)
		for _, a := range at {
			b[a] ^= 0x10
		}
		return b
	}
	for _, c := range []struct {
		b    []byte
		want string
	}{
		{hurt(7 * 4096), "the root of its hash tree is different: 1 of 300 blocks differ, the first at 0x7000"},
		{hurt(290*4096+5, 291*4096), "the root of its hash tree is different: 2 of 300 blocks differ, the first at 0x122000"},
		{hurt(len(img) - 4096), "its data are correct, but the hash tree behind them is damaged"},
		{hurt(5, 300*4096), "the root of its hash tree is different"},
		{img[:300*4096], "its data are correct, but the hash tree behind them is damaged"},
	} {
		if r := check(t, c.b, d); r != (Result{Different, c.want}) {
			t.Errorf("%+v, want %s", r, c.want)
		}
	}
	for at, want := range map[int]string{44: "a hash tree with blocks of", 27: "a hash tree over", 115: "the root has"} {
		b := bytes.Clone(d)
		b[at]++
		if at == 115 { // the length of the digest
			b[at] -= 2
		}
		if r := check(t, img, b); r.Verdict != Unknown || !strings.HasPrefix(r.Text, want) {
			t.Errorf("byte %d: %+v", at, r)
		}
	}
}

// The blocks of a real phone: signed, with keys inside.
func TestCorpus(t *testing.T) {
	root := os.Getenv("MTKKIT_CORPUS")
	if root == "" {
		t.Skip("MTKKIT_CORPUS is not set: no real blocks to read")
	}
	read := func(name string) *VBMeta {
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		v, err := Read(bytes.NewReader(b))
		if err != nil {
			t.Fatal(name, err)
		}
		if len(v.Problems) > 0 {
			t.Errorf("%s: %q", name, v.Problems)
		}
		if v.Algorithm == 0 {
			return v
		}
		b[0x100+320+20] ^= 1 // in the auxiliary block
		if hurt, err := Read(bytes.NewReader(b)); err != nil || hurt.Signature != Broken {
			t.Errorf("%s: changed, and its signature is %v", name, hurt.Signature)
		}
		b[0x100+320+20] ^= 1
		b[0x100+40] ^= 1 // in the signature itself
		if hurt, err := Read(bytes.NewReader(b)); err != nil || hurt.Signature != Broken {
			t.Errorf("%s: another signature is %v", name, hurt.Signature)
		}
		return v
	}
	if v := read("mtkclient-preloaders/vbmeta.img.empty"); v.Flags != 2 || v.Signature != Unsigned || v.Size != 256 {
		t.Errorf("%+v", v)
	}
	blocks := map[string]*VBMeta{}
	names, err := filepath.Glob(filepath.Join(root, "vivo-pd2135f-mt6891", "img__vbmeta*.img"))
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, name := range names {
		short := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), "img__"), ".img")
		if short == "vbmeta_vendor" { // zeros
			continue
		}
		v := read("vivo-pd2135f-mt6891/" + filepath.Base(name))
		if v.Signature != Holds || v.Algorithm.String() != "SHA256_RSA2048" || v.Release != "avbtool 1.1.0" {
			t.Errorf("%s: %+v", short, v)
		}
		blocks[short] = v
	}
	chained := map[string]bool{}
	for _, c := range blocks["vbmeta"].Chains {
		chained[c.Partition] = true
		if v := blocks[c.Partition]; v != nil && v.KeySHA1 != c.KeySHA1 {
			t.Errorf("%s is signed with %s, the chain asks for %s", c.Partition, v.KeySHA1, c.KeySHA1)
		}
	}
	if len(chained) != 5 || !chained["vbmeta_vgc"] || !chained["boot"] {
		t.Errorf("chains %v", chained)
	}
	system := blocks["vbmeta_system"]
	if len(system.Images) != 3 || system.Images[1].Partition != "system" || system.Images[1].Tree == nil || system.Images[1].Hash != "sha256" {
		t.Errorf("%+v", system.Images[1])
	}
	for _, name := range []string{"vbmeta_system", "vbmeta_oem"} {
		if got := blocks[name].Fingerprints(); len(got) != 1 || !strings.HasPrefix(got[0], "vivo/2105/2105:11/RP1A.200720.012/") {
			t.Errorf("%s: fingerprints %q", name, got)
		}
	}
}
