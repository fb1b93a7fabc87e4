package capture_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
)

// phone is a chip as both kernel lists show it.
type phone struct {
	disk  string  // "mmcblk0"
	size  int64   // bytes
	sizes []int64 // of the partitions, bytes
	names []string
}

// text prints /proc/partitions and the by-name links, as a terminal shows them.
func (p phone) text() string {
	node := func(i int) string {
		if strings.HasPrefix(p.disk, "mmc") {
			return fmt.Sprintf("%sp%d", p.disk, i+1)
		}
		return fmt.Sprintf("%s%d", p.disk, i+1)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "$ cat /proc/partitions\nmajor minor  #blocks  name\n\n 253        0     524288 zram0\n 179        0 %10d %s\n", p.size/1024, p.disk)
	for i, n := range p.sizes {
		fmt.Fprintf(&b, " 179 %8d %10d %s\n", i+1, n/1024, node(i))
	}
	fmt.Fprintf(&b, " 179       96  124868608 mmcblk1\n 179       97  124864512 mmcblk1p1\n$ ls -l /dev/block/by-name\ntotal 0\n")
	for i, s := range p.names {
		fmt.Fprintf(&b, "lrwxrwxrwx 1 root root 21 2023-08-13 20:40 %s -> /dev/block/%s\n", s, node(i))
	}
	return b.String()
}

// redmi has the sizes of a real 32 GB chip: userdata is 512 bytes more than whole KiB.
func redmi() phone {
	return phone{"mmcblk0", 0x747c00000,
		[]int64{0x100000, 0x4000000, 0x80000, 0x190600000, 0x7447fbe00 - 0x198800000 - 0x700000, 0x2b00000, 0x1000000},
		[]string{"boot_para", "recovery", "para", "super", "userdata", "otp", "flashinfo"}}
}

// fill makes the partition i as long as it must be for the sizes to fill the chip.
func (p phone) fill(i int, tail int64) phone {
	rest := p.size - 0x8000 - tail
	for j, n := range p.sizes {
		if j != i {
			rest -= n
		}
	}
	p.sizes[i] = rest
	return p
}

func TestPartitionsChain(t *testing.T) {
	for _, tail := range []int64{0x4200, 0x8000} {
		p := redmi().fill(4, tail)
		c := read(t, capture.KindPartitions, p.text())
		at, want := int64(0x8000), []string{}
		for i, n := range p.sizes {
			want = append(want, fmt.Sprintf("user %s 0x%x+0x%x", p.names[i], at, n))
			at += n
		}
		wantRows(t, c.Table, want...)
		if at != p.size-tail {
			t.Fatalf("the sample ends at 0x%x", at)
		}
		if c.Verified || c.Table.DeviceSize != p.size || c.Nodes[4] != "mmcblk0p5" {
			t.Errorf("verified %v, size 0x%x, nodes %q", c.Verified, c.Table.DeviceSize, c.Nodes)
		}
		wantProblem(t, c.Table, flash.Warning, "sums of the sizes")
	}
	ufs := phone{"sdc", 0x1dcb000000, []int64{0x80000, 0x100000, 0}, []string{"misc", "lk_a", "userdata"}}.fill(2, 0x5000)
	text := ufs.text() + "l preloader_raw_a -> /dev/block/sda\nl preloader_raw_b -> /dev/block/sdb\nl bootloader1 -> /dev/block/sdc2\n" +
		"8 0 4096 sda\n"
	c := read(t, capture.KindPartitions, text)
	wantRows(t, c.Table, "lu0 preloader_raw_a 0x0+0x400000", "lu1 preloader_raw_b 0x0+0x0 to-end",
		"lu2 misc 0x8000+0x80000", "lu2 lk_a 0x88000+0x100000", fmt.Sprintf("lu2 userdata 0x188000+0x%x", ufs.sizes[2]))
	wantProblem(t, c.Table, flash.Note, "bootloader1: line 18: is another name of lk_a")
}

// TestPartitionsNoChain: without proof that there are no gaps nothing is placed.
func TestPartitionsNoChain(t *testing.T) {
	p := redmi().fill(4, 0x4200)
	p.sizes[3] -= 0x100000
	c := read(t, capture.KindPartitions, p.text())
	wantProblem(t, c.Table, flash.Warning, "there are gaps at unknown offsets")
	for _, row := range c.Table.Partitions {
		if row.Placed() {
			t.Errorf("%s is placed at 0x%x", row.Name, row.Offset)
		}
	}
	if row := c.Table.Find("recovery"); row.Length != 0x4000000 || c.Verified {
		t.Errorf("recovery has 0x%x, verified %v", row.Length, c.Verified)
	}

	p.sizes[3] = p.size
	wantProblem(t, read(t, capture.KindPartitions, p.text()).Table, flash.Warning, "larger than the chip")

	whole := redmi().fill(4, 0x4200).text()
	c = read(t, capture.KindPartitions, strings.Replace(whole, "mmcblk0p3", "loop3", 1))
	wantProblem(t, c.Table, flash.Warning, "not complete")

	hole := strings.NewReplacer("mmcblk0p7", "mmcblk0p8").Replace(whole)
	wantProblem(t, read(t, capture.KindPartitions, hole).Table, flash.Warning, "not complete")

	_, links, _ := strings.Cut(whole, "$ ls")
	c = read(t, capture.KindPartitions, links)
	wantProblem(t, c.Table, flash.Warning, "size of the chip is missing")
	if c.Table.Partitions[1].Name != "recovery" || c.Nodes[1] != "mmcblk0p2" {
		t.Errorf("%+v, nodes %q", c.Table.Partitions[1], c.Nodes)
	}

	// The kernel's view of an MBR chip: p1 is the extended partition.
	c = read(t, capture.KindPartitions, "179 0 3795968 mmcblk0\n179 1 1 mmcblk0p1\n179 2 10240 mmcblk0p2\n179 64 4096 mmcblk0boot1\n179 3 18446744073709551615 mmcblk0p3")
	wantRows(t, c.Table, "user mmcblk0p1 ?+0x400", "user mmcblk0p2 ?+0xa00000")
	wantProblem(t, c.Table, flash.Error, "line 5: a row")
}
