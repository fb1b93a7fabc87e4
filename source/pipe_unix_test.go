//go:build linux || darwin

package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// What a shell has opened is read; a pipe with a name may have nobody at its other end.
func TestNamedPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := sample()
	go func() { w.Write(want); w.Close() }()
	s := open(t, fmt.Sprintf("/dev/fd/%d", r.Fd()), Options{})
	flashtest.TestImage(t, s.Parts[0].Image, want)

	dir := userOnly(t)
	fifo := filepath.Join(dir, "BOOT_1")
	if err := unix.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, "/dev/null"} {
		var not *UnreadableError
		if _, err := Open(t.Context(), path, Options{}); !errors.As(err, &not) {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, opt := range []Options{{Boot1: fifo}, {RPMB: fifo}} {
		if _, err := Open(t.Context(), filepath.Join(dir, "ROM_1"), opt); err == nil {
			t.Error("a pipe was opened as a region")
		}
	}
	s = open(t, dir, Options{})
	if len(s.Parts) != 1 || !says(s.Problems, flash.Warning, "BOOT_1: is not a regular file") {
		t.Errorf("a pipe in a folder is not named: %v", s.Problems)
	}
	for _, name := range []string{"ROM_1.map", "ROM_1.001"} {
		if _, err := Open(t.Context(), filepath.Join(dir, "ROM_1"), Options{}); err != nil { // it is not held up
			t.Error(err)
		}
		if err := unix.Mkfifo(filepath.Join(dir, name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var kind *disk.KindError
	if _, err := Open(t.Context(), filepath.Join(dir, "ROM_1"), Options{}); !errors.As(err, &kind) {
		t.Errorf("a pipe was opened as a part: %v", err)
	}
}

// Standard input that gives nothing does not hold up who is told to end.
func TestSilentInput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Stdin, Options{Stdin: r}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
