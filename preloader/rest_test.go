package preloader_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/preloader"
)

// Only what is neither header, nor a proven file, nor fill is the rest of a boot region.
func TestRest(t *testing.T) {
	phone := imgtest.SmallMT6765()
	begin := int64(bytes.Index(phone.Boot1, phone.Preloader))
	size := int64(len(phone.Boot1))
	behind := flash.Extent{Offset: begin + int64(len(phone.Preloader)), Length: size - begin - int64(len(phone.Preloader))}
	with := func(off int64, b ...byte) []byte {
		out := bytes.Clone(phone.Boot1)
		copy(out[off:], b)
		return out
	}
	whole := []flash.Extent{{Length: size}}
	for _, c := range []struct {
		name string
		img  []byte
		want []flash.Extent
	}{
		{"a region as it is made", phone.Boot1, nil},
		{"a serial number behind the file", with(behind.Offset+0x1000, []byte("SN0123")...), []flash.Extent{behind}},
		{"bits in bytes of fill", with(behind.Offset+0x1000, 0xff, 0x00, 0xff, 0x00), []flash.Extent{behind}},
		{"a number between header and BRLYT", with(0x100, []byte("SN")...), []flash.Extent{{Offset: 0x14, Length: 0x200 - 0x14}}},
		{"zeros", make([]byte, size), nil},
		{"erased", bytes.Repeat([]byte{0xff}, int(size)), nil},
		{"something else", bytes.Repeat([]byte("x"), int(size)), whole},
		{"a file that its digest does not prove", with(begin+0x1000, 0x5a, 0xa5), []flash.Extent{{Offset: 0x200 + 0xb4, Length: size - 0x200 - 0xb4}}},
	} {
		got, err := preloader.Rest(bytes.NewReader(c.img))
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
		}
	}
}
