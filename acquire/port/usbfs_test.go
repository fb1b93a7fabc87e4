package port

import (
	"errors"
	"testing"
)

// loader are the descriptors of a phone's preloader: an interface for settings, one for data.
var loader = []byte{
	18, 1, 0, 2, 2, 0, 0, 64, 0x8d, 0x0e, 0x00, 0x20, 0, 1, 1, 2, 0, 1,
	9, 2, 67, 0, 2, 1, 0, 0xC0, 250,
	9, 4, 0, 0, 1, 2, 2, 1, 0, 5, 0x24, 0, 0x10, 1, 7, 5, 0x82, 3, 16, 0, 10,
	9, 4, 1, 0, 2, 10, 0, 0, 0, 7, 5, 0x01, 2, 0, 2, 0, 7, 5, 0x81, 2, 0, 2, 0,
	9, 4, 2, 0, 2, 8, 6, 80, 0, 7, 5, 0x03, 2, 64, 0, 0, 7, 5, 0x83, 2, 64, 0, 0, // a disk beside it
}

func TestDescriptors(t *testing.T) {
	d, err := readDescriptors(loader)
	if err != nil || d != (usbDevice{0x0e8d, 0x2000, 0, 1, 0x81, 0x01, 512}) {
		t.Errorf("%+v, %v", d, err)
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "no device descriptor": loader[18:], "a long device descriptor": append([]byte{48}, loader[1:20]...),
	} {
		if d, err := readDescriptors(b); !errors.Is(err, errNoDevice) {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	for name, b := range map[string][]byte{
		"cut before the data": loader[:48], "cut between the endpoints": loader[:67],
		"an endless descriptor": append(append([]byte{}, loader[:18]...), 0, 0, 0, 0),
	} {
		if d, err := readDescriptors(b); !errors.Is(err, errNoLine) {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

func FuzzDescriptors(f *testing.F) {
	f.Add(loader)
	f.Add(loader[:18])
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := readDescriptors(b); err == nil && (d.in&fromPhone == 0 || d.out&fromPhone != 0 || d.packet < 1 || d.packet > 0x7FF || d.data < 0) {
			t.Errorf("%+v", d)
		}
	})
}
