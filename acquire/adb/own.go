package adb

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A running phone lists its flash, cards and USB sticks in the same way: on a phone with raw NAND a
// card is the only mmcblk0, and a USB stick may be sdc. A disk counts as the phone's own only with
// a proof; otherwise the user's card could be read as the phone.

// disk is a whole disk and the facts about it.
type disk struct {
	name  string
	links int    // number of by-name links to it
	rows  int    // number of rows of /proc/dumchar_info on it
	path  string // its hardware path, from the link in /sys/block
	fact  string // mmcblkN: its kind, "MMC", "SD" …; sdX: "1" if it is removable; "" if unknown
}

// onUSBPath matches the path of a disk on a USB host, ufsPath the path of a unit at a UFS
// controller.
var (
	onUSBPath = regexp.MustCompile(`/usb\d`)
	ufsPath   = regexp.MustCompile(`ufs|/bootdevice/`)
)

func (d *disk) isMMC() bool { return strings.HasPrefix(d.name, "mmcblk") }

// factFile returns the path of the kernel's file with the fact about the disk.
func (d *disk) factFile() string {
	if d.isMMC() {
		return "/sys/block/" + d.name + "/device/type"
	}
	return "/sys/block/" + d.name + "/removable"
}

// learn stores the text of the fact file.
func (n *nodes) learn(disk, fact string) {
	if d := n.disks[disk]; d != nil {
		d.fact = strings.TrimSpace(fact)
	}
}

// foreign returns the reason why a disk is not the phone's own, or "" if there is none.
func (d *disk) foreign() string {
	switch {
	case d.isMMC() && strings.HasPrefix(d.fact, "SD"):
		return "is an SD card"
	case onUSBPath.MatchString(d.path):
		return "is connected by USB"
	case !d.isMMC() && d.fact == "1" && !ufsPath.MatchString(d.path):
		return "is removable"
	}
	return ""
}

// witnesses are the proofs that a disk is the phone's own, the best first. count returns how many
// of a proof there are; lack is the text for a missing proof; mmc and ufs tell for which disks it
// is.
var witnesses = []struct {
	count    func(*nodes, *disk) int
	lack     string // %s is the disk
	mmc, ufs bool
}{
	{func(_ *nodes, d *disk) int { return d.links }, "no by-name link points to it", true, true},
	{func(_ *nodes, d *disk) int { return d.rows }, "no row of /proc/dumchar_info is on it", true, false},
	{(*nodes).bootPartitions, "it has no boot partitions", true, false},
	{(*nodes).atUFS, "/sys/block does not show it at a UFS controller", false, true},
	{(*nodes).bootUnits, "it has no pair of small boot units before it", false, true},
	{(*nodes).kind, "/sys/block/%s/device/type is not MMC", true, false},
}

// bootPartitions counts the boot areas and the RPMB of a disk; only eMMC has them, not cards.
func (n *nodes) bootPartitions(d *disk) (count int) {
	for _, area := range []string{"boot0", "boot1", "rpmb"} {
		if _, there := n.kib[d.name+area]; there && d.isMMC() {
			count++
		}
	}
	return count
}

// userUnit is the unit of the user area on MediaTek's UFS phones, the third one.
const userUnit = "sdc"

func (n *nodes) atUFS(d *disk) int {
	if d.name == userUnit && ufsPath.MatchString(d.path) {
		return 1
	}
	return 0
}

// bootUnits returns 1 if the two units before the user area look like the boot units of a phone:
// small and of equal size. USB sticks do not look like this.
func (n *nodes) bootUnits(d *disk) int {
	const most = 128 << 10 // KiB
	a, b := n.kib["sda"], n.kib["sdb"]
	if d.name == userUnit && d.fact == "0" && a == b && 0 < a && a <= most {
		return 1
	}
	return 0
}

// kind returns 1 if the disk is an MMC, as soldered chips are. An MMC in a card slot is rare, but
// if the kernel reports that partitions are on NAND, an MMC proves nothing.
func (n *nodes) kind(d *disk) int {
	if d.isMMC() && d.fact == "MMC" && !n.rows {
		return 1
	}
	return 0
}

// userDisk returns the disk of the user area, or "" if no disk is proven to be the phone's own. A
// phone with UFS may have a card as mmcblk0; on a phone with eMMC the card may be mmcblk1 or
// mmcblk0.
func (n *nodes) userDisk() string {
	for _, w := range witnesses {
		best, most := "", 0
		for _, name := range slices.Sorted(maps.Keys(n.disks)) {
			d := n.disks[name]
			if count := w.count(n, d); count > most && d.foreign() == "" {
				best, most = name, count
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}

// refusal returns the error of a phone without a disk of its own, with the missing proofs.
func (n *nodes) refusal() error {
	var why []string
	for _, name := range slices.Sorted(maps.Keys(n.disks)) {
		why = append(why, n.lacks(n.disks[name]))
	}
	switch {
	case n.nand || n.rows:
		why = append([]string{"its flash is raw NAND, of which Android gives no exact copy"}, why...)
	case len(why) > 0:
		why[0] = "nothing proves that a disk is the phone's own: " + why[0]
	default:
		why = []string{"/proc/partitions lists neither eMMC nor UFS"}
	}
	return fmt.Errorf("adb: %w: %s", ErrStorage, strings.Join(why, "; "))
}

// lacks returns the reason why a disk is not used.
func (n *nodes) lacks(d *disk) string {
	if why := d.foreign(); why != "" {
		return d.name + " " + why
	}
	var lack []string
	for _, w := range witnesses {
		if d.isMMC() && w.mmc || !d.isMMC() && w.ufs {
			lack = append(lack, strings.ReplaceAll(w.lack, "%s", d.name))
		}
	}
	return d.name + ": " + strings.Join(lack, ", ")
}
