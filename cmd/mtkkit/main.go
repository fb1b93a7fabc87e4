// Command mtkkit saves MediaTek phones: it splits full read-backs of their flash into
// images that flash tools take, and puts them together again.
package main

import (
	"os"

	"github.com/mtkkit/mtkkit/cmd/commands"
)

func main() { os.Exit(commands.Main()) }
