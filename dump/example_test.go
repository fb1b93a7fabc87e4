package dump_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/plan"
)

// A dump is opened, its partitions are listed, and one is found by the name that people use.
func Example() {
	dir, err := os.MkdirTemp("", "dump")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := imgtest.SmallMT6765().WriteDump(dir); err != nil { // a made phone
		log.Fatal(err)
	}

	d, err := dump.Open(context.Background(), filepath.Join(dir, "ROM_1"), dump.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	fmt.Println(d.Layout.Chip.Value, d.Layout.Project.Value, d.Layout.Witness)
	for _, t := range d.Taken {
		fmt.Println("taken:", filepath.Base(t.Path))
	}
	p, err := d.Plan(plan.Wishes{Only: []string{"boot", "nv*"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, it := range p.Items {
		if !it.Skipped && it.Kind.IsDump() && it.File != "" {
			fmt.Printf("%s at 0x%x, 0x%x bytes\n", it.Name, it.Offset, it.Length)
		}
	}
	boot, err := d.Partition("BOOTIMG")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("BOOTIMG is", boot.Name)
	// Output:
	// MT6765 demo_k5 gpt primary
	// taken: MT6765_Android_scatter.txt
	// taken: BOOT_1
	// nvcfg at 0x488000, 0x100000 bytes
	// nvdata at 0x588000, 0x100000 bytes
	// nvram at 0x1300000, 0x100000 bytes
	// boot at 0x1600000, 0x100000 bytes
	// BOOTIMG is boot
}
