package adb

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A running phone shows its flash and what is put into it alike: on a phone with raw NAND a
// card is the only mmcblk0, and a stick on the socket may be sdc. A disk is the phone's own
// only where something proves it; else its owner's card would be called the phone.

// disk is a whole disk and what is known of it.
type disk struct {
	name  string
	links int    // by-name links that lead to it
	rows  int    // rows of /proc/dumchar_info that lie on it
	path  string // where it hangs, by the link of /sys/block
	fact  string // of mmcblkN its kind: "MMC", "SD" …; of sdX "1" when it is removable; "" when not told
}

// onUSBPath is part of the path of what hangs on a USB host, ufsPath of the path of units at
// the controller of a phone's UFS.
var (
	onUSBPath = regexp.MustCompile(`/usb\d`)
	ufsPath   = regexp.MustCompile(`ufs|/bootdevice/`)
)

func (d *disk) isMMC() bool { return strings.HasPrefix(d.name, "mmcblk") }

// factFile is what the kernel says of a disk.
func (d *disk) factFile() string {
	if d.isMMC() {
		return "/sys/block/" + d.name + "/device/type"
	}
	return "/sys/block/" + d.name + "/removable"
}

// learn takes in what the file says.
func (n *nodes) learn(disk, fact string) {
	if d := n.disks[disk]; d != nil {
		d.fact = strings.TrimSpace(fact)
	}
}

// foreign says why a disk is not the phone's own, "" when nothing speaks against it.
func (d *disk) foreign() string {
	switch {
	case d.isMMC() && strings.HasPrefix(d.fact, "SD"):
		return "is an SD card"
	case onUSBPath.MatchString(d.path):
		return "hangs on USB"
	case !d.isMMC() && d.fact == "1" && !ufsPath.MatchString(d.path):
		return "can be taken out"
	}
	return ""
}

// witnesses are what proves that a disk is the phone's own, the best first: how much of it
// there is, and how its lack is told, of which disks.
var witnesses = []struct {
	count    func(*nodes, *disk) int
	lack     string // %s is the disk
	mmc, ufs bool
}{
	{func(_ *nodes, d *disk) int { return d.links }, "no by-name link leads to it", true, true},
	{func(_ *nodes, d *disk) int { return d.rows }, "no row of /proc/dumchar_info lies on it", true, false},
	{(*nodes).bootPartitions, "it has no boot partitions", true, false},
	{(*nodes).atUFS, "/sys/block does not tell that it is at a UFS controller", false, true},
	{(*nodes).bootUnits, "it has no pair of small boot units before it", false, true},
	{(*nodes).kind, "/sys/block/%s/device/type is not MMC", true, false},
}

// bootPartitions: only eMMC has such areas; cards have none.
func (n *nodes) bootPartitions(d *disk) (count int) {
	for _, area := range []string{"boot0", "boot1", "rpmb"} {
		if _, there := n.kib[d.name+area]; there && d.isMMC() {
			count++
		}
	}
	return count
}

// userUnit is the unit of the user area on MediaTek's UFS phones: the third.
const userUnit = "sdc"

func (n *nodes) atUFS(d *disk) int {
	if d.name == userUnit && ufsPath.MatchString(d.path) {
		return 1
	}
	return 0
}

// bootUnits: the units before that of the user area are the two that a phone starts from,
// small and of one size. Sticks are neither.
func (n *nodes) bootUnits(d *disk) int {
	const most = 128 << 10 // KiB
	a, b := n.kib["sda"], n.kib["sdb"]
	if d.name == userUnit && d.fact == "0" && a == b && 0 < a && a <= most {
		return 1
	}
	return 0
}

// kind: what is soldered in is an MMC. An MMC in a slot is rare, but where the kernel itself
// says that partitions are on NAND it proves nothing.
func (n *nodes) kind(d *disk) int {
	if d.isMMC() && d.fact == "MMC" && !n.rows {
		return 1
	}
	return 0
}

// userDisk is the disk of the user area, "" when none is known to be the phone's own. A
// phone with UFS may have a card as mmcblk0, one with eMMC a card as mmcblk1, or the other
// way round.
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

// refusal is the error of a phone that has no disk of its own, and says what is lacking.
func (n *nodes) refusal() error {
	var why []string
	for _, name := range slices.Sorted(maps.Keys(n.disks)) {
		why = append(why, n.lacks(n.disks[name]))
	}
	switch {
	case n.nand || n.rows:
		why = append([]string{"it is raw NAND, of which Android gives no true copy"}, why...)
	case len(why) > 0:
		why[0] = "nothing proves that a disk is the phone's own: " + why[0]
	default:
		why = []string{"/proc/partitions lists neither eMMC nor UFS"}
	}
	return fmt.Errorf("adb: %w: %s", ErrStorage, strings.Join(why, "; "))
}

// lacks says why a disk is not taken.
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
