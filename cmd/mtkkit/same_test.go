package main

import (
	"bytes"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
)

// sameFiles compares two files, which may be of any size as long as they are mostly
// holes.
func sameFiles(a, b string) error {
	x, err := source.OpenFile(a)
	if err != nil {
		return err
	}
	defer x.Close()
	y, err := source.OpenFile(b)
	if err != nil {
		return err
	}
	defer y.Close()
	if x.Size() != y.Size() {
		return fmt.Errorf("%s has %d bytes, %s %d", a, x.Size(), b, y.Size())
	}
	p, q := make([]byte, 1<<20), make([]byte, 1<<20)
	for off := int64(0); off < x.Size(); {
		d, err := flash.NextData(x, off)
		if err != nil {
			return err
		}
		e, err := flash.NextData(y, off)
		if err != nil {
			return err
		}
		off = min(d.Offset, e.Offset) // up to here both are zero
		n := min(x.Size()-off, int64(len(p)))
		if n == 0 {
			break
		}
		if _, err := x.ReadAt(p[:n], off); err != nil {
			return err
		}
		if _, err := y.ReadAt(q[:n], off); err != nil {
			return err
		}
		if !bytes.Equal(p[:n], q[:n]) {
			return fmt.Errorf("%s and %s differ in the MiB at 0x%x", a, b, off)
		}
		off += n
	}
	return nil
}
