package preloader_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/preloader"
)

// The flashable preloader is taken out of the boot region of a made phone.
func Example() {
	phone := imgtest.SmallMT6765()
	fixed, problems, err := preloader.Fix(bytes.NewReader(phone.Boot1))
	if err != nil {
		log.Fatal(err)
	}
	f := fixed[0]
	chip, confidence := f.File.Chip()
	fmt.Println(f.Name, chip, confidence)
	fmt.Printf("0x%x bytes at 0x%x, proven: %v, problems: %d\n", f.Extent.Length, f.Extent.Offset, f.File.Proof.OK, len(problems))
	b := make([]byte, f.Image.Size())
	_, err = f.Image.ReadAt(b, 0)
	fmt.Println("it is the phone's:", bytes.Equal(b, phone.Preloader), err)
	// Output:
	// preloader_demo_k5.bin MT6765 high
	// 0x1a000 bytes at 0x800, proven: true, problems: 0
	// it is the phone's: true <nil>
}
