package layout

import (
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// silentAt is a device of which a sparse file does not say some ranges: a hole, and
// unread as package source hands it over.
func silentAt(phone *imgtest.Phone, holes ...flash.Extent) *flash.Device {
	dev := phone.Device()
	user := dev.User()
	user.Image = holed{flash.Filled(flash.Known(user.Image, holes)), holes}
	user.Unread = holes
	return dev
}

// holed reads as zeros in its holes, as a sparse image does.
type holed struct {
	flash.Image
	holes []flash.Extent
}

func (h holed) Holes(e flash.Extent) []flash.Extent { return flash.Within(h.holes, e) }

// What a sparse dump does not say is unread, but for blocks that a file system does not
// use; all that is left of it is told at once.
func TestSilent(t *testing.T) {
	phone := imgtest.SmallMT6765()
	row := func(name string) flash.Partition { return phone.Row(name) }
	system, nvram, boot := row("system"), row("nvram"), row("boot")
	part := func(p flash.Partition, from, n int64) flash.Extent {
		return flash.Extent{Offset: p.Offset + from, Length: n}
	}
	for name, c := range map[string]struct {
		holes []flash.Extent
		want  []flash.Extent
		touch string
	}{
		"free blocks of ext4":      {[]flash.Extent{part(system, system.Length/4, 8192)}, nil, ""},
		"the tables of ext4":       {[]flash.Extent{part(system, 4096, 4096)}, []flash.Extent{part(system, 4096, 4096)}, "part of system"},
		"its start":                {[]flash.Extent{part(system, 0, 4096)}, []flash.Extent{part(system, 0, 4096)}, "part of system"},
		"the last block, a file's": {[]flash.Extent{part(system, system.Length-4096, 4096)}, []flash.Extent{part(system, system.Length-4096, 4096)}, "part of system"},
		"a partition without one":  {[]flash.Extent{nvram.Extent}, []flash.Extent{nvram.Extent}, "nvram"},
		"two, of which one is free": {[]flash.Extent{part(boot, 8192, 4096), part(system, system.Length/4, 8192)},
			[]flash.Extent{part(boot, 8192, 4096)}, "part of boot"},
		"two": {[]flash.Extent{nvram.Extent, part(boot, 8192, 4096)}, []flash.Extent{nvram.Extent, part(boot, 8192, 4096)}, "in 2 ranges"},
	} {
		dev := silentAt(phone, c.holes...)
		l := resolve(t, dev, Options{})
		var told []string
		for _, p := range l.Problems {
			if strings.Contains(p.Text, DontCare) {
				told = append(told, p.Text)
			}
		}
		if flash.Total(dev.User().Unread) != flash.Total(c.want) || len(flash.Without(c.want, dev.User().Unread)) > 0 || len(l.Missing) != len(c.want) || l.Complete() != (len(c.want) == 0) {
			t.Errorf("%s: unread %v, want %v; missing %v", name, dev.User().Unread, c.want, l.Missing)
		}
		if len(told) != min(len(c.want), 1) || len(told) > 0 && !strings.Contains(told[0], c.touch) {
			t.Errorf("%s: %q", name, told)
		}
	}
}
