package scripttest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mtkkit/mtkkit/acquire/adbtest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
)

// adbPhone implements "adbphone DIR [FAULT …]": it starts an adb server with a rooted phone whose flash
// is the dump in DIR. The commands that follow use that server.
func adbPhone(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: adbphone DIR [FAULT ...]")
	}
	phone := &adbtest.Phone{Serial: "0123456789ABCDEF", Model: "demo", Root: "su -c", Files: map[string]string{},
		Nodes: map[string]flash.Image{}, Links: map[string]string{}, Props: map[string]string{"ro.board.platform": "mt6765"}}
	list := "major minor  #blocks  name\n\n"
	for node, name := range map[string]string{"mmcblk0": "ROM_1", "mmcblk0boot0": "BOOT_1", "mmcblk0boot1": "BOOT_2"} {
		img, err := source.OpenFile(ts.MkAbs(filepath.Join(args[0], name)))
		ts.Check(err)
		ts.Defer(func() { img.Close() })
		list += fmt.Sprintf(" 179 0 %d %s\n", img.Size()/1024, node)
		phone.Nodes["/dev/block/"+node] = img
		phone.Files["/sys/block/"+node+"/size"] = fmt.Sprint(img.Size() / 512)
	}
	phone.Files["/proc/partitions"] = list
	phone.Files["/proc/mounts"] = "/dev/block/mmcblk0p30 /system ext4 ro 0 0\n/dev/block/mmcblk0p40 /data ext4 rw,nosuid 0 0\n"
	phone.Files["/sys/block/mmcblk0/device/cid"] = "150100464e36324d42030b9a9c8d5300\n"
	phones := []*adbtest.Phone{phone}
	for _, fault := range args[1:] {
		switch name, value, _ := strings.Cut(fault, "="); name {
		case "android4": // with MediaTek's kernel of 2012: no links, dumchar_info
			phone.NoExec, phone.Terminals = true, 1
			phone.Files["/proc/dumchar_info"] = dumchar(ts, ts.MkAbs(filepath.Join(args[0], value)))
		case "cut":
			phone.Faults.CutAt = number(ts, value)
		case "short":
			phone.Faults.Short = number(ts, value)
		case "bad":
			phone.Faults.Bad = map[string]flash.Extent{"/dev/block/mmcblk0": {Offset: number(ts, value), Length: 4096}}
		case "noroot":
			phone.Root, phone.Says = "", "Permission denied"
		case "noise": // the linker of Android 4.4 to 6
			phone.Noise = adbtest.Noise{Before: "WARNING: linker: su has text relocations.\n", After: "WARNING: linker: su: unused DT entry\n"}
		case "nand": // the only disk is a card
			phone.Files["/proc/partitions"] = " 179 0 8192 mmcblk0\n 179 1 8191 mmcblk0p1\n"
			phone.Files["/proc/mtd"] = "dev:    size   erasesize  name\nmtd0: 00040000 00020000 \"preloader\"\n"
			phone.Files["/proc/dumchar_info"] = "boot 0x0000000000600000 0x0000000000400000 1 /dev/mtd/mtd3\n"
			phone.Files["/sys/block/mmcblk0/device/type"] = "SD\n"
		case "mangled":
			phone.Faults.Flip = true
		case "other":
			phone.Serial = value
		case "two":
			phones = append(phones, &adbtest.Phone{Serial: "FEDCBA", Model: "second"})
		default: // unauthorized, offline
			phone.State = fault
		}
	}
	s, err := adbtest.Listen(phones...)
	ts.Check(err)
	ts.Defer(s.Stop)
	ts.Setenv("ADB_SERVER_SOCKET", "tcp:"+s.Addr())
}

// sibling implements "sibling FILE COPY": it writes the user area of another phone of the same model.
// It differs in every 4 MiB except the first and the last, which have the tables.
func sibling(ts *testscript.TestScript, neg bool, args []string) {
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	for off := 4 << 20; off < len(b)-4<<20; off += 4 << 20 {
		b[off] ^= 1
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o666))
}

// dumchar returns /proc/dumchar_info of a phone with that scatter file.
func dumchar(ts *testscript.TestScript, path string) string {
	img, err := source.OpenFile(path)
	ts.Check(err)
	defer img.Close()
	f, err := scatter.Read(img)
	ts.Check(err)
	text := "Part_Name\tSize\tStartAddr\tType\tMapTo\n"
	for _, p := range f.Table(0).Partitions {
		if p.Region.IsUser() && p.Placed() {
			text += fmt.Sprintf("%-12s 0x%016x   0x%016x   2   /dev/block/mmcblk0\n", strings.ToLower(p.Name), p.Length, p.Offset)
		}
	}
	return text
}
