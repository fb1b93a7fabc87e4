package adbtest

import (
	"bytes"
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// Phone is a virtual phone.
type Phone struct {
	Serial, Model string
	State         string // "" for "device"

	Root string // the way to get root: "shell" (no su is needed), "su -c", "su 0", "su root"; "" for none
	Says string // what su prints when it refuses
	Loud bool   // su does nothing if its standard error is redirected

	Files map[string]string      // text files, by path
	Nodes map[string]flash.Image // block devices, by path
	Links map[string]string      // by-name links, by path
	Props map[string]string
	Tools []string // programs in addition to the shell's own; nil for all: dd, toybox, busybox, md5sum

	// NoExec makes it the adbd of Android 4: exec: is refused, shell: uses a terminal.
	NoExec bool
	// Terminals is how many carriage returns are added before each line feed.
	Terminals int

	Noise  Noise  // additional output; when the server runs, change it with Disturb
	Faults Faults // when the server runs, change them with Break

	// Run, if set, runs commands instead of the virtual shell.
	Run func(ctx context.Context, command string, out io.Writer) error

	mu    sync.Mutex
	sent  int64 // bytes of nodes that were sent
	noisy int   // how often noise was printed
}

// Noise is additional output of programs on a phone, such as the linker's warnings. A # in it
// becomes another number each time.
type Noise struct {
	Shell         string // the phone's shell, before each command
	Before, After string // su, before its command and after it, to standard error
	Amid          string // su, while its command prints bytes of a node
	Printed       bool   // su prints its noise to standard output, like one with its own terminal
	Tool          string // dd, to standard error
}

// Disturb changes the noise from now on.
func (p *Phone) Disturb(n Noise) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Noise = n
}

// disturb prints one text of the phone's noise.
func (p *Phone) disturb(out io.Writer, which func(Noise) string) {
	p.mu.Lock()
	p.noisy++
	text := strings.ReplaceAll(which(p.Noise), "#", strconv.Itoa(p.noisy*p.noisy))
	p.mu.Unlock()
	io.WriteString(out, text)
}

func (p *Phone) printsNoise() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Noise.Printed
}

// Faults are the errors of a phone.
type Faults struct {
	CutAt    int64                   // the connection breaks after so many bytes of nodes; 0: never
	Vanish   bool                    // after CutAt and Lost, the phone is offline
	HangAt   int64                   // nothing more is sent after so many bytes of nodes; 0: never
	Bad      map[string]flash.Extent // unreadable range of a node
	Lost     map[string]flash.Extent // range of a node at which the connection breaks
	Mute     map[string]flash.Extent // range of a node at which nothing more is sent
	Short    int64                   // dd prints so many bytes less, without an error
	Extra    int                     // dd prints so many bytes more
	Flip     bool                    // one bit of the bytes of nodes is wrong
	Narrow   bool                    // dd has only 32 bits for offsets
	Deaf     bool                    // su waits forever for the user
	LineFeed bool                    // after the first commands, the terminal adds no carriage returns
}

// Break changes the faults from now on.
func (p *Phone) Break(f Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Faults = f
}

func (p *Phone) faults() Faults {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Faults
}

func (p *Phone) state() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.State == "" {
		return "device"
	}
	return p.State
}

// Mend removes all faults and brings the phone back.
func (p *Phone) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Faults, p.State, p.sent = Faults{}, "", 0
}

// service runs one service of the phone and closes the connection.
func (p *Phone) service(c net.Conn, request string) {
	kind, command, _ := strings.Cut(request, ":")
	switch {
	case kind == "exec" && !p.NoExec, kind == "shell":
	default:
		fail(c, "closed")
		return
	}
	io.WriteString(c, "OKAY")
	out := &wire{phone: p, conn: c, terminals: p.Terminals}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // when the client disconnects, the command ends
		io.Copy(io.Discard, c)
		cancel()
	}()
	if p.Run != nil {
		p.Run(ctx, command, out)
		return
	}
	p.run(ctx, command, out)
}

// wire sends the output: through terminals, and with faults.
type wire struct {
	phone     *Phone
	conn      net.Conn
	terminals int
}

// Write implements io.Writer.
func (w *wire) Write(b []byte) (int, error) {
	if w.terminals > 0 {
		feed := append(bytes.Repeat([]byte("\r"), w.terminals), '\n')
		if _, err := w.conn.Write(bytes.ReplaceAll(b, []byte("\n"), feed)); err != nil {
			return 0, err
		}
		return len(b), nil
	}
	return w.conn.Write(b)
}

// lose breaks the connection.
func (w *wire) lose(vanish bool) error {
	if vanish {
		w.phone.mu.Lock()
		w.phone.State = "offline"
		w.phone.mu.Unlock()
	}
	w.conn.Close()
	return net.ErrClosed
}

// data sends bytes of a node with the faults.
func (w *wire) data(ctx context.Context, b []byte) error {
	p := w.phone
	p.mu.Lock()
	f, before := p.Faults, p.sent
	p.sent += int64(len(b))
	p.mu.Unlock()
	if f.HangAt > 0 && before+int64(len(b)) >= f.HangAt {
		w.Write(b[:max(f.HangAt-before, 0)])
		<-ctx.Done()
		return ctx.Err()
	}
	if f.CutAt > 0 && before+int64(len(b)) >= f.CutAt {
		w.Write(b[:max(f.CutAt-before, 0)])
		return w.lose(f.Vanish)
	}
	if f.Flip && len(b) > 100 {
		b = bytes.Clone(b)
		b[100] ^= 0x10
	}
	if f.LineFeed {
		w.terminals = 0
	}
	_, err := w.Write(b)
	return err
}
