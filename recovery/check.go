package recovery

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// Answer tells whether a phone would start an image.
type Answer string

// The answers.
const (
	Starts       Answer = "would start"
	Depends      Answer = "may start"
	DoesNotStart Answer = "would not start"
	Harmful      Answer = "would do harm" // the phone starts it, and it formats a wrong partition
	MayHarm      Answer = "may do harm"   // the phone starts it, but it is not known whether it uses the wrong paths in it
)

// Bad reports whether the image must not be flashed before the user has read the
// reasons.
func (a Answer) Bad() bool { return a == DoesNotStart || a == Harmful || a == MayHarm }

// Verdict is the result of Check. A reason that is an error stops the phone from
// starting the image, a warning may stop it. Notes are facts that are in order or
// useful to know.
type Verdict struct {
	Answer    Answer          `json:"answer"`
	Line      string          `json:"line"`      // the verdict in one line
	Partition string          `json:"partition"` // the partition of this phone that the image is for
	Reasons   []flash.Problem `json:"problems"`
}

// checker holds the state of a check.
type checker struct {
	phone  *Target
	name   string
	img    flash.Image
	row    *flash.Partition
	new    *boot.Image
	stock  *boot.Image // the phone's image in that partition; nil if it is not available
	rd     *ramdisk.Ramdisk
	own    []*ramdisk.Ramdisk // of stock, those that can be read
	budget *budget
	out    flash.Problems

	harm, harmEnd int  // numbers of the reasons in out that are about paths, not about starting
	doubted       bool // one of them reports that harm is not proven
}

// Check reports whether the phone would start an image as its recovery. Only a test on
// the phone is certain; Check finds the known faults. limit is the largest unpacked
// size of all ramdisks in bytes, 0 for the usual limit. An error means that img is not
// a boot image, or comes from ctx.
func Check(ctx context.Context, img Source, phone *Target, limit int64) (*Verdict, error) {
	b, err := boot.Read(img.Image)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", img.Name, err)
	}
	c := &checker{phone: phone, name: img.Name, img: img.Image, new: b, budget: newBudget(limit)}
	c.place()
	for _, step := range []func(context.Context) error{c.size, c.style, c.kernel, c.program, c.fstabs, c.verified} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return c.verdict(), nil
}

func (c *checker) say(s flash.Severity, place, format string, a ...any) {
	c.out.Add(s, place, format, a...)
}

// place finds the partition that the image is for, and the image in it.
func (c *checker) place() {
	where := c.phone.RecoveryPartition()
	switch where {
	case "boot":
		c.say(flash.Warning, "A/B", "this phone has no recovery partition: its boot image also contains the recovery, and this image would replace both")
	case "vendor_boot":
		c.say(flash.Note, "A/B", "this phone keeps its recovery in vendor_boot")
		if !c.new.Vendor {
			c.say(flash.Error, "A/B", "the image is not a vendor_boot: this phone does not look for a recovery in it")
		}
	case "":
		c.say(flash.Warning, "table", "the table has no recovery partition: it is not known where to flash the image")
		return
	}
	c.row = c.phone.Row(where)
	c.findStock(where)
}

// findStock looks for the phone's own image: the one that the user gave, the one in the
// partition, or the boot image.
func (c *checker) findStock(where string) {
	for _, s := range []struct {
		name string
		img  flash.Image
	}{{"the stock image", c.phone.Stock}, {where, c.phone.Image(where)}, {"boot", c.phone.Image("boot")}} {
		if s.img == nil || !boot.Sniff(s.img) || s.name == "boot" && c.new.Vendor {
			continue
		}
		stock, err := boot.Read(s.img)
		if err != nil || stock.Cut() {
			continue
		}
		if c.stock = stock; s.name == "boot" && where != "boot" {
			c.say(flash.Note, "stock", "the dump has no image in %s: the image is compared with boot", where)
		}
		return
	}
	c.say(flash.Warning, "stock", "the phone's own image is not available: kernel and header cannot be compared")
}

func (c *checker) size(context.Context) error {
	if c.new.Cut() {
		for _, p := range c.new.Problems {
			c.say(p.Severity, p.Place, "%s", p.Text)
		}
	}
	if c.row == nil {
		return nil
	}
	switch {
	case c.new.Length > c.row.Length:
		c.say(flash.Error, "size", "0x%x bytes do not fit into the 0x%x bytes of %s", c.new.Length, c.row.Length, c.row.Name)
	case c.img.Size() > c.row.Length:
		c.say(flash.Warning, "size", "the file has 0x%x bytes, but %s has 0x%x: flash tools refuse it, although the image in it would fit", c.img.Size(), c.row.Name, c.row.Length)
	default:
		c.say(flash.Note, "size", "0x%x of the 0x%x bytes of %s", c.img.Size(), c.row.Length, c.row.Name)
	}
	return nil
}

// style compares the headers.
func (c *checker) style(context.Context) error {
	if c.stock == nil {
		return nil
	}
	if c.new.Vendor != c.stock.Vendor {
		c.say(flash.Error, "header", "a vendor_boot image and a boot image are different things")
		return nil
	}
	if c.new.Version != c.stock.Version {
		c.say(flash.Error, "header", "version %d, but the phone's own has %d", c.new.Version, c.stock.Version)
	} else {
		c.say(flash.Note, "header", "version %d, the same as the phone's own", c.new.Version)
	}
	if c.stock.Loader != nil && c.new.Loader == nil {
		c.say(flash.Warning, "header", "the phone's own image has a small loader instead of its header, but this image has none: a phone that was unlocked with the loader may not start this image")
	}
	if c.stock.Loader == nil && c.new.Loader != nil {
		c.say(flash.Warning, "header", "this image has a small loader instead of the header, but the phone's own image has none: only a bootloader that supports it starts the image")
	}
	if c.new.Page != c.stock.Page {
		c.say(flash.Warning, "header", "pages of %d bytes, but the phone's own has %d", c.new.Page, c.stock.Page)
	}
	for _, name := range []string{boot.Kernel, boot.Ramdisk} {
		c.section(name)
	}
	c.marks()
	a, b := c.new.Facts(), c.stock.Facts()
	for _, f := range []struct {
		name     string
		new, own boot.Addr
	}{{"kernel", a.KernelAddr, b.KernelAddr}, {"ramdisk", a.RamdiskAddr, b.RamdiskAddr}, {"tags", a.TagsAddr, b.TagsAddr}} {
		if f.new != f.own {
			c.say(flash.Warning, "header", "the %s is loaded at address %s, but in the phone's own image at %s", f.name, f.new, f.own)
		}
	}
	return nil
}

// marks compares the marks that bootloaders look for behind an image.
func (c *checker) marks() {
	have := sortTail(c.new.Tail)
	for _, name := range sortTail(c.stock.Tail).names {
		if !slices.Contains(have.names, name) {
			c.say(flash.Warning, "after the image", "the bytes behind the phone's own image are missing here: %s", name)
		}
	}
}

// section compares MediaTek's header of a part.
func (c *checker) section(name string) {
	p, q := c.new.Part(name), c.stock.Part(name)
	if p == nil || q == nil {
		return
	}
	switch {
	case p.Section == nil && q.Section != nil:
		c.say(flash.Error, "MediaTek header", "the %s has none, but the phone's own has %s: its bootloader needs it", name, q.Section.Name)
	case p.Section != nil && q.Section == nil:
		c.say(flash.Error, "MediaTek header", "the %s has one (%s), but the phone's own has none: its bootloader would run the header as code", name, p.Section.Name)
	case p.Section == nil:
	case name == boot.Ramdisk && c.row != nil && c.phone.RecoveryPartition() == "recovery" && p.Section.Name != "RECOVERY":
		c.say(flash.Error, "MediaTek header", "the name in the ramdisk's header is %s, but the bootloader needs RECOVERY in a recovery", p.Section.Name)
	default:
		c.say(flash.Note, "MediaTek header", "the %s has one (%s), the same as the phone's own", name, p.Section.Name)
	}
}

// kernel compares the kernels: byte for byte, or else by their versions.
func (c *checker) kernel(ctx context.Context) error {
	if c.stock == nil || c.stock.Vendor {
		return nil
	}
	p, q := c.new.Part(boot.Kernel), c.stock.Part(boot.Kernel)
	switch {
	case p == nil && q == nil:
		return nil
	case p == nil || q == nil:
		c.say(flash.Error, "kernel", "only one of the image and the phone's own image has a kernel")
		return nil
	}
	same, err := flash.Equal(ctx, p.Payload(), q.Payload())
	if err != nil {
		return err
	}
	if same {
		c.say(flash.Note, "kernel", "is the phone's own, byte for byte")
		return c.trees(nil, nil)
	}
	a, err := boot.ReadKernel(p.Payload())
	if err != nil {
		return err
	}
	b, err := boot.ReadKernel(q.Payload())
	if err != nil {
		return err
	}
	switch {
	case a.Release() == "" || b.Release() == "":
		c.say(flash.Warning, "kernel", "differs from the phone's own, and the version of one of them cannot be read")
	case a.Release() != b.Release():
		c.say(flash.Warning, "kernel", "is %s, but the phone's own is %s: it is probably for another phone", a.Release(), b.Release())
	default:
		c.say(flash.Warning, "kernel", "is another build of %s than the phone's own", a.Release())
	}
	return c.trees(a.Trees, b.Trees)
}

// trees compares the device trees: those behind the kernels and those in dtb parts.
func (c *checker) trees(a, b []boot.DeviceTree) error {
	p, q := c.new.Part(boot.DTB), c.stock.Part(boot.DTB)
	switch {
	case p == nil && q != nil:
		c.say(flash.Error, "dtb", "is missing; the phone's own image has one")
		return nil
	case p != nil && q != nil:
		var err error
		if a, err = boot.ReadTrees(p.Payload()); err != nil {
			return err
		}
		if b, err = boot.ReadTrees(q.Payload()); err != nil {
			return err
		}
	}
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	for _, t := range a {
		for _, u := range b {
			if i := slices.IndexFunc(t.Compatible, func(s string) bool { return slices.Contains(u.Compatible, s) }); i >= 0 {
				c.say(flash.Note, "dtb", "is for %s, the same as the phone's own", t.Compatible[i])
				return nil
			}
		}
	}
	c.say(flash.Error, "dtb", "is for %s, but the phone is %s", strings.Join(a[0].Compatible, " "), strings.Join(b[0].Compatible, " "))
	return nil
}

// program looks for the recovery program in the ramdisk.
func (c *checker) program(context.Context) error {
	rds := c.new.Ramdisks()
	if len(rds) == 0 {
		c.say(flash.Error, "ramdisk", "there is none")
		return nil
	}
	found := ""
	for _, p := range rds {
		rd, err := c.budget.read(p.Payload())
		if err != nil {
			c.say(flash.Error, p.Name, "cannot be read: %v", err)
			continue
		}
		if c.rd == nil || program(rd) != "" {
			c.rd, found = rd, program(rd)
		}
	}
	switch {
	case c.rd == nil:
	case found == "":
		c.say(flash.Error, "ramdisk", "contains no recovery: it has no sbin/recovery and no system/bin/recovery")
	default:
		c.say(flash.Note, "ramdisk", "contains a recovery, %s", found)
	}
	if err := c.bits(); err != nil {
		return err
	}
	if c.rd == nil || c.stock == nil {
		return nil
	}
	for i, p := range c.stock.Ramdisks() {
		own, err := c.budget.read(p.Payload())
		if err != nil {
			continue
		}
		c.own = append(c.own, own)
		if i == 0 && own.Segments[0].Compression != c.rd.Segments[0].Compression {
			c.say(flash.Warning, "ramdisk", "is compressed with %s, but the phone's own with %s: its kernel may support only that", c.rd.Segments[0].Compression, own.Segments[0].Compression)
		}
	}
	return nil
}

// bits compares the word sizes of the recovery program and of the kernel.
func (c *checker) bits() error {
	p := c.new.Part(boot.Kernel)
	if c.rd == nil || p == nil || programBits(c.rd) != 64 {
		return nil
	}
	k, err := boot.ReadKernel(p.Payload())
	if err == nil && k.Bits == 32 {
		c.say(flash.Error, "ramdisk", "its recovery has 64 bits, but the kernel has 32: the kernel cannot run it")
	}
	return err
}
