package port_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/port"
)

// A port that is open is busy for everybody else, under each of its names and for root
// too, whom the kernel's own exclusive mode lets pass; and who has it notices nothing.
func TestBusy(t *testing.T) {
	link := filepath.Join(t.TempDir(), "ttyACM90")
	names, done := make(chan string, 1), make(chan error, 1)
	p := &acquiretest.Phone{EchoFirst: true, Window: -1}
	go func() { done <- p.Serve(t.Context(), link, func(name string) { names <- name }) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	var name string
	select {
	case name = <-names:
	case <-time.After(10 * time.Second):
		t.Fatal("no phone came")
	}
	first, err := port.System().Open(link)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{link, name} {
		if c, err := port.System().Open(n); !errors.Is(err, port.ErrBusy) {
			t.Errorf("%s: opened a second time: %v", n, err)
			if err == nil {
				c.Close()
			}
		}
	}
	line := port.NewLine(t.Context(), first)
	if err := line.Write([]byte{0xa0}); err != nil {
		t.Fatal(err)
	}
	for { // the preloader says READY until it is spoken to
		b, err := line.Byte(5 * time.Second)
		if err != nil {
			t.Fatalf("who had the port first lost it: %v", err)
		}
		if b == 0x5f {
			break
		}
	}
	line.Close()
	again, err := port.System().Open(link)
	if err != nil {
		t.Fatalf("after it was closed: %v", err)
	}
	again.Close()
}
