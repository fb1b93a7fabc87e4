package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// until is a Runner that says something and works until its context or the test ends it.
func until(release <-chan struct{}) Runner {
	return func(ctx context.Context, _ []string, l words.Listener) words.Code {
		l.Line(words.Note, "begun")
		select {
		case <-ctx.Done():
			l.Line(words.Stopped, "interrupted")
			return words.ExitInterrupted
		case <-release:
			return words.ExitOK
		}
	}
}

func start(t *testing.T, l *List, o Order) *Job {
	t.Helper()
	j, err := l.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		l := NewList(until(release))
		j := start(t, l, Order{Name: "split", Args: []string{"split", "a b"}})
		synctest.Wait()
		if s := j.Now(); s.State != Running || len(s.Lines) != 1 || s.Lines[0].Voice != words.Note {
			t.Errorf("running: %+v", s)
		}
		close(release)
		if code := j.Wait(); code != words.ExitOK || j.Now().State != Ended {
			t.Errorf("ended: %+v", j.Now())
		}
		if l.Active() != 0 || l.Find(1) != j || l.Find(2) != nil {
			t.Error("the list is wrong")
		}
	})
}

func TestCancel(t *testing.T) {
	l := NewList(until(nil))
	j := start(t, l, Order{})
	j.Cancel()
	if code := j.Wait(); code != words.ExitInterrupted || !j.Now().Canceled {
		t.Errorf("%+v", j.Now())
	}
}

// A job waits if many run, and can be cancelled while it waits.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		l := NewList(until(release))
		var all []*Job
		for range together + 2 {
			all = append(all, start(t, l, Order{}))
			synctest.Wait()
		}
		waiting := all[together]
		if waiting.Now().State != Waiting || all[0].Now().State != Running {
			t.Fatalf("%v %v", waiting.Now().State, all[0].Now().State)
		}
		waiting.Cancel()
		if code := waiting.Wait(); code != words.ExitInterrupted {
			t.Errorf("the cancelled one: %d", code)
		}
		close(release)
		if code := all[together+1].Wait(); code != words.ExitOK {
			t.Errorf("the last one: %d", code)
		}
	})
}

func TestOutputs(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	l := NewList(until(nil))
	first := start(t, l, Order{Outputs: []string{filepath.Join(dir, "out")}})
	for path, free := range map[string]bool{
		"out": false, "out/sub": false, "link/out": false, "link/out/sub": false, "./x/../out": false, "": false,
		"out2": true, "other/out": true,
	} {
		j, err := l.Start(Order{Outputs: []string{filepath.Join(dir, path)}})
		if busy := (*OutputError)(nil); free == errors.As(err, &busy) {
			t.Errorf("%q: %v", path, err)
		}
		if j != nil {
			j.Cancel()
			j.Wait()
		}
	}
	first.Cancel()
	first.Wait()
	start(t, l, Order{Outputs: []string{filepath.Join(dir, "out")}}).Cancel()
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(1, Order{}, func() {})
		j.Progress(flash.Event{Op: "acquire", Done: 100, Total: 1100}) // it resumes: 100 were there
		time.Sleep(10 * time.Second)
		j.Progress(flash.Event{Op: "acquire", Name: "one file", Done: 1, Total: 2})
		j.Progress(flash.Event{Op: "acquire", Done: 600, Total: 1100})
		if s := j.Now(); s.Rate != 50 || s.Left != 10*time.Second || s.Percent() != 54 || s.Event.Name != "" {
			t.Errorf("%+v", s.Progress)
		}
	})
}

// A job keeps a limited number of messages, and always what to do.
func TestManyLines(t *testing.T) {
	j := newJob(1, Order{}, func() {})
	for i := range 3 * mostLines {
		j.Line(words.Warning, fmt.Sprint(i))
	}
	j.Line(words.Hint, "what to do")
	if s := j.Now(); len(s.Lines) != mostLines+1 || s.Dropped != 2*mostLines || s.Lines[mostLines].Text != "what to do" {
		t.Errorf("%d lines, %d dropped", len(s.Lines), s.Dropped)
	}
}

// The passphrase goes to the command only.
func TestPassphrase(t *testing.T) {
	given := make(chan string, 1)
	l := NewList(func(ctx context.Context, args []string, l words.Listener) words.Code {
		p, _ := l.Passphrase(ctx, "x")
		given <- p
		return words.ExitOK
	})
	j := start(t, l, Order{Args: []string{"backup"}, Passphrase: "secret"})
	j.Wait()
	if p := <-given; p != "secret" {
		t.Errorf("the command gets %q", p)
	}
	if s := fmt.Sprintf("%+v %s", j.Now(), j.Now().Line()); strings.Contains(s, "secret") {
		t.Errorf("shown: %s", s)
	}
	if _, err := newJob(1, Order{}, nil).Passphrase(t.Context(), "x"); err == nil {
		t.Error("no passphrase is no error")
	}
}

func TestFault(t *testing.T) {
	l := NewList(func(context.Context, []string, words.Listener) words.Code { panic("broken") })
	j := start(t, l, Order{})
	if code := j.Wait(); code != words.ExitFailed || !strings.Contains(j.Now().Lines[0].Text, "broken") {
		t.Errorf("%+v", j.Now())
	}
}

func TestEnd(t *testing.T) {
	l := NewList(until(nil))
	j := start(t, l, Order{})
	l.End()
	if j.Now().State != Ended {
		t.Error("not ended")
	}
	if _, err := l.Start(Order{}); err == nil {
		t.Error("a job was started after the end")
	}
}

func TestForgetOld(t *testing.T) {
	l := NewList(func(context.Context, []string, words.Listener) words.Code { return words.ExitOK })
	for range mostEnded + 20 {
		start(t, l, Order{}).Wait()
	}
	if n := len(l.All()); n > mostEnded+1 {
		t.Errorf("%d jobs are kept", n)
	}
}
