package adb

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/acquire/adbtest"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// pattern is an image whose bytes are made of their places, so that none is mistaken for
// another. Every byte value occurs, line feeds and carriage returns too.
type pattern struct {
	seed byte
	size int64
}

func (p pattern) Size() int64 { return p.size }

func (p pattern) ReadAt(b []byte, off int64) (int, error) {
	if off >= p.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), p.size-off))
	var word [8]byte
	for i := range n {
		at := off + int64(i)
		if i == 0 || at%8 == 0 {
			binary.LittleEndian.PutUint64(word[:], (uint64(at/8)+uint64(p.seed))*0x9E3779B97F4A7C15)
			if at%4096 < 512 {
				copy(word[2:], "\r\n\r\r\n\n")
			}
		}
		b[i] = word[at%8]
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

const userSize = 10<<20 + 512 // no whole number of KiB, as real ones are

// emmc is a rooted phone of 2018.
func emmc() *adbtest.Phone {
	return &adbtest.Phone{Serial: "0123456789ABCDEF", Model: "demo_s1", Root: "su -c",
		Files: map[string]string{
			"/proc/partitions": "major minor  #blocks  name\n\n 179        0      24576 mmcblk0\n 179        1      10240 mmcblk0p1\n" +
				" 179       32       4096 mmcblk0boot1\n 179       16       4096 mmcblk0boot0\n 179       64   31166976 mmcblk1\n",
			"/sys/block/mmcblk0/size":       "20481\n",
			"/sys/block/mmcblk0boot0/size":  "8192\n",
			"/sys/block/mmcblk0boot1/size":  "8192\n",
			"/sys/block/mmcblk0/device/cid": "150100464e36324d42030b9a9c8d5300\n",
			"/proc/mounts": "rootfs / rootfs ro,seclabel 0 0\n/dev/block/mmcblk0p30 /system ext4 ro,seclabel 0 0\n" +
				"/dev/block/dm-0 /data ext4 rw,seclabel,nosuid 0 0\n",
		},
		Nodes: map[string]flash.Image{
			"/dev/block/mmcblk0":      pattern{1, userSize},
			"/dev/block/mmcblk0boot0": pattern{2, 4 << 20},
			"/dev/block/mmcblk0boot1": pattern{3, 4 << 20},
		},
		Links: map[string]string{
			"/dev/block/platform/bootdevice/by-name/boot": "/dev/block/mmcblk0p9",
			"/dev/block/platform/bootdevice/by-name/lk":   "/dev/block/mmcblk0p7",
		},
		Props: map[string]string{"ro.board.platform": "mt6765"},
	}
}

// quick are waits for phones that never answer.
var quick = waits{answer: 20 * time.Second, confirm: 100 * time.Millisecond, silence: 100 * time.Millisecond}

func open(t *testing.T, s *adbtest.Server) (*Phone, error) {
	t.Helper()
	p, err := Open(t.Context(), Options{Server: s.Addr()})
	if err == nil {
		t.Cleanup(func() { p.Close() })
	}
	return p, err
}

func mustOpen(t *testing.T, phone *adbtest.Phone) (*Phone, *adbtest.Server) {
	t.Helper()
	s := adbtest.Start(t, phone)
	p, err := open(t, s)
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func TestOpen(t *testing.T) {
	p, _ := mustOpen(t, emmc())
	if p.Storage != flash.EMMC || p.Serial != "0123456789ABCDEF" || p.Model != "demo_s1" || p.Chip != "mt6765" ||
		p.CID != "150100464e36324d42030b9a9c8d5300" || len(p.Parts) != 3 {
		t.Errorf("%+v", p)
	}
	for region, want := range map[flash.Region]flash.Image{
		flash.EMMCUser: pattern{1, userSize}, flash.EMMCBoot1: pattern{2, 4 << 20}, flash.EMMCBoot2: pattern{3, 4 << 20},
	} {
		img := p.Image(region)
		if img == nil || img.Size() != want.Size() {
			t.Fatalf("%s: %v", region, img)
		}
		same(t, string(region), img, want)
	}
	if len(p.Captures) != 1 || p.Captures[0].Name != "partitions" || !strings.Contains(p.Captures[0].Text, "boot -> /dev/block/mmcblk0p9") {
		t.Errorf("%+v", p.Captures)
	}
	if flash.Worst(p.Problems) != flash.Warning || !strings.Contains(p.Problems[0].Text, "taken live") || !strings.HasSuffix(p.Problems[0].Text, ": /data)") {
		t.Errorf("%v", p.Problems)
	}
}

// same compares two images, in pieces of sizes that fit nothing.
func same(t *testing.T, what string, got, want flash.Image) {
	t.Helper()
	a, b := make([]byte, 1<<20+77), make([]byte, 1<<20+77)
	for off := int64(0); off < want.Size(); off += int64(len(a)) {
		n, err := got.ReadAt(a, off)
		m, _ := want.ReadAt(b, off)
		if n != m || n == len(a) && err != nil || n < len(a) && err != io.EOF || !bytes.Equal(a[:n], b[:m]) {
			t.Fatalf("%s at 0x%x: %d bytes, %v; want %d", what, off, n, err, m)
		}
	}
}

func TestImage(t *testing.T) {
	p, _ := mustOpen(t, emmc())
	want := make([]byte, 4<<20)
	pattern{2, 4 << 20}.ReadAt(want, 0)
	flashtest.TestImage(t, p.Image(flash.EMMCBoot1), want)
}

// The ways to be root, the kinds of adbd, and the terminals in between.
func TestWays(t *testing.T) {
	for name, change := range map[string]func(*adbtest.Phone){
		"root shell":               func(p *adbtest.Phone) { p.Root = "shell" },
		"recovery":                 func(p *adbtest.Phone) { p.Root, p.State = "shell", "recovery" },
		"su of a debug build":      func(p *adbtest.Phone) { p.Root = "su 0" },
		"Android 4":                func(p *adbtest.Phone) { p.NoExec, p.Terminals = true, 1 },
		"shell: without terminal":  func(p *adbtest.Phone) { p.NoExec = true },
		"su with its own terminal": func(p *adbtest.Phone) { p.Terminals = 1 },
		"two terminals":            func(p *adbtest.Phone) { p.NoExec, p.Terminals = true, 2 },
		"toybox only":              func(p *adbtest.Phone) { p.Tools = []string{"toybox"} },
		"busybox only":             func(p *adbtest.Phone) { p.Tools = []string{"busybox"} },
		"no md5sum":                func(p *adbtest.Phone) { p.Tools = []string{"dd"} },
		"not alone, but ready":     func(p *adbtest.Phone) {},
	} {
		t.Run(name, func(t *testing.T) {
			phone := emmc()
			change(phone)
			s := adbtest.Start(t, phone)
			if name == "not alone, but ready" {
				s.Phones = append(s.Phones, &adbtest.Phone{Serial: "other", State: "unauthorized"})
			}
			p, err := open(t, s)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "user", p.Image(flash.EMMCUser), pattern{1, userSize})
		})
	}
}

// What keeps a phone from being opened: each with its error, and advice.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*adbtest.Server, *adbtest.Phone)
		serial string
		want   error
		says   string
	}{
		"no root":          {func(_ *adbtest.Server, p *adbtest.Phone) { p.Root = "" }, "", ErrNoRoot, "su: not found"},
		"root denied":      {func(_ *adbtest.Server, p *adbtest.Phone) { p.Root, p.Says = "", "Permission denied" }, "", ErrNoRoot, "Permission denied"},
		"root not granted": {func(_ *adbtest.Server, p *adbtest.Phone) { p.Faults.Deaf = true }, "", ErrNoRoot, "does not answer"},
		"unauthorized":     {func(_ *adbtest.Server, p *adbtest.Phone) { p.State = "unauthorized" }, "", ErrUnauthorized, ""},
		"offline":          {func(_ *adbtest.Server, p *adbtest.Phone) { p.State = "offline" }, "", ErrOffline, ""},
		"in fastboot":      {func(_ *adbtest.Server, p *adbtest.Phone) { p.State = "bootloader" }, "", ErrNoDevice, "bootloader"},
		"no permissions": {func(_ *adbtest.Server, p *adbtest.Phone) {
			p.State = "no permissions (user in plugdev group; are your udev rules wrong?)"
		}, "", ErrNoDevice, "udev rules"},
		"no phone":         {func(s *adbtest.Server, _ *adbtest.Phone) { s.Phones = nil }, "", ErrNoDevice, ""},
		"two phones":       {func(s *adbtest.Server, _ *adbtest.Phone) { s.Phones = append(s.Phones, &adbtest.Phone{Serial: "XYZ"}) }, "", ErrSeveral, "XYZ"},
		"another serial":   {func(*adbtest.Server, *adbtest.Phone) {}, "FEDCBA", ErrNoDevice, "0123456789ABCDEF"},
		"no server":        {func(s *adbtest.Server, _ *adbtest.Phone) { s.Stop() }, "", ErrNoServer, "127.0.0.1"},
		"no adb server":    {func(s *adbtest.Server, _ *adbtest.Phone) { s.Odd = "HTTP" }, "", ErrProtocol, "HTTP"},
		"mangled":          {func(_ *adbtest.Server, p *adbtest.Phone) { p.Terminals = 3 }, "", ErrMangled, "hello"},
		"a bit is flipped": {func(_ *adbtest.Server, p *adbtest.Phone) { p.Faults.Flip = true }, "", ErrMangled, "the phone's MD5"},
		"terminal changes": {func(_ *adbtest.Server, p *adbtest.Phone) { p.Terminals, p.Faults.LineFeed = 1, true }, "", ErrMangled, "line feed"},
		"raw NAND": {func(_ *adbtest.Server, p *adbtest.Phone) {
			p.Links = nil
			p.Files = map[string]string{"/proc/mtd": "dev:    size   erasesize  name\nmtd0: 00040000 00020000 \"preloader\"\n"}
		}, "", ErrStorage, "NAND"},
		"nothing to read":   {func(_ *adbtest.Server, p *adbtest.Phone) { p.Links, p.Files = nil, nil }, "", ErrStorage, "neither"},
		"no dd":             {func(_ *adbtest.Server, p *adbtest.Phone) { p.Tools = []string{} }, "", ErrStorage, "dd"},
		"dd gives too much": {func(_ *adbtest.Server, p *adbtest.Phone) { p.Faults.Extra = 5000 }, "", ErrMangled, "more bytes than requested"},
	} {
		t.Run(name, func(t *testing.T) {
			phone := emmc()
			s := adbtest.Start(t, phone)
			c.change(s, phone)
			o := Options{Server: s.Addr(), Serial: c.serial}
			if phone.Faults.Deaf {
				o.waits = quick
			}
			p, err := Open(t.Context(), o)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%+v, %v; want %v with %q", p, err, c.want, c.says)
			}
			if Advice(err).Text == "" {
				t.Errorf("no advice for %v", err)
			}
		})
	}
}

// A dd that counts in 32 bits is found out on a flash beyond 4 GiB, and another is used.
func TestNarrow(t *testing.T) {
	phone := emmc()
	phone.Break(adbtest.Faults{Narrow: true})
	big := pattern{1, 5 << 30}
	phone.Nodes["/dev/block/mmcblk0"] = big
	phone.Files["/sys/block/mmcblk0/size"] = "10485760"
	if _, err := open(t, adbtest.Start(t, phone)); !errors.Is(err, ErrStorage) || !strings.Contains(err.Error(), "beyond 4 GiB") {
		t.Errorf("%v", err)
	}
	phone.Break(adbtest.Faults{})
	p, _ := mustOpen(t, phone)
	got, err := flash.ReadFull(p.Image(flash.EMMCUser), 4<<30+4096, 4096)
	want, _ := flash.ReadFull(big, 4<<30+4096, 4096)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v", err)
	}
}

// A jump is another command, not all that lies between; a small step is not.
func TestJump(t *testing.T) {
	p, s := mustOpen(t, emmc())
	img := p.Image(flash.EMMCUser)
	commands := func() int { return len(s.Requests()) / 2 }
	for _, c := range []struct {
		off  int64
		more int
	}{{0, 0}, {4096 + 17, 0}, {48 << 10, 0}, {6 << 20, 1}, {6<<20 + 1003, 0}, {5 << 20, 1}} {
		before := commands()
		got, err := flash.ReadFull(img, c.off, 1000)
		want, _ := flash.ReadFull(pattern{1, userSize}, c.off, 1000)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("at 0x%x: %v", c.off, err)
		}
		if n := commands() - before; n != c.more && c.off > 0 {
			t.Errorf("at 0x%x: %d commands, want %d", c.off, n, c.more)
		}
	}
}

// What goes wrong in the middle: data that came are right, the error says what it is
// about, and when the phone is well again reading continues.
func TestFaults(t *testing.T) {
	const at = 5<<20 + 4096
	for name, c := range map[string]struct {
		faults adbtest.Faults
		line   error // port.ErrGone …; nil for a range
	}{
		"disconnect":          {adbtest.Faults{CutAt: at}, port.ErrGone},
		"the phone vanishes":  {adbtest.Faults{CutAt: at, Vanish: true}, port.ErrGone},
		"stall":               {adbtest.Faults{HangAt: at}, port.ErrTimeout},
		"a bad place":         {adbtest.Faults{Bad: map[string]flash.Extent{"/dev/block/mmcblk0": {Offset: at, Length: 4096}}}, nil},
		"dd gives too little": {adbtest.Faults{Short: 512}, nil},
		"dd gives nothing":    {adbtest.Faults{Short: 1 << 40}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			phone := emmc()
			p, _ := mustOpen(t, phone)
			phone.Mend()
			phone.Break(c.faults)
			if c.faults.HangAt > 0 {
				p.images[0].shell.silence = quick.silence
			}
			img, want := p.Image(flash.EMMCUser), pattern{1, userSize}
			got, expect := make([]byte, userSize), make([]byte, userSize)
			want.ReadAt(expect, 0)
			n, err := img.ReadAt(got, 0)
			var place *ReadError
			switch {
			case err == nil || n == len(got):
				t.Fatalf("%d bytes, and it is called done", n)
			case c.line != nil && !errors.Is(err, c.line):
				t.Errorf("%v, want %v", err, c.line)
			case c.line == nil && (!errors.As(err, &place) || errors.Is(err, port.ErrGone)):
				t.Errorf("%v, want one about the place", err)
			case c.line == nil && place.Offset != int64(n):
				t.Errorf("%v, and %d bytes came", err, n)
			case name == "a bad place" && (n != at || place.Text != "dd: read: I/O error"):
				t.Errorf("%d bytes came; %v", n, err)
			}
			if !bytes.Equal(got[:n], expect[:n]) {
				t.Errorf("what came is not what is there")
			}
			if Advice(err).Text == "" {
				t.Errorf("no advice for %v", err)
			}
			if name == "a bad place" { // behind it reading continues
				if _, err := flash.ReadFull(img, at+4096, 1<<20); err != nil {
					t.Errorf("behind the bad place: %v", err)
				}
			}
			phone.Mend()
			p.images[0].shell.waits = usualWaits
			same(t, "afterwards", img, want)
		})
	}
}

func TestCancel(t *testing.T) {
	phone := emmc()
	s := adbtest.Start(t, phone)
	ctx, cancel := context.WithCancelCause(t.Context())
	p, err := Open(ctx, Options{Server: s.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("enough")
	phone.Mend()
	phone.Break(adbtest.Faults{HangAt: 1 << 20})
	time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
	if _, err := flash.ReadFull(p.Image(flash.EMMCUser), 0, 4<<20); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}

// So does a command whose request is under way when the reading is called off.
func TestCancelRequest(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	go func() { // a server that takes the request and does not answer
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.Read(make([]byte, 4))
		cancel(why)
		<-t.Context().Done()
	}()
	sh := &shell{server: l.Addr().String(), serial: "x", service: "exec:", waits: usualWaits}
	if _, err := sh.output(ctx, "id", usualWaits.answer); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}

// MediaTek's kernels of 2012: no links, dumchar_info, and the boot region behind a node.
func TestDumchar(t *testing.T) {
	phone := emmc()
	phone.NoExec, phone.Terminals, phone.Links = true, 1, nil
	phone.Files = map[string]string{
		"/proc/partitions": "major minor  #blocks  name\n\n 179        0      24576 mmcblk0\n 179        1          1 mmcblk0p1\n",
		"/proc/dumchar_info": "Part_Name\tSize\tStartAddr\tType\tMapTo\n" +
			"preloader    0x0000000000600000   0x0000000000000000   2   /dev/misc-sd\n" +
			"mbr          0x0000000000080000   0x0000000000000000   2   /dev/block/mmcblk0\n" +
			"ebr1         0x0000000000080000   0x0000000000080000   2   /dev/block/mmcblk0p1\n",
		"/proc/mounts": "/dev/block/mmcblk0p2 /system ext4 ro 0 0\n",
	}
	phone.Nodes = map[string]flash.Image{"/dev/block/mmcblk0": pattern{1, 24 << 20}, "/dev/preloader": pattern{4, 0x200000}}
	p, _ := mustOpen(t, phone)
	boot := p.Image(flash.EMMCBoot1)
	if boot == nil || boot.Size() != 0x200000 {
		t.Fatalf("%v %v", boot, p.Problems)
	}
	same(t, "boot", boot, pattern{4, 0x200000})
	if p.Captures[0].Name != "dumchar_info" || !strings.HasPrefix(p.Captures[0].Text, "Part_Name\tSize") || strings.Contains(p.Captures[0].Text, "\r") {
		t.Errorf("%+v", p.Captures)
	}
	var said []string
	for _, q := range p.Problems {
		said = append(said, q.Severity.String()+" "+q.String())
	}
	for _, want := range []string{"whole KiB only", "0x200000 bytes", "nothing was mounted for writing", "warning EMMC_BOOT_2: is not in the dump"} {
		if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%q is not said: %q", want, said)
		}
	}
}

func TestUFS(t *testing.T) {
	phone := emmc()
	phone.Links = map[string]string{"/dev/block/by-name/boot_a": "/dev/block/sdc20", "/dev/block/by-name/preloader_a": "/dev/block/sda",
		"/dev/block/by-name/super": "/dev/block/sdc40"}
	phone.Files = map[string]string{"/proc/partitions": "  8 0 4096 sda\n 8 16 4096 sdb\n 8 32 8192 sdc\n 8 33 8 sdc1\n 179 0 31166976 mmcblk0\n"}
	for name, sectors := range map[string]string{"sda": "8192", "sdb": "8192", "sdc": "16384"} {
		phone.Files["/sys/block/"+name+"/size"] = sectors
	}
	phone.Nodes = map[string]flash.Image{"/dev/block/sda": pattern{1, 4 << 20}, "/dev/block/sdb": pattern{2, 4 << 20}, "/dev/block/sdc": pattern{3, 8 << 20}}
	p, _ := mustOpen(t, phone)
	if p.Storage != flash.UFS || len(p.Parts) != 3 || p.Parts[0].Region != flash.UFSLU2 || p.Parts[0].Image.Size() != 8<<20 {
		t.Errorf("%+v", p.Parts)
	}
	same(t, "LU1", p.Image(flash.UFSLU1), pattern{2, 4 << 20})
}
