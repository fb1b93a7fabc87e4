// Package job runs commands of the program as jobs: values with a state, progress and messages, that
// can be watched and cancelled. It knows no page and no terminal.
//
//	Order ──List.Start──► Job: waiting ──► running ──► ended (exit code)
//	                       │ Watch: closed at the next change
//	                       └ Now: a copy of all that is known
//
// A job is a command line. So it does, refuses and says the same as the command in a terminal, and the
// user can copy it.
package job

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// Runner runs a command line, which has no name of a program, and returns its exit code. The listener
// hears all that the command says. Several may run at the same time.
type Runner func(ctx context.Context, args []string, l words.Listener) words.Code

// Order says what a job does.
type Order struct {
	Name       string   // what kind of job it is: "split", "acquire" …
	Args       []string // the command line, without the name of the program
	Input      string   // path of what it reads, "" for a phone
	Outputs    []string // paths of what it writes; no other job may write there
	Result     string   // path of what can be opened when it is done, "" for nothing
	Passphrase string   // for what it encrypts or opens; it is never shown
	Form       string   // address of the form that gave the order, filled in; "" for none
}

// Line returns the command line as the user can type it.
func (o Order) Line() string {
	quoted := []string{"mtkkit"}
	for _, a := range o.Args {
		quoted = append(quoted, words.Quoted(a))
	}
	return strings.Join(quoted, " ")
}

// State is how far a job is.
type State string

// The states. A job ends once.
const (
	Waiting State = "waiting" // for other jobs to end
	Running State = "running"
	Ended   State = "ended"
)

// Line is one message of a job.
type Line struct {
	Voice words.Voice
	Text  string
}

// Snapshot is all that is known of a job at one time.
type Snapshot struct {
	ID int
	Order
	State    State
	Canceled bool       // the user asked it to stop
	Code     words.Code // exit code, if it has ended
	Lines    []Line
	Dropped  int // messages that are not kept, because there are too many
	Began    time.Time
	Took     time.Duration
	Progress
}

// Progress is the last event of a job's work.
type Progress struct {
	Event flash.Event
	Rate  int64         // bytes per second; 0: not known
	Left  time.Duration // remaining time; 0: not known
}

// Percent returns how much is done, 0 to 100, or -1 if that is not known.
func (p Progress) Percent() int {
	if p.Event.Total <= 0 {
		return -1
	}
	return int(100 * min(p.Event.Done, p.Event.Total) / p.Event.Total)
}

// Job is one run of a command.
type Job struct {
	id     int
	order  Order // with the passphrase, which Now does not give
	cancel context.CancelFunc
	ended  chan struct{} // closed at its end

	mu       sync.Mutex
	changed  chan struct{} // closed at the next change
	now      Snapshot
	op       string // operation whose pace is measured
	opBegan  time.Time
	opOffset int64 // bytes that were done when it began
}

// mostLines is the largest number of messages that a job keeps. A damaged dump may have a problem in
// each of its thousands of rows.
const mostLines = 1000

func newJob(id int, o Order, cancel context.CancelFunc) *Job {
	shown := o
	shown.Passphrase = ""
	return &Job{id: id, order: o, cancel: cancel, ended: make(chan struct{}), changed: make(chan struct{}),
		now: Snapshot{ID: id, Order: shown, State: Waiting, Began: time.Now()}}
}

// change calls do with the snapshot, and tells those who watch.
func (j *Job) change(do func(*Snapshot)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	do(&j.now)
	close(j.changed)
	j.changed = make(chan struct{})
}

// Line implements words.Listener.
func (j *Job) Line(v words.Voice, text string) {
	j.change(func(s *Snapshot) {
		if len(s.Lines) >= mostLines && v != words.Stopped && v != words.Hint {
			s.Dropped++
			return
		}
		s.Lines = append(s.Lines, Line{v, text})
	})
}

// Progress implements words.Listener. Events of single files are left out.
func (j *Job) Progress(e flash.Event) {
	if e.Name != "" && e.Total > 0 {
		return
	}
	j.change(func(s *Snapshot) {
		if e.Op != j.op {
			j.op, j.opBegan, j.opOffset = e.Op, time.Now(), e.Done
		}
		s.Progress = Progress{Event: e}
		took := time.Since(j.opBegan).Seconds()
		if rate := float64(e.Done-j.opOffset) / max(took, 1); rate >= 1 {
			s.Rate = int64(rate)
			if e.Total > e.Done {
				s.Left = time.Duration(float64(e.Total-e.Done) / rate * float64(time.Second))
			}
		}
	})
}

// Passphrase implements words.Listener.
func (j *Job) Passphrase(_ context.Context, what string) (string, error) {
	if j.order.Passphrase == "" {
		return "", fmt.Errorf("%s needs a passphrase", what)
	}
	return j.order.Passphrase, nil
}

// Now returns a copy of what is known.
func (j *Job) Now() Snapshot {
	s, _ := j.Watch()
	return s
}

// Watch returns a copy of what is known, and a channel that is closed at the next change.
func (j *Job) Watch() (Snapshot, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.now
	s.Lines = slices.Clone(s.Lines)
	if s.State != Ended {
		s.Took = time.Since(s.Began)
	}
	return s, j.changed
}

// Cancel asks the job to stop, as Ctrl-C does in a terminal. It does not wait.
func (j *Job) Cancel() {
	j.change(func(s *Snapshot) { s.Canceled = s.State != Ended })
	j.cancel()
}

// Wait waits for the end of the job and returns its exit code.
func (j *Job) Wait() words.Code {
	<-j.ended
	return j.Now().Code
}

// safely runs the command. A fault of the program in one job does not end the others.
func (j *Job) safely(ctx context.Context, do Runner) (code words.Code) {
	defer func() {
		if fault := recover(); fault != nil {
			j.Line(words.Stopped, fmt.Sprintf("a fault of mtkkit: %v\n%s", fault, debug.Stack()))
			code = words.ExitFailed
		}
	}()
	return do(ctx, j.order.Args, j)
}

// run waits for its turn and runs the command.
func (j *Job) run(ctx context.Context, turn chan struct{}, do Runner) {
	defer close(j.ended)
	code := words.ExitInterrupted
	select {
	case turn <- struct{}{}:
		j.change(func(s *Snapshot) { s.State, s.Began = Running, time.Now() })
		code = j.safely(ctx, do)
		<-turn
	case <-ctx.Done():
		j.Line(words.Stopped, "interrupted before it began")
	}
	j.change(func(s *Snapshot) {
		s.State, s.Code, s.Took = Ended, code, time.Since(s.Began)
		j.order.Passphrase = ""
	})
}
