package gpt_test

import (
	"fmt"
	"log"

	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// The table of a made phone's user area is read, and its rows are listed.
func Example() {
	phone := imgtest.SmallMT6765()
	g, err := gpt.Read(phone.User)
	if err != nil {
		log.Fatal(err)
	}
	t := g.Table(phone.Storage.User())
	fmt.Println(len(t.Partitions), "rows, sectors of", t.SectorSize, "bytes")
	for _, p := range t.Partitions[:3] {
		fmt.Printf("%s at 0x%x, 0x%x bytes\n", p.Name, p.Offset, p.Length)
	}
	fmt.Println("problems:", len(t.Problems))
	// Output:
	// 35 rows, sectors of 512 bytes
	// boot_para at 0x8000, 0x100000 bytes
	// recovery at 0x108000, 0x100000 bytes
	// para at 0x208000, 0x80000 bytes
	// problems: 0
}
