package acquire_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// A made phone is read into a dump folder. What is connected to a port is a flash.Device in
// the same way: package session makes it.
func Example() {
	dir, err := os.MkdirTemp("", "acquire")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	dir = filepath.Join(dir, "dump")

	ctx := context.Background()
	d, err := acquire.Create(dir, acquire.Job{
		Device: imgtest.SmallMT6765().Device(),
		Record: flash.Manifest{Tool: "example", Chip: "MT6765"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	if err := d.Read(ctx); err != nil {
		log.Fatal(err)
	}
	m, finished, err := d.Finish(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("finished:", finished, "complete:", m.Complete)
	for _, s := range m.Sources {
		fmt.Printf("%s: 0x%x bytes, not read: %d\n", s.Region, s.Size, flash.Total(s.Unread))
	}
	// Output:
	// finished: true complete: true
	// EMMC_BOOT_1: 0x400000 bytes, not read: 0
	// EMMC_BOOT_2: 0x400000 bytes, not read: 0
	// EMMC_USER: 0x2c00000 bytes, not read: 0
}
