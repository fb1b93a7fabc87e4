package archive_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// A dump into one file, proven, and the dump again.
func Example() {
	dir, err := os.MkdirTemp("", "archive")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := imgtest.SmallMT6765().WriteDump(dir); err != nil {
		fmt.Println(err)
		return
	}
	rom, out := filepath.Join(dir, "ROM_1"), filepath.Join(dir, "phone.tar.zst")
	ctx := context.Background()

	made, err := archive.Create(ctx, archive.CreateOptions{Path: rom, Output: out})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("complete:", made.Record.Complete, "- smaller:", made.Size < made.Bytes)

	verdict, err := archive.Verify(ctx, out, archive.VerifyOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(verdict.State)

	again := filepath.Join(dir, "again")
	restored, err := archive.Restore(ctx, out, archive.RestoreOptions{Output: again, Region: "EMMC_USER"})
	if err != nil {
		fmt.Println(err)
		return
	}
	a, _ := os.ReadFile(rom)
	b, _ := os.ReadFile(again)
	fmt.Println("lost:", restored.Lost, "- the same:", len(a) > 0 && bytes.Equal(a, b))
	// Output:
	// complete: true - smaller: true
	// complete
	// lost: false - the same: true
}
