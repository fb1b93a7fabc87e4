package commands

import "fmt"

// counted returns a number with a noun: 1 image, 2 images.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
