package ui

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/ui/job"
	"github.com/mtkkit/mtkkit/words"
)

// endless is a job that ends when it is asked to.
func endless(ctx context.Context, _ []string, l words.Listener) words.Code {
	l.Line(words.Note, "working")
	<-ctx.Done()
	return words.ExitInterrupted
}

// served is a window that is served, with a browser that has opened its link.
type served struct {
	t    *testing.T
	site string
	http.Client
	end  chan struct{} // wishes to end
	busy chan int      // what the window answers to the first wish
	gone chan error    // the result of Serve
}

func serve(t *testing.T, o Options) *served {
	t.Helper()
	address := make(chan string, 1)
	s := &served{t: t, end: make(chan struct{}), busy: make(chan int, 1), gone: make(chan error, 1)}
	s.Jar, _ = cookiejar.New(nil)
	o.Quiet, o.Config, o.End = true, t.TempDir(), s.end
	o.Tell = func(a string, _ error) { address <- a }
	o.Busy = func(n int) { s.busy <- n }
	if o.Run == nil {
		o.Run = endless
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() { s.gone <- Serve(ctx, o) }()
	link := <-address
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	s.site = "http://" + u.Host
	s.get(link[len(s.site):])
	return s
}

// get returns a page.
func (s *served) get(path string) string {
	s.t.Helper()
	return s.read(s.Get(s.site + path))
}

// post sends a form and returns the page that follows.
func (s *served) post(path string, form url.Values) string {
	s.t.Helper()
	return s.read(s.PostForm(s.site+path, form))
}

func (s *served) read(r *http.Response, err error) string {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// begin starts a job that reads a phone into a folder.
func (s *served) begin(dir string) string {
	s.t.Helper()
	return s.post("/phone", url.Values{"from": {"phone"}, "da": {"/agent.bin"}, "output": {dir}})
}

func TestQuit(t *testing.T) {
	s := serve(t, Options{})
	if page := s.get("/"); !strings.Contains(page, "<h1>What do you want to do?</h1>") {
		t.Error(page)
	}
	if page := s.begin("/nowhere/a"); !strings.Contains(page, "acquire --da /agent.bin --output /nowhere/a") {
		t.Error(page)
	}
	if page := s.get("/quit"); !strings.Contains(page, "have not ended") || !strings.Contains(page, `href="/jobs/1"`) {
		t.Error(page)
	}
	if page := s.post("/quit", nil); !strings.Contains(page, "has ended") {
		t.Error(page)
	}
	if err := <-s.gone; err != nil {
		t.Error(err)
	}
}

// Ctrl-C ends the program at once only if nothing is lost by it.
func TestWishesToEnd(t *testing.T) {
	idle := serve(t, Options{})
	idle.end <- struct{}{}
	if err := <-idle.gone; err != nil {
		t.Error(err)
	}
	s := serve(t, Options{})
	s.begin("/nowhere/a")
	s.end <- struct{}{}
	if n := <-s.busy; n != 1 {
		t.Errorf("%d jobs", n)
	}
	if page := s.get("/jobs/1"); !strings.Contains(page, "working") {
		t.Error("the job was stopped by the first wish")
	}
	s.end <- struct{}{}
	if err := <-s.gone; err != nil {
		t.Error(err)
	}
}

// Two jobs cannot write to one output. The second form keeps what was typed.
func TestSameOutput(t *testing.T) {
	s := serve(t, Options{})
	s.begin("/nowhere/a")
	page := s.begin("/nowhere/a/b")
	if !strings.Contains(page, "job 1 writes to /nowhere/a/b") || !strings.Contains(page, `value="/agent.bin"`) {
		t.Error(page)
	}
	s.post("/jobs/1/cancel", nil)
	for strings.Contains(s.get("/jobs"), "running") {
		continue
	}
	if page := s.begin("/nowhere/a"); !strings.Contains(page, "jobs/2/events") {
		t.Error(page)
	}
}

// A page that is opened again shows the job with all that it said, and its events end with it.
func TestJobPage(t *testing.T) {
	done := make(chan struct{})
	s := serve(t, Options{Run: func(_ context.Context, _ []string, l words.Listener) words.Code {
		l.Line(words.Warning, "<b>&\u202e")
		<-done
		l.Line(words.Hint, "go on")
		return words.ExitPhone
	}})
	s.begin("/nowhere/a")
	page := s.get("/jobs/1")
	for !strings.Contains(page, "Warning") {
		page = s.get("/jobs/1")
	}
	if strings.Contains(page, "<b>") || strings.Contains(page, "\u202e") || !strings.Contains(page, "&lt;b&gt;&amp;") {
		t.Error(page)
	}
	close(done)
	events := s.get("/jobs/1/events")
	if !strings.HasSuffix(events, "event: ended\ndata: 4\n\n") || !strings.Contains(events, "go on") {
		t.Error(events)
	}
	if page := s.get("/jobs/1"); !strings.Contains(page, `id="go-on"`) {
		t.Error(page)
	}
	if page := s.post("/jobs/1/again", nil); !strings.Contains(page, "/jobs/2/events") {
		t.Error(page)
	}
	if page := s.get("/jobs/9"); !strings.Contains(page, "not in the list") {
		t.Error(page)
	}
}

// A job that ends while no page is open leaves the person the time to come back.
func TestIdleAfterJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := newWindow(Options{Idle: 10 * time.Minute, Run: func(context.Context, []string, words.Listener) words.Code {
			time.Sleep(25 * time.Minute)
			return words.ExitOK
		}}, "127.0.0.1:1", func() {})
		if _, err := w.jobs.Start(job.Order{Name: "acquire"}); err != nil {
			t.Fatal(err)
		}
		<-w.alive.ended()
		if took := time.Since(began); took != 35*time.Minute {
			t.Errorf("it ended after %s", took)
		}
	})
}

// Idle 0 is for ever.
func TestIdleForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(Options{}, "127.0.0.1:1", func() {})
		select {
		case <-w.alive.ended():
			t.Error("ended")
		case <-time.After(24 * 365 * time.Hour):
		}
	})
}

func TestLanguage(t *testing.T) {
	s := serve(t, Options{})
	if page := s.post("/language", url.Values{"language": {"es"}, "back": {"/jobs"}}); !strings.Contains(page, `<html lang="es">`) || !strings.Contains(page, "/jobs") {
		t.Error(page)
	}
	for _, bad := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "/\t/evil.example", ""} {
		s.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if r.URL.String() != s.site+"/" {
				t.Errorf("%q goes to %s", bad, r.URL)
			}
			return http.ErrUseLastResponse
		}
		s.post("/language", url.Values{"language": {"en"}, "back": {bad}})
	}
}
