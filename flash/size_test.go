package flash_test

import (
	"math"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestSizeString(t *testing.T) {
	for n, want := range map[int64]string{
		0:                   "0 B",
		1:                   "1 B",
		1023:                "1023 B",
		1024:                "1 KiB",
		1536:                "1.5 KiB",
		512 << 10:           "512 KiB",
		1 << 20:             "1 MiB",
		3 << 29:             "1.5 GiB",
		31_268_536_320:      "29.1 GiB",
		1 << 40:             "1 TiB",
		1<<20 - 1:           "1.0 MiB",
		5000 << 40:          "5000 TiB",
		-512:                "-512 B",
		-1536:               "-1.5 KiB",
		math.MaxInt64:       "8388608.0 TiB",
		-(1 << 20):          "-1 MiB",
		(1 << 20) + 300<<10: "1.3 MiB",
	} {
		if got := flash.Size(n).String(); got != want {
			t.Errorf("Size(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{
		"0":                  0,
		"4096":               4096,
		"010":                10, // not octal
		" 4096 ":             4096,
		"0x1000":             0x1000,
		"0X1000":             0x1000,
		"0x1b":               0x1b, // a digit, not bytes
		"512K":               512 << 10,
		"512k":               512 << 10,
		"512KB":              512 << 10,
		"512KiB":             512 << 10,
		"512 kib":            512 << 10,
		"3G":                 3 << 30,
		"2T":                 2 << 40,
		"0x10K":              16 << 10,
		"100B":               100,
		"0x1D2000000":        0x1d2000000,
		"7_818_182_656":      7_818_182_656,
		"0x7fffffffffffffff": math.MaxInt64,
		"8388607T":           8388607 << 40,
	} {
		if got, err := flash.ParseSize(s); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", " ", "K", "0x", "x10", "-1", "-1K", "1.5G", "12Q", "1KK", "0xg", "4096 bytes",
		"8388608T", "9223372036854775808", "0xffffffffffffffff", "1 2",
	} {
		got, err := flash.ParseSize(s)
		if err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", s, got)
		} else if !strings.HasPrefix(err.Error(), "flash: ") || !strings.Contains(err.Error(), s) {
			t.Errorf("ParseSize(%q) says %q", s, err)
		}
	}
}
