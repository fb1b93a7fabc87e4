// Package commands is the command line of mtkkit: one options struct for each command, one
// call into a library, and rendering. It is the only package that reads the command line and
// turns what a library found into an exit code.
package commands

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/words"
)

// Main is the whole program as a process: its arguments, its streams and its signals.
func Main() words.Code {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who asks a second time does not want to wait
	return Run(ctx, os.Args, screen.Standard(ctx), nil)
}
