package image

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// A boot image with a small loader in the place of its header is what its true header
// says: as long, and a recovery or none.
func TestSmallLoader(t *testing.T) {
	plain := imgtest.BootImage([]byte("kernel"), imgtest.Gzip(imgtest.CPIO(imgtest.Recovery("x")...)), true, "RECOVERY")
	loader := build(0x400, piece{0, "ANDROID!"}, le32(0x24, 2048), piece{0x200, "microloader"})
	inPlace := append(append(bytes.Clone(loader), plain[:0x400]...), plain[0x800:]...)
	for name, c := range map[string]struct {
		b    []byte
		want []string
	}{
		"in the place of the header": {inPlace, []string{"kernel: 518 B at 0x800, behind a MediaTek header KERNEL", "command line: sample=1"}},
		"in front of the image":      {join(loader, plain), []string{"kernel: 518 B at 0xc00, behind a MediaTek header KERNEL"}},
		"alone":                      {padded(loader, 0x1000, 0), []string{"warning: header: lists no kernel and no ramdisk: it contains a small loader (microloader)", "0x0 of 0x1000"}},
	} {
		got := words(Describe(bytes.NewReader(padded(c.b, 64<<10, 0))))
		if name != "alone" {
			c.want = append(c.want, fmt.Sprintf("0x%x of 0x10000", len(c.b)), "holds: recovery", "the first 0x400 bytes are a small loader (microloader)")
		} else {
			got = words(Describe(bytes.NewReader(c.b)))
		}
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s\nlacks %q", name, got, want)
			}
		}
	}
}
