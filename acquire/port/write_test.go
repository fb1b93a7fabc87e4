package port

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.bug.st/serial"
)

// noting is a serial port that writes down what is done to it.
type noting struct {
	serial.Port // what is not below is not called
	mu          sync.Mutex
	done        []string
	takes       int           // bytes of one write, 0: all
	drains      []error       // what Drain returns, nil at the end
	stuck       chan struct{} // Drain hangs until the output is thrown away; nil: it does not
}

func (n *noting) note(format string, a ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.done = append(n.done, fmt.Sprintf(format, a...))
}

func (n *noting) Write(p []byte) (int, error) {
	if n.takes > 0 {
		p = p[:min(len(p), n.takes)]
	}
	n.note("write %s", p)
	return len(p), nil
}

func (n *noting) Drain() error {
	n.note("drain")
	if n.stuck != nil {
		<-n.stuck
	}
	if len(n.drains) == 0 {
		return nil
	}
	err := n.drains[0]
	n.drains = n.drains[1:]
	return err
}

func (n *noting) ResetOutputBuffer() error {
	n.note("throw away")
	if n.stuck != nil {
		close(n.stuck)
	}
	return nil
}

// Where the system's queue would join two writes, the first is waited for before there can
// be a second. Elsewhere there are only the writes.
func TestWritesAreNotJoined(t *testing.T) {
	for _, c := range []struct {
		name   string
		joins  bool
		port   *noting
		want   []string
		err    error
		second bool
	}{
		{"a queue that joins", true, &noting{}, []string{"write header", "drain", "write payload", "drain"}, nil, true},
		{"a system that does not", false, &noting{}, []string{"write header", "write payload"}, nil, true},
		{"interrupted: drained when all of it is in the queue", true, &noting{takes: 4}, []string{"write head", "write er", "drain"}, nil, false},
		{"the wait interrupted", true, &noting{drains: []error{syscall.EINTR}}, []string{"write header", "drain", "drain"}, nil, false},
		{"gone", true, &noting{drains: []error{syscall.ENXIO}}, []string{"write header", "drain"}, ErrGone, false},
		{"a phone that takes nothing", true, &noting{stuck: make(chan struct{})}, []string{"write header", "drain", "throw away"}, ErrTimeout, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if c.port.stuck != nil {
					c.port.stuck = make(chan struct{}) // of this bubble
				}
				l := NewLine(t.Context(), &serialConn{port: c.port, lock: io.NopCloser(nil), joins: c.joins})
				defer l.detach()
				err := l.Write([]byte("header"))
				if !errors.Is(err, c.err) {
					t.Errorf("got %v, want %v", err, c.err)
				}
				if c.second {
					if err := l.Write([]byte("payload")); err != nil {
						t.Error(err)
					}
				}
				time.Sleep(time.Minute) // of the bubble's clock: nothing comes later
				if !slices.Equal(c.port.done, c.want) {
					t.Errorf("got %q, want %q", c.port.done, c.want)
				}
			})
		})
	}
}

// writes is a Conn that keeps each write by itself.
type writes struct {
	Conn
	got [][]byte
}

func (w *writes) Write(p []byte) (int, error) {
	w.got = append(w.got, bytes.Clone(p))
	return len(p), nil
}

// A Line passes each write on as it is: none is joined to its neighbour, none is cut.
func TestLineWritesAsTold(t *testing.T) {
	w := &writes{}
	l := NewLine(t.Context(), w)
	defer l.detach()
	var want [][]byte
	for _, n := range []int{12, 4, 1, 511, 512, 513, 2048, 2049, 1 << 20, 0, 12} {
		p := bytes.Repeat([]byte{byte(n)}, n)
		want = append(want, p)
		if err := l.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.EqualFunc(w.got, want, bytes.Equal) {
		t.Errorf("%d writes arrived as %d, or changed", len(want), len(w.got))
	}
}
