package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// words renders what Describe says, a line each.
func words(i *Info) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n0x%x of 0x%x: %s\n", i.Kind, i.Label, i.Length, i.Size, i.Known)
	for _, f := range i.Facts {
		fmt.Fprintf(&b, "%s: %s\n", f.Key, f.Value)
	}
	for _, p := range i.Problems {
		fmt.Fprintf(&b, "%v: %s\n", p.Severity, p)
	}
	return b.String()
}

func random(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestDescribe(t *testing.T) {
	lk := join(newSection("lk", 1000, 0), newSection("cert1", 77, 0), newSection("cert2", 99, 1))
	cut := lk[:0x300]
	falseMagic := newSection("lk", 5000, 0)
	copy(falseMagic[0x800:], sectionMagic)
	oversized := oldSection("TEE", 9000)[:3000]
	footed := imgtest.AVBFooted([]byte("ANDROID!"), imgtest.AVBBlock{RollbackIndex: 4, Descriptors: [][]byte{imgtest.AVBHash("boot", []byte("x"), nil)}}.Bytes(), 8, 64<<10)
	logo := oldSection("logo", 100)
	copy(logo[0x200:], le32(0, 2, 100, 16, 50).bytes)
	copy(logo[0x210:], "\x78\x9C")
	super := append(imgtest.Super(4<<20), make([]byte, 4<<20)...)[:4<<20]
	dontCare := build(40, le32(0, 0xED26FF3A, 1, 12<<16|28, 4096, 2, 1, 0, 0xCAC3, 2, 12))
	sealed := newSigned(4, lk)
	zImage := build(4096, piece{0x24, "\x18\x28\x6F\x01"}, le32(0x28, 0x8000, 0x9000), piece{0x200, "Linux version 3.4.67 (a@b) #1\n"})
	boxed := append(build(wrappedBy, piece{0, "BFBF"}, le32(4, 2, 1), piece{0x10, "lk"}, le32(0x30, uint32(len(lk)))), sealed...)
	for name, c := range map[string]struct {
		b    []byte
		want []string // each must be said
	}{
		"signed":               {sealed, []string{fmt.Sprintf("MediaTek signed image \n0x%x of 0x%x: stated by its header, and the signature behind it: all", len(sealed), len(sealed)), "header: version 4, with a signature of 0x94 bytes", "payload: 0xab0 bytes at 0x40", "holds: MediaTek image lk"}},
		"signed, in a slice":   {padded(sealed, 64<<10, 0), []string{fmt.Sprintf("0x%x of 0x10000", len(sealed))}},
		"signed, version 2":    {newSigned(2, lk), []string{"header: version 2, with a signature of 0x80 bytes", "payload: 0xab0 bytes at 0x40", "all of the slice"}},
		"signed, version 1":    {newSigned(1, lk), []string{"header: version 1, with a signature of 0x80 bytes", "payload: 0xab0 bytes at 0x40", "all of the slice"}},
		"signed, version 3":    {newSigned(3, lk), []string{"0x0 of", "no header states a length", "header: version 3\n", "holds: MediaTek image lk"}},
		"signed, cut":          {sealed[:0x800], []string{"0x0 of 0x800", "warning: MediaTek signed image: the payload runs past"}},
		"signed for fastboot":  {boxed, []string{fmt.Sprintf("MediaTek signed image lk\n0x%x of 0x%x: stated", len(boxed), len(boxed)), "wrapped: for fastboot, the signed image follows at 0x4000", "payload: 0xab0 bytes at 0x4040", "holds: MediaTek image lk"}},
		"for fastboot, cut":    {boxed[:0x4000], []string{"MediaTek signed image lk\n0x0 of 0x4000: no header", "warning: MediaTek signed image: there is no header of a signed image here"}},
		"signed, records cut":  {sealed[:len(sealed)-8], []string{"0x0 of", "holds: MediaTek image lk"}},
		"only its letters":     {[]byte("SSSS" + strings.Repeat("text ", 40)), []string{"unknown content"}},
		"others' letters":      {[]byte("BFBF" + strings.Repeat("text ", 40)), []string{"unknown content"}},
		"nothing":              {nil, []string{"unknown content", "the slice is empty"}},
		"zeros":                {make([]byte, 1<<20), []string{"zeros \n0x0 of 0x100000: no header states a length", "seen: 64 samples"}},
		"erased":               {bytes.Repeat([]byte{0xFF}, 1<<20), []string{"erased flash"}},
		"random":               {random(1 << 20), []string{"high entropy", "looks like: encrypted"}},
		"a program":            {imgtest.Noise("x", 1<<20), []string{"unknown content"}},
		"zeros, then random":   {append(make([]byte, 1<<19), random(1<<19)...), []string{"unknown content", "samples: 32 of 64 hold data, 32 zeros"}},
		"signed chain":         {padded(lk, 64<<10, 0), []string{"MediaTek image lk\n0xab0 of 0x10000: stated by the chain of its sections, and only fill follows", "section: cert2: 0x63 bytes at 0xa40, marked as the last"}},
		"chain that is cut":    {cut, []string{"larger than the slice", "warning: MediaTek image: the payload of a section runs past"}},
		"oversized size field": {oversized, []string{"0x0 of 0xbb8: the size of the section at 0x200 is larger than the slice"}},
		"false magic inside":   {padded(falseMagic, 64<<10, 0), []string{"0x1590 of 0x10000", "section: lk: 0x1388 bytes at 0x200\n"}},
		"padded to 16":         {append(oldSection("LOGO", 1001), make([]byte, 7)...), []string{"0x5e9 of 0x5f0: stated by the chain of its sections, and only fill follows", "old form"}},
		"logo":                 {logo, []string{"holds: 2 pictures, 1 of them zlib streams"}},
		"footer":               {footed, []string{"AVB footer: an image of 0x8 bytes, the vbmeta block at 0x1000", "rollback index: 4", "describes: boot: sha256 digest over 0x1 bytes"}},
		"super":                {super, []string{"metadata: slot 0, version 10.0", "device: super, 4 MiB", "partition: vendor, 512 KiB in group main"}},
		"super that is cut":    {super[:0x220000], []string{"partition: vendor, 512 KiB in group main, 384 KiB of it are missing", "error: vendor: 384 KiB of 512 KiB are behind"}},
		"page size 0":          {build(4096, piece{0, "ANDROID!"}, le32(8, 5000, 0, 3000)), []string{"warning: Android boot image: boot: page size 0"}},
		"page size 2^31":       {build(4096, piece{0, "ANDROID!"}, le32(8, 5000, 0, 3000, 0, 0, 0, 0, 1<<31)), []string{"warning: Android boot image: boot: page size 2147483648"}},
		"kernel of 4 GiB":      {build(8192, piece{0, "ANDROID!"}, le32(8, 1<<32-1, 0, 1<<32-1, 0, 0, 0, 0, 2048)), []string{"error: kernel: is cut"}},
		"GPT":                  {build(8192, piece{0x200, "EFI PART"}, le32(0x218, 1, 0), le32(0x250, 128, 128)), []string{"header: at 0x200, sector 1 of the flash", "rows: 128 of 128 bytes"}},
		"MBR":                  {build(512, le32(0x1BC, 0, 0x83<<16, 0x400<<16), piece{0x1C2, "\x83"}, le32(0x1C6, 0x400, 0x800), piece{0x1FE, "\x55\xAA"}), []string{"row 0: type 0x83, sector 0x400, 0x800 sectors"}},
		"a sparse image":       {newSparse(t, append(imgtest.Ext4(64<<10, "data"), make([]byte, 60<<10)...)), []string{"stands for: 64 KiB, in blocks of 4096 bytes", "holds: ext4 file system data"}},
		"a piece of a sparse":  {dontCare, []string{fmt.Sprintf("Android sparse image \n0x%x of 0x%x: the sum of its chunks", len(dontCare), len(dontCare)), "does not contain: 8 KiB", "holds: zeros\n"}},
		"a zImage":             {zImage, []string{"Linux kernel \n0x1000 of 0x1000: stated by its header and any device trees behind it: all of the slice", "kernel version: 3.4.67 (a@b) #1\n"}},
		"a zImage, with trees": {padded(join(zImage, build(64, be32(0, 0xD00DFEED, 64)), build(80, be32(0, 0xD00DFEED, 80))), 64<<10, 0), []string{"0x1090 of 0x10000"}},
		"a zImage, cut":        {zImage[:0x800], []string{"0x0 of 0x800"}},
		"an arm64 Image":       {build(4096, le32(0x10, 1<<20), piece{0x38, "ARM\x64"}, piece{0x200, "Linux version 4.9.117 (a@b) #1\n"}), []string{"Linux kernel \n0x0 of 0x1000: no header", "kernel version: 4.9.117 (a@b) #1\n"}},
		"a packed kernel":      {imgtest.Gzip(zImage), []string{"gzip data", "holds: a kernel\nkernel version: 3.4.67 (a@b) #1\n"}},
		"a packed ramdisk":     {imgtest.Gzip(imgtest.CPIO(imgtest.Recovery("x")...)), []string{"gzip data", "holds: a ramdisk, with the recovery program\n"}},
		"packed, of no kind":   {imgtest.Gzip([]byte("text")), []string{"gzip data \n0x0 of"}},
		"a dtb":                {build(4096, be32(0, 0xD00DFEED, 64)), []string{"device tree \n0x40 of 0x1000: stated by its header, and only fill follows"}},
	} {
		got := words(Describe(bytes.NewReader(c.b)))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s\nlacks %q", name, got, want)
			}
		}
	}
}

// newSigned is a payload as the signing tool leaves it, by version of its header.
func newSigned(version int, payload []byte) []byte {
	n := uint32(len(payload))
	head := build(0x40, piece{0, "SSSSMaker"})
	put := func(at int, words ...uint32) {
		for i, w := range words {
			binary.LittleEndian.PutUint32(head[at+4*i:], w)
		}
	}
	var behind []byte
	switch version {
	case 1:
		put(0x14, 0, n, 0x40, 0, n, 0x40+n, 0x80)
		behind = make([]byte, 0x80)
	case 2:
		put(0x24, 0, n, 0x40, 0, n, 0x40+n, 0x80)
		behind = make([]byte, 0x80)
	case 3:
		put(0x24, 1, n, 0x40, 0x7A797A79)
	case 4:
		put(0x24, 1, 0x94, 0x40, 0x7B797B79, 0, 0, n)
		for _, r := range [][]uint32{{1, 0x202}, {2, 1 << 20, 1}, {6, 2, 0, 0, 0, n, 0}} {
			behind = binary.LittleEndian.AppendUint32(behind, 0x45454545)
			for _, w := range r {
				behind = binary.LittleEndian.AppendUint32(behind, w)
			}
		}
		behind = append(make([]byte, 0x94), behind...)
		behind = append(behind, make([]byte, 20)...) // SHA-1
		behind = append(behind, "EEEE\xFF\xFF\xFF\xFF"...)
	}
	return slices.Concat(head, payload, behind)
}

func newSparse(t *testing.T, b []byte) []byte {
	t.Helper()
	v, err := NewSparseView(bytes.NewReader(b), 4096, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, v.Size())
	if _, err := v.ReadAt(out, 0); err != nil {
		t.Fatal(err)
	}
	return out
}

// A true length is only given when all that follows is erased flash.
func TestTrueLength(t *testing.T) {
	lk := newSection("lk", 1000, 0)
	img := padded(lk, 1<<20, 0xFF)
	check := func(want int64, reason string) {
		t.Helper()
		n, known, err := TrueLength(bytes.NewReader(img), nil)
		if err != nil || n != want || !strings.Contains(known, reason) {
			t.Errorf("%d, %q, %v; want %d, %q", n, known, err, want, reason)
		}
	}
	check(int64(len(lk)), "only fill follows")
	img[1<<20-5] = 'x'
	check(0, "0x5f0 bytes stated by the chain of its sections, but other data follow at 0xffffb")
	img[1<<20-5] = 0
	img = img[:1<<20-1]
	check(0, "other data follow at 0xff000") // a page of both kinds of fill is not erased flash
	img = lk
	check(int64(len(lk)), "all of the slice")
	img = random(8192)
	check(0, "no header states a length")

	stop := errors.New("stop")
	if _, _, err := TrueLength(bytes.NewReader(padded(lk, 1<<20, 0)), func(int64) error { return stop }); err != stop {
		t.Errorf("an interrupted look: %v", err)
	}
}

// What is said of a length and what is cut by it follow one rule: a length is told only
// where nothing but fill follows, however far that is.
func TestOneRuleOfLengths(t *testing.T) {
	lk := newSection("lk", 1000, 0)
	for name, at := range map[string]int64{"next page": 0x1800, "far": 0x86ef0, "last byte": 0xfffff, "nothing": -1} {
		img := padded(lk, 1<<20, 0)
		if at >= 0 {
			img[at] = 'x'
		}
		told := Describe(bytes.NewReader(img))
		n, why, err := TrueLength(bytes.NewReader(img), nil)
		if err != nil || n != told.Length || why != told.Known || (n != 0) != (at < 0) {
			t.Errorf("%s: told 0x%x (%s), cut 0x%x (%s), %v", name, told.Length, told.Known, n, why, err)
		}
	}
	// Too much to look at: nothing is said to be known.
	big := imgtest.NewSparse(200 << 20)
	big.Put(0, lk)
	far := struct{ flash.Image }{big} // without its knowledge of holes
	if i := Describe(far); i.Length != 0 || !strings.Contains(i.Known, "only the first part of what follows was read") {
		t.Errorf("0x%x, %s", i.Length, i.Known)
	}
	if n, why, err := TrueLength(far, nil); n != int64(len(lk)) || err != nil {
		t.Errorf("0x%x, %s, %v", n, why, err)
	}
}

// signer is what Samsung puts behind an image; its values are made up.
func signer(version string, size int) []byte {
	return build(size, piece{0, version}, piece{0x10, "00000000R"}, piece{0x20, "X000XXXXXXXX"}, piece{0x40, "20200101000000"},
		piece{0x50, "SM-X000_XXX_XX_MKEY0"}, piece{0x90, "usr\x00frp\x00mrk\x00name.img"}, piece{0x100, strings.Repeat("sign", (size-0x100)/4)})
}

// The trailer that a maker puts behind an image is named, and belongs to the image.
func TestTrailers(t *testing.T) {
	dtbo := build(0xb8, be32(0, 0xD7B7AB1E, 0xb8, 32, 32, 1, 32, 2048), be32(32, 0x78, 64), be32(64, 0xD00DFEED, 0x78))
	vbmeta := imgtest.AVBBlock{Descriptors: [][]byte{imgtest.AVBProperty("a", "b")}}.Bytes()
	boot := imgtest.BootImage(imgtest.Noise("k", 5000), imgtest.Noise("r", 3000), false, "")
	tee := join(newSection("tee", 1000, 0), newSection("cert1", 77, 0), newSection("cert2", 99, 1))
	v2, v3 := signer("SignerVer02", 512), signer("SignerVer03", 784)
	for name, c := range map[string]struct {
		image   []byte
		trailer [][]byte
		slice   int // its size, 0: as long as the image
	}{
		"dtbo":                        {dtbo, [][]byte{make([]byte, 8), v2}, 0},
		"dtbo, padded to a page":      {dtbo, [][]byte{make([]byte, 0x1000-0xb8), v2}, 0},
		"dtbo in a partition":         {dtbo, [][]byte{make([]byte, 8), v2}, 1 << 20},
		"vbmeta":                      {vbmeta, [][]byte{v2}, 0},
		"vbmeta, padded far":          {vbmeta, [][]byte{make([]byte, 64<<10-len(vbmeta)), v2}, 0},
		"vbmeta, far, in a partition": {vbmeta, [][]byte{make([]byte, 64<<10-len(vbmeta)), v2}, 1 << 20},
		"boot":                        {boot, [][]byte{[]byte("SEANDROIDENFORCE"), v2}, 0},
		"boot in a partition":         {boot, [][]byte{[]byte("SEANDROIDENFORCE"), v2}, 1 << 20},
		"boot, not signed":            {boot, [][]byte{[]byte("SEANDROIDENFORCE")}, 0},
		"recovery, newer":             {boot, [][]byte{[]byte("SEANDROIDENFORCE"), v3}, 1 << 20},
		"LG's boot":                   {boot, [][]byte{[]byte("\x41\xA9\xE4\x67\x74\x4D\x1D\x1B\xA4\x29\xF2\xEC\xEA\x65\x52\x79")}, 0},
		"LG's boot in a partition":    {boot, [][]byte{[]byte("\x41\xA9\xE4\x67\x74\x4D\x1D\x1B\xA4\x29\xF2\xEC\xEA\x65\x52\x79")}, 1 << 20},
		"boot_signer":                 {boot, [][]byte{append([]byte("\x30\x82\x01\x00\x02\x01\x01"), imgtest.Noise("s", 0xfd)...)}, 1 << 20},
		"boot, older signature":       {boot, [][]byte{[]byte("SEANDROIDENFORCE"), append(imgtest.Noise("s", 0xff), 1)}, 1 << 20},
		"boot, MediaTek's":            {boot, [][]byte{newSection("cert1", 77, 0)}, 1 << 20},
		"tee":                         {tee, [][]byte{v2}, 1 << 20},
		"lk":                          {newSection("lk", 1000, 0), [][]byte{v2}, 1 << 20},
		"device tree":                 {build(0x1000, be32(0, 0xD00DFEED, 0x1000)), [][]byte{v2}, 0},
	} {
		img := slices.Concat(append([][]byte{c.image}, c.trailer...)...)
		want := int64(len(img))
		if c.slice > 0 {
			img = padded(img, c.slice, 0)
		}
		i := Describe(bytes.NewReader(img))
		n, why, err := TrueLength(bytes.NewReader(img), nil)
		if i.Length != want || n != want || err != nil {
			t.Errorf("%s: 0x%x and 0x%x, not 0x%x: %s, %v", name, i.Length, n, want, why, err)
		}
		last := c.trailer[len(c.trailer)-1]
		if text := words(i); string(last[:6]) == "Signer" && !strings.Contains(text, fmt.Sprintf("trailer: %s of Samsung, %d bytes at 0x%x\nsigned for: firmware X000XXXXXXXX, model SM-X000_XXX_XX_MKEY0, at 20200101000000\n", last[:11], len(last), want-int64(len(last)))) {
			t.Errorf("%s: %s", name, text)
		}
	}
	// What only looks like one is other data.
	for name, tail := range map[string][]byte{"cut": v2[:500], "text": []byte("SignerVer0 of nobody"), "then more": append(slices.Clone(v2), "more"...)} {
		img := append(slices.Clone(dtbo), tail...)
		if i := Describe(bytes.NewReader(img)); i.Length != 0 {
			t.Errorf("%s: 0x%x, %s", name, i.Length, i.Known)
		}
	}
}

// CRC chunks are checked, and the sum in the header.
func TestCheckCRC(t *testing.T) {
	blocks := imgtest.Noise("crc", 3*4096)
	sum := func(n int) uint32 { return crc32.ChecksumIEEE(blocks[:n]) }
	file := func(first, last, header uint32) []byte {
		le := binary.LittleEndian
		b := make([]byte, 28)
		for i, v := range []uint32{0xED26FF3A, 1, 28 | 12<<16, 4096, 3, 4, header} {
			le.PutUint32(b[4*i:], v)
		}
		chunk := func(kind, blocks uint32, data []byte) {
			b = le.AppendUint32(le.AppendUint32(le.AppendUint32(b, kind), blocks), uint32(12+len(data)))
			b = append(b, data...)
		}
		chunk(0xCAC1, 2, blocks[:8192])
		chunk(0xCAC4, 0, le.AppendUint32(nil, first))
		chunk(0xCAC1, 1, blocks[8192:])
		chunk(0xCAC4, 0, le.AppendUint32(nil, last))
		return b
	}
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"right":        {file(sum(8192), sum(12288), 0), ""},
		"right header": {file(sum(8192), sum(12288), sum(12288)), ""},
		"wrong first":  {file(1, sum(12288), 0), fmt.Sprintf("the CRC-32 of the first 0x2000 bytes is %08x, but the file contains 00000001", sum(8192))},
		"wrong last":   {file(sum(8192), 2, 0), fmt.Sprintf("the CRC-32 of the first 0x3000 bytes is %08x, but the file contains 00000002", sum(12288))},
		"wrong header": {file(sum(8192), sum(12288), 3), "the file contains 00000003"},
	} {
		s, err := ReadSparse(bytes.NewReader(c.b))
		if err != nil || len(s.Problems) > 0 {
			t.Fatal(name, err, s.Problems)
		}
		got, err := s.CheckCRC(nil)
		text := ""
		if len(got) > 0 {
			text = got[0].Text
		}
		if err != nil || len(got) > 1 || !strings.Contains(text, c.want) || (text == "") != (c.want == "") {
			t.Errorf("%s: %q, %v; want %q", name, text, err, c.want)
		}
	}
}

var update = flag.Bool("update", false, "store what is said of the corpus, after a look at the difference")

// All that is said of the real pieces of the corpus is what was stored, after it was
// looked at.
func TestDescribeCorpus(t *testing.T) {
	root := os.Getenv("MTKKIT_CORPUS")
	if root == "" {
		t.Skip("MTKKIT_CORPUS is not set: no real images to look at")
	}
	var names []string
	for name := range samples(t) {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "== %s\n%s", name, words(Describe(flashtest.File(t, filepath.Join(root, filepath.FromSlash(name))))))
	}
	const stored = "testdata/describe.txt"
	if *update {
		if err := os.WriteFile(stored, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(stored)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for i := range min(len(g), len(w)) {
			if g[i] != w[i] {
				t.Fatalf("line %d:\n got %s\nwant %s", i+1, g[i], w[i])
			}
		}
		t.Fatalf("%d lines, %d are stored", len(g), len(w))
	}
}

func FuzzDescribe(f *testing.F) {
	lk := join(newSection("lk", 40, 0), newSection("cert1", 7, 0), newSection("cert2", 9, 1))
	f.Add(lk)
	f.Add(build(2048, piece{0, "ANDROID!"}, le32(8, 500, 0, 300, 0, 100, 0, 0, 512, 2)))
	f.Add(build(1200, piece{0x438, "\x53\xEF"}, le32(0x400, 16, 1), le32(0x428, 16)))
	f.Add(build(1200, le32(0x400, 0xF2F52010, 0, 0, 0, 12), le32(0x424, 1, 0)))
	f.Add(build(1200, le32(0x400, 0xE0F5E1E2, 0, 0, 12), le32(0x424, 1)))
	f.Add(build(1024, piece{0, "\xEB\x3C\x90MSDOS5.0\x00\x02\x01\x01\x00\x02"}, le32(0x13, 2), piece{0x15, "\xF8\x01"}, piece{0x1FE, "\x55\xAA"}))
	f.Add(build(300, piece{0, "\x31\x18\x10\x06"}, le32(0x14, 6), le32(0x20, 512, 16384, 4, 10)))
	f.Add(build(64, piece{0, "UBI#"}))
	f.Add(build(600, piece{0, "hsqs"}, le32(4, 9), piece{0x1C, "\x04"}, le32(0x28, 500, 0)))
	f.Add(build(600, be32(0, 0xD7B7AB1E, 64, 32, 32, 1)))
	f.Add(append(build(64, be32(0, 0xD7B7AB1E, 64, 32, 32, 1)), signer("SignerVer02", 512)...))
	f.Add(join(build(64, be32(0, 0xD7B7AB1E, 64, 32, 32, 1)), []byte("SEANDROIDENFORCE"), signer("SignerVer03", 784), []byte("more")))
	f.Add(imgtest.AVBBlock{Descriptors: [][]byte{imgtest.AVBProperty("a", "b")}}.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		i := Describe(bytes.NewReader(b))
		if i.Length < 0 || i.Length > int64(len(b)) || i.Known == "" {
			t.Fatalf("%+v of %d bytes", i, len(b))
		}
		for _, f := range i.Facts {
			if f.Key == "" || f.Value == "" || strings.ContainsAny(f.Value, "\n\x1b") {
				t.Fatalf("%+v", f)
			}
		}
	})
}
