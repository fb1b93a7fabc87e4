package ramdisk_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// Many files and many segments take memory of their own, however small they are.
func TestManyFiles(t *testing.T) {
	record := record("f", ramdisk.File|0o644, "")
	in := pack(t, strings.Repeat(record, 1<<17+1), ramdisk.Gzip)
	if _, err := ramdisk.Read(bytes.NewReader(in), 0); err == nil || !strings.Contains(err.Error(), "more than 131072 files") {
		t.Error(err)
	}
	in = bytes.Repeat(pack(t, record, ramdisk.Gzip), 1<<10+1)
	if _, err := ramdisk.Read(bytes.NewReader(in), 0); err == nil || !strings.Contains(err.Error(), "more than 1024 segments") {
		t.Error(err)
	}
}
