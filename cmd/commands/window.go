package commands

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/cmd/screen"
	window "github.com/mtkkit/mtkkit/ui"
	"github.com/mtkkit/mtkkit/words"
)

// windowOptions are the options of ui.
type windowOptions struct {
	displayOptions
	port, listen   string
	others, silent bool
	idle           time.Duration // 0: no limit
}

// virtualRate is the speed of a virtual phone in the window, bytes per second: that of a real phone, so
// that its progress can be seen.
const virtualRate = 24 << 20

func uiCommand(u *ui) *cli.Command {
	o := &windowOptions{displayOptions: newDisplay(), idle: 10 * time.Minute}
	return &cli.Command{
		Name:      "ui",
		Usage:     "open a window in the browser of this computer, for all of mtkkit without typing",
		ArgsUsage: "[ROM_1]",
		Description: "The pages can be opened only on this computer, by you. On Windows you can also double-click the program,\n" +
			"or drag a dump onto it. The program ends when you choose Quit in the window, on Ctrl-C, or some minutes after\n" +
			"its last page is closed and its last job is done.",
		Flags: flags.Of(flags.Fields(&o.port, &o.silent, &o.idle, &o.listen, &o.others), []flags.Option{
			flags.Text(&o.port, "port", "the phone's `PORT`: auto (the first phone that is plugged in), a name such as ttyACM0 or COM5, or sim (a virtual phone, to try everything without hardware)"),
			flags.Switch(&o.silent, "no-browser", "open no browser, only print the address"),
			flags.Time(&o.idle, "idle", "`TIME` after which the program ends if no page is open and no job runs; 0: never"),
			flags.Text(&o.listen, "listen", "`ADDRESS` to listen on (default: 127.0.0.1 and a free port)"),
			flags.Switch(&o.others, "yes-others-may-see-this", "with --listen: permit an address that other computers can reach; nothing is encrypted"),
		}, o.silence()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if len(args) > 1 {
				return usageHelp("it takes one dump, backup or folder")
			}
			return openWindow(ctx, u, o, strings.Join(args, ""))
		}),
	}
}

// openWindow serves the window until it is closed.
func openWindow(ctx context.Context, u *ui, o *windowOptions, path string) error {
	if _, place := asPlace(path); path != "" && !place {
		if _, err := os.Stat(path); err != nil {
			return err
		}
	}
	if o.port == portAuto {
		o.port = ""
	}
	u.virtual.rate = virtualRate
	wishes := make(chan struct{})
	done := make(chan struct{})
	defer close(done)
	go wishesToEnd(ctx, wishes, done)
	err := window.Serve(context.WithoutCancel(ctx), window.Options{
		Run: u.runJob, Tool: tool(), Open: path, Port: o.port, Address: o.listen, Others: o.others, Quiet: o.silent, Idle: o.idle,
		Pull: u.virtual.pull, Tell: u.tellWindow, End: wishes, Busy: func(n int) {
			u.Note("jobs that have not ended: %d; press Ctrl-C again to stop them and to end the program", n)
		},
	})
	if open := (*window.OpenToOthersError)(nil); errors.As(err, &open) {
		return words.Refuse(err, "from another computer, use ssh: ssh -L 8080:127.0.0.1:8080 THIS-COMPUTER, and there mtkkit ui --listen 127.0.0.1:8080",
			"--yes-others-may-see-this permits it: everybody in the network can then see your dumps on their way, and try to get in")
	}
	return err
}

// wishesToEnd sends a wish to end for the end of ctx, which is the first Ctrl-C, and for the second one.
// The third ends the program at once.
func wishesToEnd(ctx context.Context, wishes chan<- struct{}, done <-chan struct{}) {
	signals := make(chan os.Signal, 1)
	wish := func() {
		select {
		case wishes <- struct{}{}:
		case <-done:
		}
	}
	select {
	case <-ctx.Done():
	case <-done:
		return
	}
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	wish()
	select {
	case <-signals:
	case <-done:
	}
	signal.Stop(signals)
	wish()
}

// tellWindow prints where the window is.
func (u *ui) tellWindow(address string, browser error) {
	u.Say("the window of mtkkit: %s", address)
	switch {
	case browser != nil:
		u.Note("no browser was opened here: open this address in a browser of this computer; it works once")
	default:
		u.Note("it is open in your browser; to end the program, choose Quit there, or press Ctrl-C here")
	}
}

// runJob runs a command for the window.
func (u *ui) runJob(ctx context.Context, args []string, l words.Listener) words.Code {
	said := &saidLines{to: l}
	defer said.flush()
	job := newUI(screen.Streams{In: strings.NewReader(""), Out: said, Err: said, Listener: l})
	job.bus, job.virtual = u.bus, u.virtual
	return job.run(ctx, append([]string{"mtkkit"}, args...))
}

// saidLines tells a listener each line that a command writes to standard output.
type saidLines struct {
	to   words.Listener
	rest []byte // the line that has no end yet
}

// Write implements io.Writer.
func (s *saidLines) Write(b []byte) (int, error) {
	s.rest = append(s.rest, b...)
	for {
		line, rest, ok := bytes.Cut(s.rest, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		s.to.Line(words.Said, words.Printable(string(line)))
		s.rest = rest
	}
}

// flush tells the last line, if it has no end.
func (s *saidLines) flush() {
	if len(s.rest) > 0 {
		s.to.Line(words.Said, words.Printable(string(s.rest)))
	}
}
