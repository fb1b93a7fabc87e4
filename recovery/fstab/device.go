package fstab

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Style is a way to write the path of a partition.
type Style string

// The styles of phones.
const (
	ByName Style = "by-name" // /dev/block/…/by-name/NAME
	EMMCAt Style = "emmc@"   // /emmc@NAME
	Dev    Style = "/dev"    // /dev/NAME
	Bare   Style = "name"    // NAME
	Number Style = "number"  // /dev/block/mmcblk0pN
	Other  Style = "other"   // not a partition of the phone's table
)

// Device is a device path in its parts.
type Device struct {
	Style  Style
	Prefix string // the part before the name or number
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

// notPartitions are device nodes that are not partitions.
var notPartitions = map[string]bool{"null": true, "zero": true, "none": true, "tmpfs": true, "adb": true, "fuse": true, "swap": true, "proc": true, "sysfs": true, "overlay": true}

// ParseDevice separates a device path into its parts.
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

// String returns the path.
func (d Device) String() string {
	if d.Style == Number {
		return d.Prefix + strconv.Itoa(d.Number)
	}
	return d.Prefix + d.Name
}

// wanted returns the partition that a mount point belongs to, as a canonical name; ""
// if it belongs to no partition of the phone, or if this is not known.
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

// mountName returns a mount point without the folders in which partitions are mounted:
// since Android 8, /vendor/protect_f and /mnt/vendor/protect_f are what /protect_f was
// before.
func mountName(mount string) string {
	name := strings.ToLower(strings.Trim(mount, "/"))
	for _, folder := range []string{"mnt/vendor/", "vendor/", "mnt/product/", "mnt/"} {
		if in, ok := strings.CutPrefix(name, folder); ok && in != "" {
			return in
		}
	}
	return name
}

// alternates are partitions, by canonical name, that newer phones mount under the name
// of another one: the bootloader's message is in para, and /metadata is md_udc even if
// there is also a partition metadata.
var alternates = map[string]string{"misc": "para", "metadata": "md_udc"}

// alternate reports whether a row is the alternate partition for a mount point.
func alternate(mount string, row *flash.Partition) bool {
	return row != nil && alternates[wanted(mount)] == scatter.Canonical(row.Name)
}

// mounts are the mount points whose name differs from that of their partition.
var mounts = map[string]string{
	"data": "userdata", "system_root": "system", "": "system", "sdcard": "fat", "internal_sd": "fat", "emmc": "fat",
	"sdcard0": "fat", "auto": "", "none": "", "storage": "", "sd-ext": "", "external_sd": "", "sdcard1": "",
	"external_sdcard": "", "extsdcard": "", "usb-otg": "", "usb_otg": "", "usbotg": "", "usbstorage": "", "usb": "",
	"uboot": "lk", "bootloader": "lk", "modem": "md1img", "firmware": "",
}
