package recovery

import (
	"bytes"
	"context"
	"path"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/recovery/fstab"
)

// dumchar is the file in which kernels of MediaTek's MBR generation list the partitions
// by name, with the device of each. The makers' recoveries of those phones look up a
// mount point in it by name. They ignore the number in their own recovery.fstab, which
// may be that of another layout: on a phone with MT6582 it has mmcblk0p2 for /cache,
// but the table has PROTECT_F there.
const dumchar = "/proc/dumchar_info"

// translates reports whether the recovery program of a ramdisk contains the path of the
// kernel's list.
func translates(rd *ramdisk.Ramdisk) bool {
	e := rd.Find(program(rd))
	return e != nil && bytes.Contains(e.Data, []byte(dumchar))
}

// ownWords reports whether the phone's own image has the same recovery program and the
// same file.
func (c *checker) ownWords(e *ramdisk.Entry) bool {
	return slices.ContainsFunc(c.own, func(own *ramdisk.Ramdisk) bool {
		for _, p := range []string{program(c.rd), pathOf(e)} {
			a, b := c.rd.Find(p), own.Find(p)
			if a == nil || b == nil || !bytes.Equal(a.Data, b.Data) {
				return false
			}
		}
		return true
	})
}

// doubt weakens a finding that is not proven: a path that the table contradicts does
// harm only if the recovery uses it.
func (c *checker) doubt(e *ramdisk.Entry, f fstab.Finding) fstab.Finding {
	if f.Severity != flash.Error {
		return f
	}
	listed := fstab.ParseDevice(f.Device).Style == fstab.Number && path.Base(pathOf(e)) == "recovery.fstab" && translates(c.rd)
	own := c.ownWords(e)
	switch {
	case own && listed:
		f.Severity = flash.Note
		f.Text += "; the phone's own recovery has the same path, and its program reads " + dumchar + ", which lists partitions by name"
	case own:
		f.Severity = flash.Warning
		f.Text += "; the phone's own recovery has the same path: either its program does not use it, or the table is of another phone"
	case listed:
		f.Severity = flash.Warning
		f.Text += "; its program reads " + dumchar + ", which lists partitions by name: it is not known whether the program uses the number"
	}
	c.doubted = c.doubted || f.Severity == flash.Warning
	return f
}

// fstabs checks the paths in the image's fstab files against the phone's table.
func (c *checker) fstabs(context.Context) error {
	parts := c.phone.partitions()
	if c.rd == nil || parts == nil {
		return nil
	}
	c.harm = len(c.out)
	for _, e := range fstabFiles(c.rd) {
		for _, f := range parts.Check(fstab.Read(e.Data)) {
			c.out = append(c.out, c.doubt(e, f).Problem(c.name+": "+pathOf(e)))
		}
	}
	c.harmEnd = len(c.out)
	return nil
}
