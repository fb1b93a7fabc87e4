package screen

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// What a library says of nothing in particular begins with its name, and the user is spared it.
func TestProblems(t *testing.T) {
	var out bytes.Buffer
	heard := 0
	s := New(Streams{Err: &out})
	s.Heard = func(flash.Problem) { heard++ }
	s.Problems([]flash.Problem{
		{Severity: flash.Warning, Offset: flash.NoOffset, Text: "layout: the table is cut"},
		{Severity: flash.Error, Offset: flash.NoOffset, Text: "acquire: da: the agent is gone"},
		{Severity: flash.Note, Place: "split", Offset: flash.NoOffset, Text: "is a partition of that name"},
	})
	const want = "warning: the table is cut\nerror: the agent is gone\nnote: split: is a partition of that name\n"
	if out.String() != want || heard != 3 {
		t.Errorf("%q, want %q; %d heard", out.String(), want, heard)
	}
}

// Quiet silences notes, JSON what is said on standard output; warnings and hints stay.
func TestVoice(t *testing.T) {
	for _, c := range []struct {
		quiet, json bool
		out, err    string
	}{
		{false, false, "said\n", "note: noted\nhint: do this\nwarning: p: is cut\n"},
		{true, false, "said\n", "hint: do this\nwarning: p: is cut\n"},
		{false, true, "", "note: noted\nhint: do this\nwarning: p: is cut\n"},
	} {
		var out, errs bytes.Buffer
		s := New(Streams{Out: &out, Err: &errs})
		s.Speak(c.quiet, c.json, Auto)
		s.Say("said")
		s.Note("noted")
		s.Hints("", "do this")
		s.Problems([]flash.Problem{{Severity: flash.Warning, Place: "p", Offset: flash.NoOffset, Text: "is cut"}})
		if out.String() != c.out || errs.String() != c.err {
			t.Errorf("%+v: %q %q", c, out.String(), errs.String())
		}
	}
}

// What stops the program is told on standard error, and with JSON in one document, unless the
// command had its own.
func TestFailed(t *testing.T) {
	err := words.Refuse(errors.New("source: it is wrong"), "do this")
	for _, spoken := range []bool{false, true} {
		var out, errs bytes.Buffer
		s := New(Streams{Out: &out, Err: &errs})
		s.Speak(false, true, None)
		if spoken {
			if err := s.Document(document.Version{}); err != nil {
				t.Fatal(err)
			}
			out.Reset()
		}
		text, hints, code := words.Of(err)
		if got := s.Failed(err, text, hints, code); got != words.ExitRefused || errs.String() != "mtkkit: refused: it is wrong\nhint: do this\n" {
			t.Errorf("%d %q", got, errs.String())
		}
		if spoken {
			if out.Len() > 0 {
				t.Errorf("a second document: %s", out.String())
			}
			continue
		}
		var doc document.Failure
		if err := json.Unmarshal(out.Bytes(), &doc); err != nil || doc.Error != "it is wrong" || doc.Exit != words.ExitRefused || len(doc.Hints) != 1 {
			t.Errorf("%v %s", err, out.String())
		}
	}
}

// A command whose standard output took something no more is no success.
func TestLost(t *testing.T) {
	var errs bytes.Buffer
	r, w := io.Pipe()
	r.CloseWithError(fs.ErrClosed)
	s := New(Streams{Out: w, Err: &errs})
	s.Say("nobody hears it")
	if code := s.Done(nil); code != words.ExitFailed || !strings.Contains(errs.String(), "standard output: ") {
		t.Errorf("%d %q", code, errs.String())
	}
}

// Who is told to end does not wait for a reader that has stopped reading.
func TestInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	defer r.Close()
	cancel()
	if _, err := (interruptible{ctx, w}).Write([]byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Without a terminal, progress is a JSON object a line where that is asked for.
func TestBars(t *testing.T) {
	var errs bytes.Buffer
	s := New(Streams{Err: &errs})
	s.Speak(false, false, JSON)
	s.Bars.Event(flash.Event{Op: "read", Done: 5, Total: 10})
	var e flash.Event
	if err := json.Unmarshal(errs.Bytes(), &e); err != nil || e.Op != "read" || e.Done != 5 {
		t.Errorf("%v %q", err, errs.String())
	}
	errs.Reset()
	s.Speak(false, true, Auto) // a document, and nobody looks
	s.Bars.Event(flash.Event{Op: "read", Done: 6, Total: 10})
	s.Bars.Clear()
	if errs.Len() > 0 {
		t.Errorf("%q", errs.String())
	}
}

// Progress on paper says how fast it goes and what is left.
func TestPace(t *testing.T) {
	e := flash.Event{Op: "read", Done: 30 << 20, Total: 90 << 20, Detail: "ROM_1, 2 retries"}
	if got, want := pace(e, 10<<20, 10*time.Second), ", 2 MiB/s, 30s left: ROM_1, 2 retries"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := pace(flash.Event{Op: "hash", Done: 1}, 0, time.Second); got != "" {
		t.Errorf("of an unknown total: %q", got)
	}
}

// A map is drawn with the characters that the terminal has.
func TestMapOptions(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{{"", "", "de_DE.UTF-8", true}, {"C", "", "de_DE.UTF-8", false}, {"", "en_US.utf8", "C", true}, {"", "", "", false}} {
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_CTYPE", c.ctype)
		t.Setenv("LANG", c.lang)
		if o := New(Streams{Width: 80, OutTTY: true}).MapOptions(); o.Unicode != c.want || !o.Color || o.Width != 80 {
			t.Errorf("%+v: %+v", c, o)
		}
	}
}

// Questions are answered by one line each, and by none where there is no more.
func TestAsk(t *testing.T) {
	var errs bytes.Buffer
	s := New(Streams{In: strings.NewReader(" y \nfile"), Err: &errs})
	for _, want := range []string{"y", "file"} {
		if got, err := s.Ask(t.Context(), "which?"); err != nil || got != want {
			t.Errorf("%q %v, want %q", got, err, want)
		}
	}
	if _, err := s.Ask(t.Context(), "which?"); !errors.Is(err, ErrNoAnswer) || errs.String() != "which? which? which? \n" {
		t.Errorf("%v %q", err, errs.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, w := io.Pipe()
	defer w.Close()
	if _, err := New(Streams{In: r, Err: &errs}).Ask(ctx, "which?"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
