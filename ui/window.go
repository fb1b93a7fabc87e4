package ui

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"net"
	"net/http"
	"time"

	"github.com/mtkkit/mtkkit/ui/job"
	"github.com/mtkkit/mtkkit/words"
)

// portSim is the name of the virtual phone's port.
const portSim = "sim"

// Options say how a window is opened.
type Options struct {
	Run     job.Runner                          // runs the commands
	Tool    string                              // name and version of the program
	Open    string                              // path of a dump that is opened first, "" for none
	Port    string                              // port of the phone: "" for any, "sim" for the virtual phone
	Address string                              // where to listen, "" for a free port of this computer only
	Others  bool                                // permit an Address that other computers can reach
	Quiet   bool                                // open no browser
	Config  string                              // folder for what is remembered; "" is that of mtkkit among the user's settings
	Idle    time.Duration                       // how long the program waits without a page and without a job before it ends; 0: for ever
	Pull    func()                              // pulls the cable of the virtual phone; nil if there is none
	Tell    func(address string, browser error) // is called when the window is open; browser says why no browser shows it
	End     <-chan struct{}                     // each value is a wish to end the program; nil for none
	Busy    func(jobs int)                      // is called at the first wish if jobs have not ended; the second one stops them
}

// window is one run of `ui`.
type window struct {
	Options
	guard  *guard
	jobs   *job.List
	alive  *alive
	dumps  dumps
	recent *recent
	quit   context.CancelFunc
}

// Serve opens the window and returns when it was closed: by its user, by the end of ctx, or because
// nobody looked at it for a while.
func Serve(ctx context.Context, o Options) error {
	l, err := listen(o.Address, o.Others)
	if err != nil {
		return err
	}
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	w := newWindow(o, l.Addr().String(), quit)
	defer w.dumps.close()
	s := &http.Server{Handler: w.guard.wrap(w.counted(w.routes())), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	gone := make(chan error, 1)
	go func() { gone <- s.Serve(l) }()
	w.open()
	err = w.wait(ctx, gone)
	w.jobs.End()
	quit() // ends the streams of open pages
	last, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.Shutdown(last) != nil { // a browser that still reads
		_ = s.Close()
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// wait waits until the window is to be closed.
func (w *window) wait(ctx context.Context, gone <-chan error) error {
	for asked := false; ; asked = true {
		select {
		case err := <-gone:
			return err
		case <-ctx.Done():
			return nil
		case <-w.alive.ended():
			return nil
		case <-w.End:
		}
		n := w.jobs.Active()
		if n == 0 || asked {
			return nil
		}
		w.Busy(n)
	}
}

func newWindow(o Options, address string, quit context.CancelFunc) *window {
	w := &window{Options: o, guard: newGuard(address), recent: newRecent(o.Config), quit: quit}
	w.jobs = job.NewList(w.runJob)
	if o.Idle == 0 {
		o.Idle = math.MaxInt64
	}
	w.alive = newAlive(o.Idle, func() bool { return w.jobs.Active() > 0 })
	return w
}

// runJob runs a command. Its end counts as a request: the user has time to come and see its result.
func (w *window) runJob(ctx context.Context, args []string, l words.Listener) words.Code {
	defer w.alive.touch()
	return w.Run(ctx, args, l)
}

// open shows the window in the browser, if there is one.
func (w *window) open() {
	err := errNoBrowser
	if !w.Quiet {
		err = openBrowser(w.guard.link())
	}
	w.Tell(w.guard.link(), err)
}

// counted tells alive of every request.
func (w *window) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer w.alive.page()()
		next.ServeHTTP(rw, r)
	})
}

// routes returns all pages.
func (w *window) routes() http.Handler {
	m := http.NewServeMux()
	files, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	m.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(files)))
	m.HandleFunc("GET /{$}", w.start)
	m.HandleFunc("POST /language", w.setLanguage)
	m.HandleFunc("GET /choose", w.choose)
	m.HandleFunc("POST /forget", w.forget)
	m.HandleFunc("GET /quit", w.askQuit)
	m.HandleFunc("POST /quit", w.doQuit)
	m.HandleFunc("GET /alive", w.stayAlive)
	w.jobRoutes(m)
	w.phoneRoutes(m)
	w.dumpRoutes(m)
	w.formRoutes(m)
	m.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		w.refuse(rw, r, http.StatusNotFound, errors.New(w.language(r).T("refused.page", r.URL.Path)))
	})
	return m
}
