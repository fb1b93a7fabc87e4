package split_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/split"
)

// Two partitions of a made phone become a folder, which is proven by its hashes.
func Example() {
	dir, err := os.MkdirTemp("", "split")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	phone, parts := imgtest.SmallMT6765(), filepath.Join(dir, "parts")
	outputs := []flash.Output{
		{Name: "boot.img", Image: phone.Image("boot")},
		{Name: "nvram.img", Image: phone.Image("nvram")},
	}

	ctx := context.Background()
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: "example", Kind: "logical", Complete: true}
	if err := split.WriteFolder(ctx, parts, outputs, m, split.Options{}); err != nil {
		log.Fatal(err)
	}
	r, err := split.Verify(ctx, parts, split.VerifyOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("files:", r.Files, "problems:", len(r.Problems))
	boot, err := os.ReadFile(filepath.Join(parts, "boot.img"))
	fmt.Println("boot is the phone's:", bytes.HasPrefix(boot, phone.File("boot")), err)

	again := split.WriteFolder(ctx, parts, outputs, m, split.Options{})
	fmt.Println("a second time:", flash.AsRefusal(again).Reason)
	// Output:
	// files: 2 problems: 0
	// boot is the phone's: true <nil>
	// a second time: ours
}
