// Package commands has the commands of mtkkit. Each has a struct of options, one call into a library,
// and the printing of the result. No other package reads the command line or makes exit codes of the
// results of libraries.
package commands

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/words"
)

// Main runs the program with the arguments, streams and signals of the process. It returns the exit
// code.
func Main() words.Code {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	return Run(ctx, os.Args, screen.Standard(ctx), nil)
}
