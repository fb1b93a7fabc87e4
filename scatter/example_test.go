package scatter_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/scatter"
)

// The scatter file of a made phone is read, its rows are placed, and it is said in another
// dialect.
func Example() {
	phone := imgtest.SmallMT6765()
	f, err := scatter.Parse([]byte(phone.Scatter))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Info.Platform, f.Info.Project, f.Dialect)
	for _, p := range f.Table(phone.User.Size()).Partitions {
		if p.Name == "boot" || p.Name == "nvram" {
			fmt.Printf("%s at 0x%x of %s\n", p.Name, p.Offset, p.Region)
		}
	}
	fmt.Println("encoded again, byte for byte:", bytes.Equal(f.Encode(), []byte(phone.Scatter)))
	xml, left := scatter.Convert(f, scatter.XML)
	fmt.Println(xml.Dialect, "problems:", len(left))
	// Output:
	// MT6765 demo_k5 v1.1.2
	// nvram at 0x1300000 of EMMC_USER
	// boot at 0x1600000 of EMMC_USER
	// encoded again, byte for byte: true
	// xml problems: 0
}
