package buildprop

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       Build
	}{
		{"Android 4.4", `
# begin build properties
ro.build.id=KOT49H
ro.build.display.id=demo_s1 V1.2
ro.build.version.release=4.4.2
ro.product.brand=demo
ro.product.model=Demo S1
ro.product.device=demo_s1
ro.build.fingerprint=demo/s1/demo_s1:4.4.2/KOT49H/1412345678:user/test-keys
`, Build{Fingerprint: "demo/s1/demo_s1:4.4.2/KOT49H/1412345678:user/test-keys", ID: "demo_s1 V1.2", Android: "4.4.2", Brand: "demo", Model: "Demo S1", Device: "demo_s1"}},
		{"a vendor partition of Android 10", "ro.vendor.build.fingerprint=d/s1/s1:10/QP1A/1:user/release-keys\r\nro.vendor.build.security_patch=2020-05-05\r\nro.product.vendor.model=S1\r\n",
			Build{Fingerprint: "d/s1/s1:10/QP1A/1:user/release-keys", Patch: "2020-05-05", Model: "S1"}},
		{"the first line counts", "ro.product.model=A\nro.product.model=B\n", Build{Model: "A"}},
		{"escape codes", "ro.product.model=\x1b[31mRed\u202e\n", Build{Model: "[31mRed"}},
		{"comments and spaces", "#ro.product.brand=X\n ro.product.model = Y \n", Build{Model: "Y"}},
	} {
		if got := Parse([]byte(tt.text)); got == nil || *got != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
	for _, nothing := range []string{"", "\x00\x01", "persist.sys.usb=mtp\n", "ro.product.model\n"} {
		if got := Parse([]byte(nothing)); got != nil {
			t.Errorf("%q: %+v", nothing, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("ro.product.model=Demo\nro.build.display.id=V1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := Parse(b)
		if got == nil {
			return
		}
		for _, s := range []string{got.Fingerprint, got.ID, got.Android, got.Patch, got.Brand, got.Model, got.Device} {
			if len(s) > maxValue || strings.ContainsAny(s, "\n\x1b") || utf8.RuneCountInString(s) > len(s) {
				t.Errorf("%q", s)
			}
		}
	})
}
