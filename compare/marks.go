package compare

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// mark says of the partitions that differ what people did to them.
func (r *Result) mark(x, y *side, pairs []couple) {
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.State != Differs && row.State != OnlyInA && row.State != OnlyInB {
			continue
		}
		for _, p := range pairs {
			if p.name() != row.Name || p.any().region != row.Region {
				continue
			}
			for _, s := range []struct {
				side *side
				item *item
			}{{x, p.a}, {y, p.b}} {
				if s.item == nil {
					continue
				}
				for _, mark := range marksOf(s.item) {
					row.Said = append(row.Said, s.side.name+": "+mark)
				}
			}
			if p.a != nil && p.b != nil {
				row.Said = append(row.Said, otherBoard(p.a, p.b)...)
			}
			break
		}
	}
}

// maxRamdisk limits the ramdisk that is searched, unpacked, in bytes.
const maxRamdisk = 256 << 20

// rootFiles are files in the ramdisk of a boot image that somebody rooted.
//
// Sources: Magisk's boot_patch.sh (topjohnwu/Magisk), SuperSU's sukernel, KernelSU's init_boot
// patch (tiann/KernelSU, userspace/ksud), APatch's kptools.
var rootFiles = []struct{ path, by string }{
	{".backup/.magisk", "Magisk"},
	{"overlay.d/sbin/magisk.xz", "Magisk"},
	{"overlay.d/sbin/magisk32.xz", "Magisk"},
	{"overlay.d/sbin/magisk64.xz", "Magisk"},
	{"init.magisk.rc", "Magisk"},
	{"sbin/magisk", "Magisk"},
	{"kernelsu.ko", "KernelSU"},
	{"init.supersu.rc", "SuperSU"},
	{"sbin/launch_daemonsu.sh", "SuperSU"},
}

// recoveryFiles are files in the ramdisk of a recovery that is not the maker's.
var recoveryFiles = []struct{ path, by string }{
	{"sbin/twrp", "TWRP"},
	{"twres/ui.xml", "TWRP"},
	{"system/bin/twrp", "TWRP"},
	{"sbin/orangefox.sh", "OrangeFox"},
	{"res/images/icon_clockwork.png", "ClockworkMod"},
}

// marksOf returns what the bytes of a partition say of themselves: rooted, verification off.
func marksOf(it *item) (out []string) {
	if b, err := boot.Read(it.img); err == nil {
		return bootMarks(b)
	}
	if v, err := avb.Read(it.img); err == nil && v.Flags != 0 {
		out = append(out, "its flags switch off checks of the phone: "+v.FlagWords())
	}
	return out
}

func bootMarks(b *boot.Image) (out []string) {
	add := func(text string) {
		if len(out) == 0 || out[len(out)-1] != text {
			out = append(out, text)
		}
	}
	for _, p := range b.Ramdisks() {
		r, err := ramdisk.Read(p.Payload(), maxRamdisk)
		if err != nil {
			continue
		}
		for _, f := range rootFiles {
			if r.Find(f.path) != nil {
				add(fmt.Sprintf("rooted with %s (its ramdisk has %s)", f.by, f.path))
				break
			}
		}
		for _, f := range recoveryFiles {
			if r.Find(f.path) != nil {
				add(fmt.Sprintf("a recovery of %s (its ramdisk has %s)", f.by, f.path))
				break
			}
		}
	}
	return out
}

// otherBoard says that two preloaders are of different phones.
func otherBoard(a, b *item) (out []string) {
	if scatter.Canonical(a.name) != "preloader" && !a.region.IsBoot() {
		return nil
	}
	x, y := mainOf(a.img), mainOf(b.img)
	if x == nil || y == nil {
		return nil
	}
	if m, n := x.Name(), y.Name(); m != "" && n != "" && m != n {
		out = append(out, fmt.Sprintf("A: a preloader of %s; B: of %s: only one of them is right for this phone", m, n))
	}
	return out
}

// mainOf returns the preloader in a boot region or a file, nil if it cannot be read.
func mainOf(img flash.Image) *preloader.File {
	r, err := preloader.Read(img)
	if err != nil {
		return nil
	}
	return r.Main()
}
