// Package commands has the commands of mtkkit. Each has a struct of options, one call into a library,
// and the printing of the result. No other package reads the command line or makes exit codes of the
// results of libraries.
package commands

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
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
	if !ownConsole() {
		return Run(ctx, os.Args, screen.Standard(ctx), nil)
	}
	code := Run(ctx, clicked(os.Args, words.IsFile), screen.Standard(ctx), nil)
	if code != words.ExitOK { // the console would close before anybody has read it
		fmt.Fprint(os.Stderr, "press Enter to close this console ")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	}
	return code
}

// clicked returns the arguments of a program that was started by a double click, or by a file that was
// dropped on it: it opens the window.
func clicked(args []string, isFile func(string) bool) []string {
	switch {
	case len(args) < 2:
		return append(slices.Clip(args), "ui")
	case isFile(args[1]):
		return slices.Concat(args[:1], []string{"ui"}, args[1:2])
	}
	return args
}
