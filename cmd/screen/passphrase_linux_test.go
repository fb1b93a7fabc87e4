package screen

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// left are the terminals of all tests. They stay open: who was interrupted still reads, by the number of
// the file, and would read from the next terminal that gets this number.
var left []*os.File

// terminal is a pseudo-terminal: what a person types goes into the first, and the program
// asks on the second.
func terminal(t *testing.T) (person, tty *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	left = append(left, person)
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	left = append(left, tty)
	return person, tty
}

// Who is asked for a passphrase may end the program instead, and the terminal shows again
// what is typed.
func TestPassphraseInterrupted(t *testing.T) {
	_, tty := terminal(t)
	echo := func() bool {
		s, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return s.Lflag&unix.ECHO != 0
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := readSecret(ctx, tty, "")
		done <- err
	}()
	for echo() { // until it is asked
		runtime.Gosched()
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if !echo() {
		t.Error("the terminal still hides what is typed")
	}
}

func TestPassphraseTyped(t *testing.T) {
	person, tty := terminal(t)
	if _, err := person.WriteString("open sesame\n"); err != nil {
		t.Fatal(err)
	}
	if p, err := readSecret(t.Context(), tty, ""); err != nil || strings.TrimSpace(p) != "open sesame" {
		t.Errorf("%q, %v", p, err)
	}
}
