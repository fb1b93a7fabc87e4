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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() { // told once more, it ends at once, whatever it waits for
		<-ctx.Done()
		stop()
	}()
	code := run(ctx, os.Args, stdStreams())
	stop()
	os.Exit(code)
}
