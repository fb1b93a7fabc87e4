package layout

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// Every hole is named once, with what it touches, and is among what is missing.
func TestUnread(t *testing.T) {
	phone := imgtest.MT6765()
	first := phone.Row("boot")
	i := slices.IndexFunc(phone.Rows, func(p flash.Partition) bool { return p.Region == first.Region && p.Offset == first.End() })
	if i < 0 {
		t.Fatal("nothing follows boot: choose another")
	}
	second := phone.Rows[i]
	dev := phone.Device()
	dev.User().Unread = []flash.Extent{{Offset: first.Offset, Length: first.Length + 4096}}
	dev.Part(flash.EMMCBoot2).Unread = []flash.Extent{{Offset: 512, Length: 512}}
	l := resolve(t, dev, Options{})
	for _, want := range []string{
		fmt.Sprintf("EMMC_USER: 0x%x bytes (%s) were not read from the phone; the zeros there are not its data: %s, part of %s (at 0x%x)",
			first.Length+4096, flash.Size(first.Length+4096), first.Name, second.Name, first.Offset),
		"EMMC_BOOT_2: 0x200 bytes (512 B) were not read from the phone; the zeros there are not its data: part of the region (at 0x200)",
	} {
		if !says(l, want) {
			t.Errorf("nobody says %q\n%v", want, l.Problems)
		}
	}
	if len(l.Missing) != 2 || l.Complete() || flash.Worst(l.Problems) != flash.Error {
		t.Errorf("missing %v, complete %v, %v", l.Missing, l.Complete(), l.Problems)
	}
	alone := &flash.Device{Storage: flash.EMMC, Parts: []flash.Part{*dev.Part(flash.EMMCBoot1)}}
	alone.Parts[0].Unread = []flash.Extent{{Offset: 512, Length: 512}}
	if l := resolve(t, alone, Options{}); len(l.Missing) != 1 {
		t.Errorf("a boot region alone: missing %v", l.Missing)
	}
}

// A hole in a boot region is neither damage of the preloader in it nor blank flash.
func TestUnreadBoot(t *testing.T) {
	dev := imgtest.MT6765().Device()
	boot := dev.Part(flash.EMMCBoot1)
	zeros := func() flash.Image { return flash.NewStitched(boot.Image.Size()) }
	head := flash.NewStitched(boot.Image.Size())
	head.Add(0, flash.Slice(boot.Image, flash.Extent{Length: 0x1000}))
	for name, img := range map[string]flash.Image{"its head was read": head, "nothing was read": zeros()} {
		boot.Image, boot.Unread = img, []flash.Extent{{Offset: 0x1000, Length: img.Size() - 0x1000}}
		l := resolve(t, dev, Options{})
		for _, p := range l.Problems {
			if strings.Contains(p.Text, "damaged") || strings.Contains(p.Text, "blank") || strings.Contains(p.Text, "differs from") {
				t.Errorf("%s: %v", name, p)
			}
		}
		if l.Boots[0].Empty || l.Boots[0].Header != nil {
			t.Errorf("%s: %+v", name, l.Boots[0])
		}
	}
}
