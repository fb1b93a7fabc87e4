package compare

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/report"
)

const kernelText = "Linux version 4.9.117+ (demo@demo) #1 SMP\n\x00"

func bootWith(kernel string, files ...string) []byte {
	list := []imgtest.CPIOFile{{Name: "init", Mode: 0o100750, Data: "init"}}
	for _, f := range files {
		list = append(list, imgtest.CPIOFile{Name: f, Mode: 0o100644, Data: "x"})
	}
	return imgtest.BootImage(imgtest.Gzip([]byte(kernel+kernelText)), imgtest.Gzip(imgtest.CPIO(list...)), false, "")
}

// Each way to change a boot image is named, and a stock one is not.
func TestBootMarks(t *testing.T) {
	for name, c := range map[string]struct {
		image []byte
		want  []string
	}{
		"stock":        {bootWith(""), nil},
		"Magisk":       {bootWith("", ".backup/.magisk", "overlay.d/sbin/magisk.xz"), []string{"rooted with Magisk (its ramdisk has .backup/.magisk)"}},
		"old Magisk":   {bootWith("", "init.magisk.rc"), []string{"rooted with Magisk (its ramdisk has init.magisk.rc)"}},
		"Magisk 26":    {bootWith("", "overlay.d/sbin/magisk64.xz"), []string{"rooted with Magisk (its ramdisk has overlay.d/sbin/magisk64.xz)"}},
		"KernelSU":     {bootWith("", "kernelsu.ko"), []string{"rooted with KernelSU (its ramdisk has kernelsu.ko)"}},
		"in a kernel":  {bootWith("KernelSU: init\n"), []string{"rooted with KernelSU (in its kernel)"}},
		"APatch":       {bootWith("KP1158\x00\x00"), []string{"rooted with APatch (in its kernel)"}},
		"not APatch":   {bootWith("KP11580"), nil},
		"SuperSU":      {bootWith("", "sbin/launch_daemonsu.sh"), []string{"rooted with SuperSU (its ramdisk has sbin/launch_daemonsu.sh)"}},
		"TWRP":         {bootWith("", "twres/ui.xml"), []string{"a recovery of TWRP (its ramdisk has twres/ui.xml)"}},
		"OrangeFox":    {bootWith("", "twres/ui.xml", "sbin/foxstart.sh"), []string{"a recovery of OrangeFox (its ramdisk has sbin/foxstart.sh)"}},
		"two of them":  {bootWith("", "twres/ui.xml", "kernelsu.ko"), []string{"rooted with KernelSU (its ramdisk has kernelsu.ko)", "a recovery of TWRP (its ramdisk has twres/ui.xml)"}},
		"broken":       {bootWith("", "kernelsu.ko")[:3000], nil},
		"another file": {imgtest.Noise("nothing", 4096), nil},
	} {
		if got := marksOf(phoneItem("boot", c.image)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	it := phoneItem("boot", bootWith("", "kernelsu.ko"))
	it.unread = []flash.Extent{{Length: 1}}
	if got := marksOf(it); got != nil || marksOf(nil) != nil {
		t.Errorf("of a part: %q", got)
	}
}

// signer returns a signer of blocks, and its key.
func signer(t *testing.T) (key []byte, sign func([]byte) (hash, sig []byte)) {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return imgtest.AVBKey(k.N), func(message []byte) ([]byte, []byte) {
		sum := sha256.Sum256(message)
		sig, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return sum[:], sig
	}
}

const sha256RSA2048 = 1

func signedBlock(t *testing.T, flags uint32, descriptors ...[]byte) []byte {
	t.Helper()
	key, sign := signer(t)
	return imgtest.AVBBlock{Algorithm: sha256RSA2048, Flags: flags, Key: key, Sign: sign, Descriptors: descriptors}.Bytes()
}

// A block that was switched off, patched or emptied is named; two keys are, too.
func TestVBMetaMarks(t *testing.T) {
	hash := imgtest.AVBHash("boot", []byte("image"), []byte("salt"))
	good := signedBlock(t, 0, hash)
	patched := bytes.Clone(good)
	patched[123] = 3
	changed := bytes.Clone(good)
	changed[0x77]++
	for name, c := range map[string]struct {
		block []byte
		want  []string
	}{
		"signed":         {good, nil},
		"unsigned":       {imgtest.AVBBlock{Descriptors: [][]byte{hash}}.Bytes(), nil},
		"patched":        {patched, []string{"patched: verification is switched off, and its signature is broken"}},
		"changed":        {changed, []string{"changed after it was signed: its signature is broken"}},
		"empty":          {imgtest.AVBBlock{Flags: 2}.Bytes(), []string{"an empty block: verification is switched off"}},
		"signed like so": {signedBlock(t, 1, hash), []string{"dm-verity is switched off"}},
	} {
		if got := marksOf(phoneItem("vbmeta", c.block)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := otherKey(phoneItem("vbmeta", good), phoneItem("vbmeta", signedBlock(t, 0, hash))); len(got) != 1 || !strings.HasPrefix(got[0], "signed with two keys: A with ") {
		t.Errorf("%q", got)
	}
	if got := otherKey(phoneItem("vbmeta", good), phoneItem("vbmeta", changed)); got != nil {
		t.Errorf("one key: %q", got)
	}
}

// A preloader of another board is foreign; another build of one board is not.
func TestOtherBoard(t *testing.T) {
	file := func(board string, size int) *item {
		return imageItem("preloader", imgtest.Preloader(imgtest.PreloaderSpec{Board: board, Chip: "MT6765", SigType: 5, Size: size}))
	}
	got := otherBoard(file("demo_k5", 0x1a000), file("demo_s1", 0x1a000))
	if len(got) != 1 || got[0] != "a foreign preloader: A has preloader_demo_k5.bin, B preloader_demo_s1.bin; a phone starts only with its own" {
		t.Errorf("%q", got)
	}
	if got := otherBoard(file("demo_k5", 0x1a000), file("demo_k5", 0x1b000)); got != nil {
		t.Errorf("one board: %q", got)
	}
	if got := otherBoard(imageItem("preloader", filled(4096, 0)), file("demo_k5", 0x1b000)); got != nil {
		t.Errorf("an empty one: %q", got)
	}
	region := &item{name: "boot1", region: flash.EMMCBoot1, kind: flash.KindRegion, img: bytes.NewReader(imgtest.MT6765().Boot1)}
	other := &item{name: "boot1", region: flash.EMMCBoot1, kind: flash.KindRegion, img: bytes.NewReader(imgtest.MT6592().Boot1)}
	if got := otherBoard(region, other); len(got) != 1 {
		t.Errorf("two regions: %q", got)
	}
}

// What both sides have is said once, and an empty side only if the other is not.
func TestMark(t *testing.T) {
	root, stock := bootWith("", "kernelsu.ko"), bootWith("")
	row := func(state State, a, b *item) Row {
		return Row{Kind: flash.KindPartition, Class: report.Boot, State: state, couple: couple{a, b}}
	}
	const rooted = "rooted with KernelSU (its ramdisk has kernelsu.ko)"
	for name, c := range map[string]struct {
		row  Row
		want []string
	}{
		"A":              {row(Differs, phoneItem("boot", root), phoneItem("boot", stock)), []string{"A: " + rooted}},
		"B":              {row(Differs, phoneItem("boot", stock), phoneItem("boot", root)), []string{"B: " + rooted}},
		"both":           {row(Equal, phoneItem("boot", root), phoneItem("boot", root)), []string{"both: " + rooted}},
		"only one":       {row(OnlyInB, nil, phoneItem("boot", root)), []string{"B: " + rooted}},
		"an empty slot":  {row(Differs, phoneItem("boot", filled(4096, 0)), phoneItem("boot", stock)), []string{"A: its start is empty"}},
		"erased":         {row(Differs, phoneItem("boot", stock), phoneItem("boot", filled(4096, 0xFF))), []string{"B: its start is empty"}},
		"two empty ones": {row(Differs, phoneItem("boot", filled(4096, 0)), phoneItem("boot", filled(4096, 0xFF))), nil},
	} {
		r := &Result{Rows: []Row{c.row}}
		r.mark()
		if got := r.Rows[0].Said; !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	r := &Result{Rows: []Row{{Kind: flash.KindPartition, Class: report.System, State: Equal, couple: couple{phoneItem("x", root), phoneItem("x", root)}}}}
	if r.mark(); r.Rows[0].Said != nil {
		t.Errorf("an equal one outside the boot chain is read: %q", r.Rows[0].Said)
	}
}
