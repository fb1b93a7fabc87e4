// Zerogen writes the table of package flash: the state words of SHA-256 after every
// GiB of zeros, up to 256. It takes some minutes.
//
//	zerogen FILE
package main

import (
	"crypto/sha256"
	"encoding"
	"fmt"
	"os"
)

const (
	rows  = 256
	block = 256 << 10
	step  = 1 << 30
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "zerogen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("one argument: the file to write")
	}
	h, zeros := sha256.New(), make([]byte, block)
	var table []byte
	for range rows {
		for range step / block {
			h.Write(zeros)
		}
		b, err := h.(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			return err
		}
		table = append(table, b[len("sha\x03"):][:sha256.Size]...)
	}
	return os.WriteFile(args[0], table, 0o666)
}
