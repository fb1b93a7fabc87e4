package boot_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func TestTrailers(t *testing.T) {
	const mark = "SEANDROIDENFORCE"
	noise := string(imgtest.Noise("signature", 0x100))
	cert := func(name string, n int) string { return string(imgtest.MTKImage(name, make([]byte, n), false)) }
	for name, c := range map[string]struct{ tail, want string }{
		"nothing":             {"", ""},
		"fill":                {strings.Repeat("\x00", 600), ""},
		"something else":      {noise, ""},
		"too short":           {"SEANDROID", ""},
		"a mark":              {mark, "SEANDROIDENFORCE true 0x0..0x10"},
		"a mark and fill":     {mark + strings.Repeat("\xFF", 600), "SEANDROIDENFORCE true 0x0..0x10"},
		"a mark, signed":      {mark + noise, "SEANDROIDENFORCE true 0x0..0x10 / Samsung's signature false 0x10..0x110"},
		"signed, and fill":    {mark + noise + strings.Repeat("\x00", 600), "SEANDROIDENFORCE true 0x0..0x10 / Samsung's signature false 0x10..0x110"},
		"a mark, then a part": {mark + noise[:0x80], "SEANDROIDENFORCE true 0x0..0x10"},
		"signer":              {"SignerVer02\x00" + strings.Repeat("x", 500) + "more", "Samsung's signature false 0x0..0x200"},
		"a mark, and signer":  {mark + "SignerVer02\x00" + strings.Repeat("x", 500), "SEANDROIDENFORCE true 0x0..0x10 / Samsung's signature false 0x10..0x210"},
		"another signer":      {"SignerVer03\x00" + strings.Repeat("x", 772) + "more", "Samsung's signature false 0x0..0x310"},
		"its name alone":      {"SignerVer02 is a trailer", ""},
		"signer, cut":         {"SignerVer02\x00" + strings.Repeat("x", 100), "Samsung's signature false 0x0..0x70"},
		"boot_signer":         {"\x30\x82\x01\x00\x02\x01\x01" + noise, "a signature of Android's boot_signer false 0x0..0x104"},
		"another sequence":    {"\x30\x82\x01\x00\x04\x01\x01" + noise, ""},
		"LG":                  {"\x41\xA9\xE4\x67\x74\x4D\x1D\x1B\xA4\x29\xF2\xEC\xEA\x65\x52\x79", "Bump true 0x0..0x10"},
		"certificates":        {cert("cert1", 0x30) + cert("cert2", 0x15), "a certificate of MediaTek false 0x0..0x230 / a certificate of MediaTek false 0x230..0x450"},
		"another section":     {cert("lk", 0x30), ""},
	} {
		var got []string
		for _, tr := range boot.ReadTrailers(bytes.NewReader([]byte(c.tail))) {
			name, _, _ := strings.Cut(tr.Name, ",")
			got = append(got, fmt.Sprint(name, " ", tr.Constant, " ", tr.Extent))
		}
		if s := strings.Join(got, " / "); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
	}
	if got := boot.ReadTrailers(nil); got != nil {
		t.Error(got)
	}
}
