package layout

import (
	"context"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// Without a table, images are named by what they hold: a boot image whose init names the
// recovery program is no recovery.
func TestGuessedBootIsNoRecovery(t *testing.T) {
	words := imgtest.CPIOFile{Name: "init", Mode: 0o100750, Data: "\x7FELF /sbin/recovery\x00 /system/bin/recovery\x00"}
	ramdisks := [][]byte{imgtest.Gzip(imgtest.CPIO(words)), imgtest.Gzip(imgtest.CPIO(imgtest.Recovery("x")...))}
	user := imgtest.NewSparse(64 << 20)
	for i, rd := range ramdisks {
		user.Put(int64(i+1)<<24, imgtest.BootImage(imgtest.Noise("kernel", 0x8000), rd, false, ""))
	}
	dev := &flash.Device{Storage: flash.EMMC, Parts: []flash.Part{{Region: flash.EMMCUser, Image: user, Source: "ROM_1"}}}
	l, err := Resolve(context.Background(), dev, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range l.Table.Partitions {
		names = append(names, p.Name)
	}
	if !slices.Equal(names, []string{"boot", "recovery"}) {
		t.Errorf("%q", names)
	}
}
