package fstab

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Style is a way of spelling a partition.
type Style string

// The spellings of phones.
const (
	ByName Style = "by-name" // /dev/block/…/by-name/NAME
	EMMCAt Style = "emmc@"   // /emmc@NAME
	Dev    Style = "/dev"    // /dev/NAME
	Bare   Style = "name"    // NAME
	Number Style = "number"  // /dev/block/mmcblk0pN
	Other  Style = "other"   // no partition of the phone's table
)

// Device is a device path taken apart.
type Device struct {
	Style  Style
	Prefix string // what stands before the name or number
	Name   string
	Number int
}

var (
	byName = regexp.MustCompile(`^(/dev/block/(?:.*/)?by-name/)([^/]+)$`)
	emmcAt = regexp.MustCompile(`^(/?emmc@)([^/]+)$`)
	dev    = regexp.MustCompile(`^(/dev/)([A-Za-z][A-Za-z0-9_-]*)$`)
	bare   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	number = regexp.MustCompile(`^(/dev/block/mmcblk0p)([0-9]{1,3})$`)

	inOptions   = regexp.MustCompile(`emmc@[A-Za-z0-9_]+`)
	optionPaths = regexp.MustCompile(`/dev/block/[^\s,;:"]+`) // encryptable=/dev/block/…/by-name/metadata
)

// notPartitions are device nodes that are none.
var notPartitions = map[string]bool{"null": true, "zero": true, "none": true, "tmpfs": true, "adb": true, "fuse": true, "swap": true, "proc": true, "sysfs": true, "overlay": true}

// ParseDevice takes a device path apart.
func ParseDevice(s string) Device {
	for style, re := range map[Style]*regexp.Regexp{ByName: byName, EMMCAt: emmcAt} {
		if m := re.FindStringSubmatch(s); m != nil {
			return Device{Style: style, Prefix: m[1], Name: m[2]}
		}
	}
	if m := number.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[2])
		return Device{Style: Number, Prefix: m[1], Number: n}
	}
	if m := dev.FindStringSubmatch(s); m != nil && !notPartitions[m[2]] {
		return Device{Style: Dev, Prefix: m[1], Name: m[2]}
	}
	if bare.MatchString(s) && !notPartitions[s] {
		return Device{Style: Bare, Name: s}
	}
	return Device{Style: Other}
}

// String spells the device.
func (d Device) String() string {
	if d.Style == Number {
		return d.Prefix + strconv.Itoa(d.Number)
	}
	return d.Prefix + d.Name
}

// wanted says which partition a mount point is for, in canonical names: "" when it is
// for none of the phone's own, or none that the name tells.
func wanted(mount string) string {
	name := mountName(mount)
	for _, suffix := range []string{"_image", "-image", "_img"} {
		name = strings.TrimSuffix(name, suffix)
	}
	if n, ok := mounts[name]; ok {
		return n
	}
	return name
}

// mountName is a mount point without the folders that partitions are mounted in: since
// Android 8, /vendor/protect_f and /mnt/vendor/protect_f are what /protect_f was.
func mountName(mount string) string {
	name := strings.ToLower(strings.Trim(mount, "/"))
	for _, folder := range []string{"mnt/vendor/", "vendor/", "mnt/product/", "mnt/"} {
		if in, ok := strings.CutPrefix(name, folder); ok && in != "" {
			return in
		}
	}
	return name
}

// alternates are partitions, by canonical name, that newer phones mount for what is called
// after another one: the bootloader's message stands in para, and /metadata is md_udc even
// where there is a partition metadata too.
var alternates = map[string]string{"misc": "para", "metadata": "md_udc"}

// alternate reports whether a row is the other partition for a mount point.
func alternate(mount string, row *flash.Partition) bool {
	return row != nil && alternates[wanted(mount)] == scatter.Canonical(row.Name)
}

// mounts are mount points that are called other than their partition.
var mounts = map[string]string{
	"data": "userdata", "system_root": "system", "": "system", "sdcard": "fat", "internal_sd": "fat", "emmc": "fat",
	"sdcard0": "fat", "auto": "", "none": "", "storage": "", "sd-ext": "", "external_sd": "", "sdcard1": "",
	"external_sdcard": "", "extsdcard": "", "usb-otg": "", "usb_otg": "", "usbotg": "", "usbstorage": "", "usb": "",
	"uboot": "lk", "bootloader": "lk", "modem": "md1img", "firmware": "",
}
