package capture

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Lines of /proc/partitions (major, minor, KiB, device) and of a list of the by-name links.
var (
	blocksRow = regexp.MustCompile(`^\d+\s+\d+\s+\d+\s+(?:mmcblk0|sd[a-z])\w*$|\S+ -> /dev/block/(?:mmcblk0|sd[a-z])\w*$`)
	blocksDev = regexp.MustCompile(`^\d+\s+\d+\s+(\d+)\s+((?:mmcblk0|sd[a-z])\w*)$`)
	blocksRef = regexp.MustCompile(`(\S+) -> /dev/block/((?:mmcblk0|sd[a-z])\w*)$`)
	partition = regexp.MustCompile(`^(mmcblk0p|sd[a-z])(\d{1,4})$`)
)

// bootNodes are the devices that are a whole boot area.
var bootNodes = map[string]flash.Region{
	"mmcblk0boot0": flash.EMMCBoot1, "mmcblk0boot1": flash.EMMCBoot2,
	"sda": flash.UFSLU0, "sdb": flash.UFSLU1,
}

// block is one device of the kernel.
type block struct {
	node  string
	disk  string // the disk of a partition: the node without its number
	index int    // the number of the partition, 0 if it is none
	name  string // the first link to it, or ""
	line  int
	size  int64 // bytes, in whole KiB; -1 unknown
}

// readPartitions joins sizes and names by the device. Neither list has offsets; chain finds them if
// possible.
func readPartitions(r *reader) {
	blocks := r.blocks()
	disk := userDisk(blocks)
	user := r.addBlocks(blocks, disk)
	r.problem(flash.Note, "", 0, "sizes are in whole KiB: a partition may be half a KiB longer")
	var size int64
	if i := slices.IndexFunc(blocks, func(b block) bool { return b.node+"p" == disk || b.node == disk }); i >= 0 {
		size = max(blocks[i].size, 0)
	}
	r.out.Table.DeviceSize = size
	extents, why := chain(user, size, disk != "mmcblk0p")
	if why != "" {
		r.problem(flash.Warning, "", 0, "no row has an offset: %s", why)
		return
	}
	r.problem(flash.Warning, "", 0, "offsets are sums of the sizes, which leave no gap on this chip if "+
		"the partitions are in the order of their numbers")
	rows := r.out.Table.Partitions
	for i, b := range user {
		if at := slices.Index(r.out.Nodes, b.node); at >= 0 {
			rows[at].Extent = extents[i]
		}
	}
}

// blocks reads both lists.
func (r *reader) blocks() []block {
	var out []block
	at := map[string]int{}
	get := func(node string, line int) *block {
		i, ok := at[node]
		if !ok {
			i, at[node] = len(out), len(out)
			b := block{node: node, line: line, size: -1}
			if m := partition.FindStringSubmatch(node); m != nil {
				b.disk = m[1]
				b.index, _ = strconv.Atoi(m[2])
			}
			out = append(out, b)
		}
		return &out[i]
	}
	for n, s := range lines(r.text) {
		if len(out) > maxRows {
			break
		}
		if m := blocksDev.FindStringSubmatch(s); m != nil {
			kib, ok := number(m[1])
			size, fits := times(kib, 1024)
			if !ok || !fits {
				r.damaged(n)
				continue
			}
			get(m[2], n).size = int64(size)
		}
		if m := blocksRef.FindStringSubmatch(s); m != nil {
			b := get(m[2], n)
			if b.name == "" {
				b.name = m[1]
			} else if b.name != m[1] {
				r.problem(flash.Note, m[1], n, "is another name of %s", b.name)
			}
		}
	}
	return out
}

// userDisk returns the start of the node names of the user area: the disk with the most partitions.
func userDisk(blocks []block) string {
	count := map[string]int{}
	for _, b := range blocks {
		if b.index > 0 {
			count[b.disk]++
		}
	}
	best := ""
	for disk, n := range count {
		if n > count[best] || n == count[best] && disk < best {
			best = disk
		}
	}
	return best
}

// addBlocks adds the boot areas and the partitions of the user area to the table. It returns the
// latter in the order of their numbers.
func (r *reader) addBlocks(blocks []block, disk string) (user []block) {
	region := flash.EMMCUser
	if disk != "mmcblk0p" {
		region = flash.UFSLU2
	}
	for _, b := range blocks {
		if boot, ok := bootNodes[b.node]; ok && b.name != "" && disk != b.node {
			p := flash.Partition{Name: b.name, Region: boot, Extent: flash.Extent{Length: max(b.size, 0)}}
			p.ToEnd = p.Length == 0
			r.add(b.line, p, b.node)
		}
		if b.index > 0 && b.disk == disk {
			user = append(user, b)
		}
	}
	slices.SortStableFunc(user, func(a, b block) int { return cmp.Compare(a.index, b.index) })
	for i, b := range user {
		if b.name == "" {
			user[i].name = b.node
		}
		r.add(b.line, flash.Partition{Name: user[i].name, Region: region,
			Extent: flash.Extent{Offset: flash.Unplaced, Length: max(b.size, 0)}}, b.node)
	}
	return user
}

// chain returns the extents of partitions of which only the sizes are known, or the reason why it
// cannot. In MediaTek's GPT the first partition is at 0x8000, and the last one ends before the
// backup table. If the sizes fill this range exactly, there are no gaps. The kernel rounds sizes
// down to whole KiB, so the longest partition, which got the rest of the chip, may have 512 bytes
// more.
func chain(user []block, size int64, ufs bool) (out []flash.Extent, why string) {
	if size == 0 || len(user) == 0 {
		return nil, "the size of the chip is missing"
	}
	longest, rest := 0, size-firstByte
	for i, b := range user {
		if b.index != i+1 || b.size <= 0 {
			return nil, "the list of sizes is not complete"
		}
		if b.size > user[longest].size {
			longest = i
		}
	}
	for i, b := range user {
		if i != longest {
			rest -= b.size
		}
		if rest < user[longest].size {
			return nil, "the sizes are larger than the chip"
		}
	}
	tails := []int64{0x4200, 0x8000} // bytes after the last partition
	if ufs {
		tails[0] = 0x5000
	}
	for _, tail := range tails {
		if left := rest - tail; left >= 0 && left/1024 == user[longest].size/1024 {
			return inOrder(user, longest, left), ""
		}
	}
	return nil, "the sizes do not fill the chip, so there are gaps at unknown offsets"
}

// inOrder places the partitions one after the other, with the exact length of the longest.
func inOrder(user []block, longest int, length int64) (out []flash.Extent) {
	at := int64(firstByte)
	for i, b := range user {
		e := flash.Extent{Offset: at, Length: b.size}
		if i == longest {
			e.Length = length
		}
		out = append(out, e)
		at = e.End()
	}
	return out
}

// trimNode returns the last part of a device's path.
func trimNode(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
