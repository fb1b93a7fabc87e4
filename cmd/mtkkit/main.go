// Command mtkkit reads MediaTek phones into dumps, splits dumps into images that flash tools take, and
// joins them again.
package main

import (
	"os"

	"github.com/mtkkit/mtkkit/cmd/commands"
)

func main() { os.Exit(commands.Main()) }
