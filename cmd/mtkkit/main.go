// Command mtkkit saves MediaTek phones: it splits full read-backs of their flash into
// images that flash tools take, and puts them together again.
//
// This package is the only one that knows the screen: it reads the command line, calls
// the libraries, prints what they found and turns it into an exit code.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/mtkkit/mtkkit/cmd/screen"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks a second time does not want to wait
	code := run(ctx, os.Args, screen.Standard(ctx), nil)
	stop()
	os.Exit(code)
}
