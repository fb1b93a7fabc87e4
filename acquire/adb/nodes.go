package adb

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// What the phone tells of its flash, as text, and what is made of it. Where partitions
// begin is for others to work out: the texts are handed on as they are.

var (
	// partitionsRow: major, minor, KiB, device.
	partitionsRow = regexp.MustCompile(`^\s*\d+\s+\d+\s+(\d{1,15})\s+(\w{1,64})\s*$`)
	// linkRow: a link of a by-name folder, in any ls's format.
	linkRow = regexp.MustCompile(`(\S+) -> /dev/block/(\w{1,64})\s*$`)
	// dumcharRow: a row of /proc/dumchar_info with its node.
	dumcharRow = regexp.MustCompile(`^(\S+)\s+0x([0-9a-fA-F]{1,16})\s+0x[0-9a-fA-F]{1,16}\s+2\s+/dev/(?:block/)?(\S+)\s*$`)
	// mountRow: device, place, type, options.
	mountRow = regexp.MustCompile(`^(/dev/\S+)\s+(\S+)\s+\S+\s+(\S+)`)
	// disk: a whole disk, or the disk in a partition's name.
	diskOf = regexp.MustCompile(`^(mmcblk\d)(?:p\d+)?$|^(sd[a-z])\d*$`)
	mtdRow = regexp.MustCompile(`(?m)^mtd\d+:`)
)

// nodes are the phone's block devices and what is known of them.
type nodes struct {
	kib     map[string]int64 // of /proc/partitions
	links   map[string]int   // how many by-name links lead to a disk
	dumchar map[string]int64 // rows of /proc/dumchar_info: size by name, lower case
	disks   map[string]int   // how many of these rows lie on a disk
	mounted []string         // places mounted for writing from flash
	mtd     bool             // raw NAND
}

// parseNodes reads the texts.
func parseNodes(partitions, links, dumchar, mounts, mtd string) *nodes {
	n := &nodes{kib: map[string]int64{}, links: map[string]int{}, dumchar: map[string]int64{}, disks: map[string]int{},
		mtd: mtdRow.MatchString(mtd)}
	for line := range strings.Lines(partitions) {
		if m := partitionsRow.FindStringSubmatch(line); m != nil {
			n.kib[m[2]], _ = strconv.ParseInt(m[1], 10, 64)
		}
	}
	for line := range strings.Lines(links) {
		if m := linkRow.FindStringSubmatch(line); m != nil {
			n.links[diskName(m[2])]++
		}
	}
	for line := range strings.Lines(dumchar) {
		if m := dumcharRow.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			n.dumchar[strings.ToLower(m[1])], _ = strconv.ParseInt(m[2], 16, 64)
			n.disks[diskName(m[3])]++
		}
	}
	for line := range strings.Lines(mounts) {
		m := mountRow.FindStringSubmatch(line)
		if m != nil && slices.Contains(strings.Split(m[3], ","), "rw") && !strings.Contains(m[1], "/loop") && len(n.mounted) < 64 {
			n.mounted = append(n.mounted, m[2])
		}
	}
	return n
}

// diskName is the disk a node is of, "" when it is of none.
func diskName(node string) string {
	m := diskOf.FindStringSubmatch(node)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

// userDisk is the node of the user area: what the links of Android's own partitions lead
// to, else what dumchar_info lies on. A phone with UFS may have a card as mmcblk0, one
// with eMMC a card as mmcblk1.
func (n *nodes) userDisk() string {
	for _, votes := range []map[string]int{n.links, n.disks} {
		best := ""
		for disk, count := range votes {
			if _, there := n.kib[disk]; disk != "" && there && (count > votes[best] || best == "" || count == votes[best] && disk < best) {
				best = disk
			}
		}
		if best != "" {
			return best
		}
	}
	for _, disk := range []string{"mmcblk0boot0", "sdc", "mmcblk0"} {
		if _, there := n.kib[disk]; there {
			return strings.TrimSuffix(disk, "boot0")
		}
	}
	return ""
}

// node is a block device that is a region of the flash.
type node struct {
	region flash.Region
	name   string
}

func (n node) path() string { return "/dev/block/" + n.name }

// regions lists the regions the phone shows, the user area first, and the storage they
// are of.
func (n *nodes) regions() (flash.Storage, []node) {
	user := n.userDisk()
	var want []node
	storage := flash.EMMC
	switch {
	case user == "":
		return "", nil
	case strings.HasPrefix(user, "sd"):
		storage = flash.UFS
		want = []node{{flash.UFSLU2, user}}
		if user == "sdc" { // the order of the units on MediaTek's UFS phones
			want = append(want, node{flash.UFSLU0, "sda"}, node{flash.UFSLU1, "sdb"})
		}
	default:
		want = []node{{flash.EMMCUser, user}, {flash.EMMCBoot1, user + "boot0"}, {flash.EMMCBoot2, user + "boot1"},
			{"EMMC_GP1", user + "gp0"}, {"EMMC_GP2", user + "gp1"}, {"EMMC_GP3", user + "gp2"}, {"EMMC_GP4", user + "gp3"}}
	}
	return storage, slices.DeleteFunc(want, func(w node) bool { _, there := n.kib[w.name]; return !there })
}

// boot tells of the preloader's node on kernels that hide the boot region behind a node
// of their own (MT6575 to MT6589), and how long it may be at most.
func (n *nodes) boot() (path string, most int64) {
	size, ok := n.dumchar["preloader"]
	if !ok || size <= 0 {
		return "", 0
	}
	return "/dev/preloader", min(size, maxHidden)
}

// maxHidden bounds a hidden boot region, which is read at once: none is larger than 4 MiB
// by the eMMC's of that time.
const maxHidden = 4 << 20
