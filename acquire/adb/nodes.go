package adb

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// This file parses the phone's texts about its flash. It does not work out the offsets of
// partitions: the texts are passed on unchanged (Phone.Captures).

var (
	// partitionsRow matches a row of /proc/partitions: major, minor, KiB, device.
	partitionsRow = regexp.MustCompile(`^\s*\d+\s+\d+\s+(\d{1,15})\s+(\w{1,64})\s*$`)
	// linkRow matches a link in a by-name folder, in the format of any ls.
	linkRow = regexp.MustCompile(`(\S+) -> /dev/block/(\w{1,64})\s*$`)
	// dumcharRow matches a row of /proc/dumchar_info: name, size, start, 1 for MTD or 2 for eMMC,
	// node.
	dumcharRow = regexp.MustCompile(`^(\S+)\s+0x([0-9a-fA-F]{1,16})\s+0x[0-9a-fA-F]{1,16}\s+([12])\s+/dev/(?:block/)?(\S+)\s*$`)
	// blockRow matches a link in /sys/block.
	blockRow = regexp.MustCompile(`(\S+) -> (\S+)\s*$`)
	// mountRow matches a row of /proc/mounts: device, path, type, options.
	mountRow = regexp.MustCompile(`^(/dev/\S+)\s+(\S+)\s+\S+\s+(\S+)`)
	// diskOf matches a whole disk, or the disk in a partition's name.
	diskOf = regexp.MustCompile(`^(mmcblk\d)(?:p\d+)?$|^(sd[a-z])\d*$`)
	// mtdRow matches a row of /proc/mtd, which has only its head line on phones without NAND.
	mtdRow = regexp.MustCompile(`(?m)^mtd\d+:`)
)

// texts are the phone's texts about its flash.
type texts struct {
	partitions string // /proc/partitions
	links      string // the by-name folders
	dumchar    string // /proc/dumchar_info
	mounts     string // /proc/mounts
	mtd        string // /proc/mtd
	blocks     string // the links in /sys/block, with the hardware paths of disks
}

// nodes are the phone's block devices and the facts about them.
type nodes struct {
	kib     map[string]int64 // sizes in KiB from /proc/partitions
	disks   map[string]*disk // the whole disks
	dumchar map[string]int64 // rows of /proc/dumchar_info: size by name, lower case
	mounted []string         // mount points of flash that is mounted for writing
	nand    bool             // its MTD devices are listed
	rows    bool             // /proc/dumchar_info says that partitions are on NAND
}

// parseNodes reads the texts.
func parseNodes(t texts) *nodes {
	n := &nodes{kib: map[string]int64{}, disks: map[string]*disk{}, dumchar: map[string]int64{}, nand: mtdRow.MatchString(t.mtd)}
	for line := range strings.Lines(t.partitions) {
		if m := partitionsRow.FindStringSubmatch(line); m != nil {
			n.kib[m[2]], _ = strconv.ParseInt(m[1], 10, 64)
		}
	}
	for name := range n.kib {
		if diskName(name) == name {
			n.disks[name] = &disk{name: name}
		}
	}
	n.parseLinks(t.links)
	n.parseDumchar(t.dumchar)
	for line := range strings.Lines(t.blocks) {
		if m := blockRow.FindStringSubmatch(line); m != nil && n.disks[m[1]] != nil {
			n.disks[m[1]].path = m[2]
		}
	}
	for line := range strings.Lines(t.mounts) {
		m := mountRow.FindStringSubmatch(line)
		if m != nil && slices.Contains(strings.Split(m[3], ","), "rw") && !strings.Contains(m[1], "/loop") && len(n.mounted) < 64 {
			n.mounted = append(n.mounted, m[2])
		}
	}
	return n
}

// parseLinks counts the links to each disk. It ignores those that Android makes for an adopted
// card.
func (n *nodes) parseLinks(text string) {
	for line := range strings.Lines(text) {
		m := linkRow.FindStringSubmatch(line)
		if m == nil || m[1] == "android_meta" || m[1] == "android_expand" {
			continue
		}
		if d := n.disks[diskName(m[2])]; d != nil {
			d.links++
		}
	}
}

func (n *nodes) parseDumchar(text string) {
	for line := range strings.Lines(text) {
		m := dumcharRow.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		if m[3] == "1" {
			n.rows = true
			continue
		}
		n.dumchar[strings.ToLower(m[1])], _ = strconv.ParseInt(m[2], 16, 64)
		if d := n.disks[diskName(m[4])]; d != nil {
			d.rows++
		}
	}
}

// diskName returns the disk of a node, or "" if it has none.
func diskName(node string) string {
	m := diskOf.FindStringSubmatch(node)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

// node is a block device that is a region of the flash.
type node struct {
	region flash.Region
	name   string
}

func (n node) path() string { return "/dev/block/" + n.name }

// regions returns the regions that the phone shows, the user area first, and their storage.
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
	return storage, slices.DeleteFunc(want, func(w node) bool {
		_, there := n.kib[w.name]
		d := n.disks[w.name]
		return !there || d != nil && d.foreign() != ""
	})
}

// boot returns the preloader's node on kernels that show the boot region only through this node
// (MT6575 to MT6589), and its largest possible size, bytes. The path is "" if there is no such
// node.
func (n *nodes) boot() (path string, most int64) {
	size, ok := n.dumchar["preloader"]
	if !ok || size <= 0 {
		return "", 0
	}
	return "/dev/preloader", min(size, maxHidden)
}

// maxHidden is the most that is read of a hidden boot region, bytes. It is read into memory; the
// eMMCs of that time have at most 4 MiB.
const maxHidden = 4 << 20
