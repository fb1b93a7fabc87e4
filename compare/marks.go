package compare

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/scatter"
)

// mark says of the partitions what people did to them: of those that differ, and of the boot chain.
func (r *Result) mark() {
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Kind == flash.KindGap || row.State == Equal && row.Class != report.Boot {
			continue
		}
		a, b := marksOf(row.couple.a), marksOf(row.couple.b)
		if row.State == Differs && row.Usual == "" {
			if x, y := blank(row.couple.a), blank(row.couple.b); len(x) != len(y) {
				a, b = append(a, x...), append(b, y...)
			}
		}
		for _, m := range a {
			if slices.Contains(b, m) {
				row.say(Both, m)
			} else {
				row.say(A, m)
			}
		}
		for _, m := range b {
			if !slices.Contains(a, m) {
				row.say(B, m)
			}
		}
		if row.couple.a != nil && row.couple.b != nil && row.State != Equal {
			row.Said = append(row.Said, otherBoard(row.couple.a, row.couple.b)...)
			row.Said = append(row.Said, otherKey(row.couple.a, row.couple.b)...)
		}
	}
}

func (r *Row) say(side Name, mark string) { r.Said = append(r.Said, string(side)+": "+mark) }

// marksOf returns what the bytes of a partition say of themselves: rooted, verification off.
func marksOf(it *item) []string {
	if it == nil || len(it.unread) > 0 || it.img.Size() == 0 {
		return nil
	}
	if b, err := boot.Read(it.img); err == nil {
		return bootMarks(b)
	}
	if v, err := avb.Read(it.img); err == nil {
		return vbmetaMarks(v)
	}
	return nil
}

// blank says that nobody ever wrote to a partition, as to those of a slot that was never used.
func blank(it *item) []string {
	head, err := flash.ReadFull(it.img, 0, int(min(it.img.Size(), 64<<10)))
	if err != nil || len(head) == 0 || !flash.IsZero(head) && !flash.IsFill(head, 0xFF) {
		return nil
	}
	return []string{"its start is empty"}
}

// maxRamdisk limits the ramdisk that is searched, unpacked, in bytes.
const maxRamdisk = 256 << 20

// rooted are files in the ramdisk of a boot image that somebody rooted.
//
// Sources: Magisk's boot_patch.sh and cpio test (topjohnwu/Magisk, magiskboot), which also knows
// SuperSU's file; KernelSU's patch of init_boot (tiann/KernelSU, userspace/ksud).
var rooted = []struct{ path, by string }{
	{".backup/.magisk", "Magisk"},
	{"overlay.d/sbin/magisk.xz", "Magisk"},
	{"overlay.d/sbin/magisk32.xz", "Magisk"},
	{"overlay.d/sbin/magisk64.xz", "Magisk"},
	{"init.magisk.rc", "Magisk"},
	{"overlay/init.magisk.rc", "Magisk"},
	{"kernelsu.ko", "KernelSU"},
	{"sbin/launch_daemonsu.sh", "SuperSU"},
	{"init.supersu.rc", "SuperSU"},
}

// recoveries are files in the ramdisk of a recovery that is not the maker's. OrangeFox is made of
// TWRP, so it comes first.
var recoveries = []struct{ path, by string }{
	{"sbin/foxstart.sh", "OrangeFox"},
	{"twres/ui.xml", "TWRP"},
	{"sbin/twrp", "TWRP"},
}

// inKernel are texts in the kernel of a boot image that somebody rooted: KernelSU logs its name, and
// KernelPatch (APatch) has a header with this magic (bmax121/KernelPatch, preset.h).
var inKernel = []struct{ text, by string }{
	{"KernelSU", "KernelSU"},
	{"KP1158\x00\x00", "APatch"},
}

// bootMarks returns who changed a boot image, each once.
func bootMarks(b *boot.Image) (out []string) {
	add := func(what, by, where string) {
		mark := fmt.Sprintf("%s %s (%s)", what, by, where)
		if !slices.Contains(out, mark) {
			out = append(out, mark)
		}
	}
	for _, p := range b.Ramdisks() {
		r, err := ramdisk.Read(p.Payload(), maxRamdisk)
		if err != nil {
			continue
		}
		for _, f := range rooted {
			if r.Find(f.path) != nil {
				add("rooted with", f.by, "its ramdisk has "+f.path)
				break
			}
		}
		for _, f := range recoveries {
			if r.Find(f.path) != nil {
				add("a recovery of", f.by, "its ramdisk has "+f.path)
				break
			}
		}
	}
	if p := b.Part(boot.Kernel); p != nil {
		kernel, _ := boot.PlainKernel(p.Payload()) // one that cannot be read says nothing
		for _, k := range inKernel {
			if bytes.Contains(kernel, []byte(k.text)) {
				add("rooted with", k.by, "in its kernel")
			}
		}
	}
	return out
}

// vbmetaMarks returns what is wrong with a verified boot block. Tools that switch verification off
// change its flags, which breaks the signature, or write a block with nothing in it.
func vbmetaMarks(v *avb.VBMeta) []string {
	broken := v.Signature == avb.Broken
	switch {
	case v.Flags != 0 && len(v.Images)+len(v.Chains) == 0:
		return []string{"an empty block: " + v.FlagWords()}
	case v.Flags != 0 && broken:
		return []string{"patched: " + v.FlagWords() + ", and its signature is broken"}
	case v.Flags != 0:
		return []string{v.FlagWords()}
	case broken:
		return []string{"changed after it was signed: its signature is broken"}
	}
	return nil
}

// otherKey says that two verified boot blocks are signed with different keys.
func otherKey(a, b *item) []string {
	x, err1 := avb.Read(a.img)
	y, err2 := avb.Read(b.img)
	if err1 != nil || err2 != nil || x.KeySHA1 == "" || y.KeySHA1 == "" || x.KeySHA1 == y.KeySHA1 {
		return nil
	}
	return []string{fmt.Sprintf("signed with two keys: A with %.12s…, B with %.12s…", x.KeySHA1, y.KeySHA1)}
}

// otherBoard says that two preloaders are of different phones.
func otherBoard(a, b *item) []string {
	if scatter.Canonical(a.name) != "preloader" && !a.region.IsBoot() {
		return nil
	}
	x, y := preloaderOf(a.img), preloaderOf(b.img)
	if x == nil || y == nil {
		return nil
	}
	if m, n := x.Name(), y.Name(); m != "" && n != "" && m != n {
		return []string{fmt.Sprintf("a foreign preloader: A has %s, B %s; a phone starts only with its own", m, n)}
	}
	return nil
}

// preloaderOf returns the preloader in a boot region or a file, nil if it cannot be read.
func preloaderOf(img flash.Image) *preloader.File {
	r, err := preloader.Read(img)
	if err != nil {
		return nil
	}
	return r.Main()
}
