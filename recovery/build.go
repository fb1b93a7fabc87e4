package recovery

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// Source is an image with its name for the user.
type Source struct {
	Name  string
	Image flash.Image
}

// BuildOptions holds the sources and the choices for Build.
type BuildOptions struct {
	Stock   Source  // the phone's own recovery, or boot image
	Boot    Source  // the phone's boot image, whose fstab shows how the phone writes paths; may be empty
	Donor   Source  // a recovery for another phone, or its ramdisk alone
	Phone   *Target // may be nil; paths cannot be checked then
	ADBRoot bool    // a root shell over USB
	Limit   int64   // largest unpacked size of all ramdisks in bytes, 0 for the usual limit
}

// Step is one decision of a build, with its source and reason.
type Step struct {
	What string `json:"what"`
	From string `json:"from"`
	Why  string `json:"why"`
}

// Built is a recovery that was built.
type Built struct {
	Image    flash.Image
	Donor    string // its name
	Steps    []Step
	Problems flash.Problems
}

func refuse(format string, a ...any) error {
	return flash.Refuse("recovery", flash.ReasonUnfit, "", format, a...)
}

// builder holds the state of a build.
type builder struct {
	opt   BuildOptions
	out   Built
	stock *boot.Image
	own   *ramdisk.Ramdisk // of the stock image
	boot  *ramdisk.Ramdisk // of the boot image, nil if there is none
	base  *ramdisk.Ramdisk // of the donor; the new ramdisk is made from it
	role  string           // of the stock image: "recovery" or "boot"

	budget *budget
}

// Build makes a recovery for a phone from its own kernel and a donor's ramdisk. If the
// phone would not start the result, the error is a *flash.Refusal.
func Build(opt BuildOptions) (*Built, error) {
	b := &builder{opt: opt, budget: newBudget(opt.Limit)}
	for _, step := range []func() error{b.place, b.openStock, b.openDonor, b.fstabs, b.files, b.props, b.pack} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	b.out.Donor = opt.Donor.Name
	return &b.out, nil
}

func (b *builder) step(what, from, why string, a ...any) {
	b.out.Steps = append(b.out.Steps, Step{what, from, fmt.Sprintf(why, a...)})
}

func (b *builder) problem(s flash.Severity, place, format string, a ...any) {
	b.out.Problems.Add(s, place, format, a...)
}

// place refuses phones that have no recovery partition.
func (b *builder) place() error {
	switch where := b.opt.Phone.RecoveryPartition(); where {
	case "boot", "vendor_boot":
		return refuse("this phone has no recovery partition: its recovery is part of %s, which also starts Android; a recovery of this kind cannot be flashed there", where)
	}
	return nil
}

func (b *builder) openStock() (err error) {
	if b.stock, err = boot.Read(b.opt.Stock.Image); err != nil {
		return fmt.Errorf("%s: %w", b.opt.Stock.Name, err)
	}
	switch {
	case b.stock.Cut():
		return refuse("%s is cut: %s", b.opt.Stock.Name, b.stock.Problems[0])
	case b.stock.Vendor:
		return refuse("%s is a vendor_boot image: it contains no kernel", b.opt.Stock.Name)
	case b.stock.Part(boot.Kernel) == nil:
		return refuse("%s contains no kernel (perhaps it is an init_boot image)", b.opt.Stock.Name)
	case b.stock.Part(boot.Ramdisk) == nil:
		return refuse("%s contains no ramdisk, so the compression that this phone's kernel needs is not known", b.opt.Stock.Name)
	}
	if b.own, err = b.budget.read(b.stock.Part(boot.Ramdisk).Payload()); err != nil {
		return fmt.Errorf("%s: %w", b.opt.Stock.Name, err)
	}
	b.role = role(b.stock, b.own)
	if b.opt.Boot.Image != nil {
		b.boot = readRamdisk(b.opt.Boot.Image, b.budget)
	}
	b.step("kernel", b.opt.Stock.Name, "only this kernel supports this phone's screen, keys and flash")
	for _, p := range b.stock.Parts {
		if p.Name != boot.Kernel && p.Name != boot.Ramdisk {
			b.step(p.Name, b.opt.Stock.Name, "belongs to the kernel")
		}
	}
	b.step(fmt.Sprintf("header version %d, addresses, command line", b.stock.Version), b.opt.Stock.Name, "this phone's bootloader expects them")
	return nil
}

// role tells whether an image is a recovery or a boot image.
func role(b *boot.Image, rd *ramdisk.Ramdisk) string {
	if s := b.Part(boot.Ramdisk).Section; s != nil {
		if s.Name == "RECOVERY" {
			return "recovery"
		}
		return "boot"
	}
	if program(rd) != "" {
		return "recovery"
	}
	return "boot"
}

// program returns the path of the recovery program, "" if a ramdisk has none.
func program(rd *ramdisk.Ramdisk) string {
	for _, p := range []string{"sbin/recovery", "system/bin/recovery"} {
		if e := rd.Find(p); e != nil && e.Type() != ramdisk.Dir {
			return p
		}
	}
	return ""
}

// programBits returns the word size of the recovery program in bits, 0 if unknown.
func programBits(rd *ramdisk.Ramdisk) int {
	e := rd.Find(program(rd))
	const class = 4 // of an ELF header: 1 for 32 bits, 2 for 64
	if e == nil || len(e.Data) <= class || !bytes.HasPrefix(e.Data, []byte("\x7FELF")) {
		return 0
	}
	return map[byte]int{1: 32, 2: 64}[e.Data[class]]
}

// kernelBits returns the word size of the phone's kernel in bits, 0 if unknown.
func (b *builder) kernelBits() int {
	k, err := boot.ReadKernel(b.stock.Part(boot.Kernel).Payload())
	if err != nil {
		return 0
	}
	return k.Bits
}

// readRamdisk returns the ramdisk of a boot image, nil if there is none that can be
// read.
func readRamdisk(img flash.Image, limit *budget) *ramdisk.Ramdisk {
	b, err := boot.Read(img)
	if err != nil || b.Cut() || len(b.Ramdisks()) == 0 {
		return nil
	}
	rd, err := limit.read(b.Ramdisks()[0].Payload())
	if err != nil {
		return nil
	}
	return rd
}

func (b *builder) openDonor() error {
	name, img := b.opt.Donor.Name, b.opt.Donor.Image
	if boot.Sniff(img) {
		d, err := boot.Read(img)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		case d.Cut():
			return refuse("%s is cut: %s", name, d.Problems[0])
		case len(d.Ramdisks()) == 0:
			return refuse("%s contains no ramdisk", name)
		case len(d.Ramdisks()) > 1:
			return refuse("%s contains several ramdisks: it is not a recovery image", name)
		}
		img = d.Ramdisks()[0].Payload()
	}
	rd, err := b.budget.read(img)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	at := program(rd)
	if at == "" {
		return refuse("%s contains no recovery: it has no sbin/recovery and no system/bin/recovery", name)
	}
	if is, want := programBits(rd), b.kernelBits(); is == 64 && want == 32 {
		return refuse("%s is a recovery of 64 bits, but this phone's kernel has 32: the kernel cannot run it", name)
	}
	b.base = rd
	b.step("ramdisk", name, "it is the base, with its %s", at)
	return nil
}

// put adds a file to the base, with the attributes of an entry of another image.
func (b *builder) put(path string, e *ramdisk.Entry, data []byte) {
	if old := b.base.Find(path); old != nil {
		old.Mode, old.UID, old.GID, old.Data = e.Mode, e.UID, e.GID, data
		return
	}
	n := addFile(b.base, path, data)
	n.Mode, n.UID, n.GID, n.Time = e.Mode, e.UID, e.GID, e.Time
}

// files copies the files that the phone's kernel needs: device nodes and chip settings.
func (b *builder) files() error {
	chip := false
	for _, e := range b.own.Entries() {
		p, safe := e.Path()
		name := path.Base(p)
		ueventd := strings.HasPrefix(name, "ueventd") && strings.HasSuffix(name, ".rc")
		init := strings.HasPrefix(name, "init.recovery.") && strings.HasSuffix(name, ".rc") && !strings.Contains(p, "/")
		if !safe || e.Type() != ramdisk.File || !ueventd && !init {
			continue
		}
		why := "it lists the device nodes of this phone's kernel"
		if init {
			chip, why = true, "this chip needs it at start"
		}
		if old := b.base.Find(p); old != nil && bytes.Equal(old.Data, e.Data) {
			continue
		}
		b.put(p, e, e.Data)
		b.step(p, b.opt.Stock.Name, "%s", why)
	}
	if !chip && b.role == "recovery" && b.opt.Phone != nil && b.opt.Phone.Chip != "" {
		b.problem(flash.Note, b.opt.Stock.Name, "has no init.recovery.%s.rc, so none is copied", strings.ToLower(b.opt.Phone.Chip))
	}
	return nil
}

// propFile returns the file of properties, also if a link leads to it.
func propFile(rd *ramdisk.Ramdisk) *ramdisk.Entry {
	for _, p := range []string{"default.prop", "prop.default", "system/etc/prop.default"} {
		if e := rd.Find(p); e != nil && e.Type() == ramdisk.File {
			return e
		}
	}
	return nil
}

func (b *builder) props() error {
	to, from := propFile(b.base), propFile(b.own)
	if to == nil && from == nil {
		b.problem(flash.Warning, b.opt.Donor.Name, "has no default.prop, and the phone's image has none either")
		return nil
	}
	if to == nil {
		p, _ := from.Path()
		b.put(p, from, from.Data)
		b.step(p, b.opt.Stock.Name, "the donor has none")
		to = b.base.Find(p)
	}
	p, _ := to.Path()
	if from != nil {
		data, changed := setProperties(to.Data, phoneProperties(from.Data))
		to.Data = data
		if len(changed) > 0 {
			b.step(p, b.opt.Stock.Name, "merged: the identity of the phone comes from the phone (%s), everything else from the donor", some(changed))
		}
	}
	if b.opt.ADBRoot {
		data, changed := setProperties(to.Data, rooted)
		to.Data = data
		b.step(p, "the user's choice", "a root shell over USB (%s)", some(changed))
		return nil
	}
	for _, kv := range properties(to.Data) {
		if kv[0] == "ro.secure" && kv[1] == "0" || kv[0] == "ro.adb.secure" && kv[1] == "0" {
			b.problem(flash.Note, p, "%s=%s comes from the donor and gives a root shell over USB; it was not changed", kv[0], kv[1])
		}
	}
	return nil
}

func some(list []string) string {
	const few = 6
	if len(list) == 0 {
		return "all were already set"
	}
	if len(list) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:few], " "), len(list)-few)
	}
	return strings.Join(list, " ")
}

// pack compresses the ramdisk in the same way as the phone's own, and makes the image.
func (b *builder) pack() error {
	c := b.own.Segments[0].Compression
	var packed flash.Image
	var err error
	if len(b.base.Segments) == 1 && b.base.Segments[0].Compression == c {
		packed, err = b.base.Encode()
		b.out.Problems = append(b.out.Problems, trailed("the new ramdisk", b.base)...)
	} else {
		packed, err = b.base.Recompress(c)
		b.step("compression "+string(c), b.opt.Stock.Name, "this kernel is known to unpack it")
	}
	if err != nil {
		return err
	}
	b.out.Problems = append(b.out.Problems, parted("the new ramdisk", b.base)...)
	if err := b.stock.Replace(boot.Ramdisk, packed); err != nil {
		return err
	}
	if err := b.header(); err != nil {
		return err
	}
	b.out.Image, err = b.fit()
	return err
}

// header reports what was done with MediaTek's section header.
func (b *builder) header() error {
	s := b.stock.Part(boot.Ramdisk).Section
	switch {
	case s == nil:
		b.step("no MediaTek header", b.opt.Stock.Name, "its kernel and ramdisk have none")
		return nil
	case b.role == "recovery":
		b.step("MediaTek headers", b.opt.Stock.Name, "its kernel and ramdisk have them; the name in the ramdisk's header is %s", s.Name)
		return nil
	}
	b.step("MediaTek headers", b.opt.Stock.Name, "its kernel and ramdisk have them; %s became RECOVERY, because the bootloader needs that name in a recovery", s.Name)
	return b.stock.SetSection(boot.Ramdisk, "RECOVERY")
}
