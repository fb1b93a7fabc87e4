package capture_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
)

// mtdText lists rows as /proc/mtd does: name, size in KiB.
func mtdText(rows ...any) string {
	s := "dev:    size   erasesize  name\n"
	for i := 0; i < len(rows); i += 2 {
		s += fmt.Sprintf("mtd%d: %08x 00020000 %q\n", i/2, rows[i+1].(int)<<10, rows[i])
	}
	return s
}

func starts(t *flash.Table) (out []string) {
	for _, p := range t.Partitions {
		out = append(out, fmt.Sprintf("%s@%d", p.Name, p.Offset>>10))
	}
	return out
}

// Rows that stand for the chip, or hold other rows, do not move those behind them. Where
// only the dump can tell, all ways to read the list are given.
func TestMTDNested(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		want   string
		device int // KiB
		others []string
	}{
		"chip first, not all of it listed": {
			mtdText("nand0", 131072, "bl", 1024, "lk", 2048), "bl@0 lk@1024", 131072, []string{"nand0@0 bl@131072 lk@132096"}},
		"chip first, of a name not known": {
			mtdText("brcm", 131072, "bl", 1024, "lk", 2048), "bl@0 lk@1024", 131072, []string{"brcm@0 bl@131072 lk@132096"}},
		"chip last, by name": {
			mtdText("bl", 1024, "lk", 2048, "ALL", 65536), "bl@0 lk@1024", 65536, []string{"bl@0 lk@1024 ALL@3072"}},
		"chip last, by its size": {
			mtdText("bl", 1024, "lk", 2048, "x", 3072), "bl@0 lk@1024", 3072, []string{"bl@0 lk@1024 x@3072"}},
		"user data, or the chip": {
			mtdText("bl", 1024, "lk", 2048, "userdata", 65536), "bl@0 lk@1024 userdata@3072", 0, []string{"bl@0 lk@1024"}},
		"firmware of kernel and root": {
			mtdText("bl", 1024, "firmware", 6144, "kernel", 2048, "ubi", 4096, "art", 512),
			"bl@0 kernel@1024 ubi@3072 art@7168", 0, []string{"bl@0 firmware@1024 kernel@7168 ubi@9216 art@13312"}},
		"firmware that is not full": {
			mtdText("bl", 1024, "firmware", 6144, "kernel", 2048, "rootfs", 3072, "rootfs_data", 1024, "art", 512),
			"bl@0 kernel@1024 rootfs@3072 art@7168", 0, []string{"bl@0 firmware@1024 kernel@7168 rootfs@9216 rootfs_data@12288 art@13312"}},
		"sizes that may be chance": {
			mtdText("bl", 1024, "boot", 3072, "x", 1024, "y", 2048, "z", 512),
			"bl@0 boot@1024 x@4096 y@5120 z@7168", 0, []string{"bl@0 x@1024 y@2048 z@4096"}},
		"twice": {
			mtdText("a", 3072, "a1", 1024, "a2", 2048, "b", 768, "b1", 512, "b2", 256),
			"a@0 a1@3072 a2@4096 b@6144 b1@6912 b2@7424", 0,
			[]string{"a1@0 a2@1024 b1@3072 b2@3584", "a1@0 a2@1024 b@3072 b1@3840 b2@4352", "a@0 a1@3072 a2@4096 b1@6144 b2@6656"}},
		"two rows": {
			mtdText("bl", 65536, "lk", 2048), "bl@0 lk@65536", 0, []string{"lk@0"}},
		"too long for a sum": {
			"mtd0: 7fffffffffffffff 00020000 \"a\"\nmtd1: 7fffffffffffffff 00020000 \"b\"\n", "a@0 b@-1", 0, nil},
		"plain": {
			mtdText("bl", 1024, "lk", 2048, "boot", 2048), "bl@0 lk@1024 boot@3072", 0, nil},
	} {
		got := read(t, capture.KindMTD, c.text)
		var others []string
		for _, o := range got.Others {
			others = append(others, strings.Join(starts(o), " "))
		}
		if s := strings.Join(starts(got.Table), " "); s != c.want || got.Table.DeviceSize>>10 != int64(c.device) {
			t.Errorf("%s: %s, device %d KiB, want %s and %d", name, s, got.Table.DeviceSize>>10, c.want, c.device)
		}
		if !slices.Equal(others, c.others) {
			t.Errorf("%s: others %q, want %q", name, others, c.others)
		}
		if len(got.Nodes) != len(got.Table.Partitions) || got.Verified {
			t.Errorf("%s: %d nodes, verified %t", name, len(got.Nodes), got.Verified)
		}
	}
}
