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

// Answer is whether a phone would start an image.
type Answer string

// The answers.
const (
	Starts       Answer = "would start"
	Depends      Answer = "may start"
	DoesNotStart Answer = "would not start"
	Harmful      Answer = "would do harm" // it starts, and formats what it must not
	MayHarm      Answer = "may do harm"   // it starts, and whether it goes by what is wrong in it is not known
)

// Bad reports whether the image must not be flashed before its reasons are read.
func (a Answer) Bad() bool { return a == DoesNotStart || a == Harmful || a == MayHarm }

// Verdict is what Check came to. Reasons that are errors stop the phone from starting the
// image, warnings may; notes are what was found in order or is worth knowing.
type Verdict struct {
	Answer    Answer          `json:"answer"`
	Line      string          `json:"line"`      // the verdict in one line
	Partition string          `json:"partition"` // where the image belongs on this phone
	Reasons   []flash.Problem `json:"problems"`
}

// checker holds a check in the making.
type checker struct {
	phone  *Phone
	name   string
	img    flash.Image
	row    *flash.Partition
	new    *boot.Image
	stock  *boot.Image // what the phone has there; nil when that is not at hand
	rd     *ramdisk.Ramdisk
	own    []*ramdisk.Ramdisk // of stock, as far as they can be read
	budget *budget
	out    flash.Problems

	harm, harmEnd int  // the reasons in out that are about paths, not about starting
	doubted       bool // one of them says that harm is not proven
}

// Check says whether the phone would start an image as its recovery. Nothing is certain
// before it is tried; what is known to be wrong is.
func Check(ctx context.Context, img Source, phone *Phone, limit int64) (*Verdict, error) {
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

// place finds the partition that the image is for, and what stands in it.
func (c *checker) place() {
	where := c.phone.Place()
	switch where {
	case "boot":
		c.say(flash.Warning, "A/B", "this phone has no recovery partition: its boot image holds the recovery too, and this image would replace both")
	case "vendor_boot":
		c.say(flash.Note, "A/B", "this phone keeps its recovery in vendor_boot")
		if !c.new.Vendor {
			c.say(flash.Error, "A/B", "the image is no vendor_boot: this phone does not look for a recovery in it")
		}
	case "":
		c.say(flash.Warning, "table", "the table has no recovery partition: nothing says where the image would go")
		return
	}
	c.row = c.phone.Row(where)
	c.findStock(where)
}

// findStock looks for the phone's own image: the one that was given, the one in the
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
			c.say(flash.Note, "stock", "the dump has no image in %s: compared with boot", where)
		}
		return
	}
	c.say(flash.Warning, "stock", "no image of the phone's own is at hand: kernel and header cannot be compared")
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
		c.say(flash.Error, "size", "0x%x bytes do not fit the 0x%x of %s", c.new.Length, c.row.Length, c.row.Name)
	case c.img.Size() > c.row.Length:
		c.say(flash.Warning, "size", "the file has 0x%x bytes, %s 0x%x: flash tools refuse it, although the image in it would fit", c.img.Size(), c.row.Name, c.row.Length)
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
		c.say(flash.Error, "header", "version %d, the phone's own has %d", c.new.Version, c.stock.Version)
	} else {
		c.say(flash.Note, "header", "version %d, as the phone's own", c.new.Version)
	}
	if c.stock.Loader != nil && c.new.Loader == nil {
		c.say(flash.Warning, "header", "the phone's own image has a small loader in the place of its header, this one has none: a phone that was unlocked by it may not start it")
	}
	if c.stock.Loader == nil && c.new.Loader != nil {
		c.say(flash.Warning, "header", "a small loader stands in its place, in the phone's own image there is none: only a bootloader that knows it starts the image")
	}
	if c.new.Page != c.stock.Page {
		c.say(flash.Warning, "header", "pages of %d bytes, the phone's own has %d", c.new.Page, c.stock.Page)
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
			c.say(flash.Warning, "header", "the %s goes to address %s, in the phone's own image to %s", f.name, f.new, f.own)
		}
	}
	return nil
}

// marks compares what bootloaders look for behind an image.
func (c *checker) marks() {
	have := sortTail(c.new.Tail)
	for _, name := range sortTail(c.stock.Tail).names {
		if !slices.Contains(have.names, name) {
			c.say(flash.Warning, "after the image", "what follows the phone's own image is missing: %s", name)
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
		c.say(flash.Error, "MediaTek header", "the %s has none, the phone's own has %s: its bootloader asks for it", name, q.Section.Name)
	case p.Section != nil && q.Section == nil:
		c.say(flash.Error, "MediaTek header", "the %s has one (%s), the phone's own has none: its bootloader would start the header", name, p.Section.Name)
	case p.Section == nil:
	case name == boot.Ramdisk && c.row != nil && c.phone.Place() == "recovery" && p.Section.Name != "RECOVERY":
		c.say(flash.Error, "MediaTek header", "the ramdisk's is %s; the bootloader asks for RECOVERY in a recovery", p.Section.Name)
	default:
		c.say(flash.Note, "MediaTek header", "the %s has one (%s), as the phone's own", name, p.Section.Name)
	}
}

// kernel compares the kernels: byte for byte, else by what they say of themselves.
func (c *checker) kernel(ctx context.Context) error {
	if c.stock == nil || c.stock.Vendor {
		return nil
	}
	p, q := c.new.Part(boot.Kernel), c.stock.Part(boot.Kernel)
	switch {
	case p == nil && q == nil:
		return nil
	case p == nil || q == nil:
		c.say(flash.Error, "kernel", "one of the image and the phone's own has none")
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
		c.say(flash.Warning, "kernel", "is another than the phone's own, and the version of one cannot be read")
	case a.Release() != b.Release():
		c.say(flash.Warning, "kernel", "is %s, the phone's own %s: most likely of another phone", a.Release(), b.Release())
	default:
		c.say(flash.Warning, "kernel", "is another build of %s than the phone's own", a.Release())
	}
	return c.trees(a.Trees, b.Trees)
}

// trees compares the device trees: behind the kernels, and in dtb parts.
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
				c.say(flash.Note, "dtb", "is for %s, as the phone's own", t.Compatible[i])
				return nil
			}
		}
	}
	c.say(flash.Error, "dtb", "is for %s, the phone is %s", strings.Join(a[0].Compatible, " "), strings.Join(b[0].Compatible, " "))
	return nil
}

// program looks for a recovery in the ramdisk.
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
		c.say(flash.Error, "ramdisk", "holds no recovery: neither sbin/recovery nor system/bin/recovery")
	default:
		c.say(flash.Note, "ramdisk", "holds a recovery, %s", found)
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
			c.say(flash.Warning, "ramdisk", "is packed with %s, the phone's own with %s: its kernel may know only that", c.rd.Segments[0].Compression, own.Segments[0].Compression)
		}
	}
	return nil
}

// bits compares the recovery program with the kernel that is to run it.
func (c *checker) bits() error {
	p := c.new.Part(boot.Kernel)
	if c.rd == nil || p == nil || programBits(c.rd) != 64 {
		return nil
	}
	k, err := boot.ReadKernel(p.Payload())
	if err == nil && k.Bits == 32 {
		c.say(flash.Error, "ramdisk", "its recovery has 64 bits, the kernel 32: it cannot run it")
	}
	return err
}
