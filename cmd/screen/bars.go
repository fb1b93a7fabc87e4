package screen

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// plainEvery is the time between two lines of progress if there is no terminal.
const plainEvery = 5 * time.Second

// Bars shows progress events on standard error: as a bar on a terminal, as a line every 5 seconds
// elsewhere, or as one JSON object per line. A nil *Bars shows nothing.
type Bars struct {
	to   words.Listener // hears the events instead; may be nil
	mu   sync.Mutex
	w    io.Writer
	mode string // "bar", "plain", "json"
	bar  *progressbar.ProgressBar
	op   string
	last time.Time

	began time.Time // start of this operation
	first int64     // bytes that were done at its start
}

// Mode says how progress is shown.
type Mode string

// The modes. Auto is a bar on a terminal, otherwise the same as Plain: a line every 5 seconds.
const (
	Auto  Mode = "auto"
	Plain Mode = "plain"
	JSON  Mode = "json"
	None  Mode = "none"
)

// newBars returns the Bars for a mode, nil if no progress is shown.
func newBars(s *Screen, mode Mode) *Bars {
	if s.Listener != nil {
		return &Bars{to: s.Listener}
	}
	show := string(mode)
	switch mode {
	case Auto, "":
		if s.Quiet || s.JSON && !s.ErrTTY {
			return nil
		}
		show = "plain"
		if s.ErrTTY {
			show = "bar"
		}
	case None:
		return nil
	}
	return &Bars{w: s.Err, mode: show, last: time.Now()}
}

// Event shows one event. As bar or plain text, it shows only events of a whole operation.
func (p *Bars) Event(e flash.Event) {
	if p == nil {
		return
	}
	if p.to != nil {
		p.to.Progress(e)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.op != e.Op {
		p.began, p.first = time.Now(), e.Done
	}
	switch p.mode {
	case "json":
		b, _ := json.Marshal(e)
		fmt.Fprintf(p.w, "%s\n", b)
	case "plain":
		if e.Name == "" && time.Since(p.last) >= plainEvery {
			p.last = time.Now()
			fmt.Fprintf(p.w, "%s: %s%s\n", e.Op, amount(e), pace(e, p.first, time.Since(p.began)))
		}
		p.op = e.Op
	case "bar":
		if e.Name != "" && e.Total > 0 {
			return
		}
		p.draw(e)
	}
}

func (p *Bars) draw(e flash.Event) {
	if p.bar == nil || p.op != e.Op {
		total := e.Total
		if total == 0 {
			total = -1
		}
		p.op = e.Op
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(e.Op),
			progressbar.OptionShowBytes(true), progressbar.OptionUseIECUnits(true), progressbar.OptionFullWidth(),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	if e.Detail != "" {
		p.bar.Describe(e.Op + " " + words.OneLine(e.Detail))
	}
	_ = p.bar.Set64(e.Done)
}

// Clear removes the bar, before a line is printed.
func (p *Bars) Clear() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}

// pace returns speed, remaining time and detail as text; a bar shows the first two itself.
func pace(e flash.Event, first int64, took time.Duration) (s string) {
	if rate := float64(e.Done-first) / max(took.Seconds(), 1); e.Total > 0 && rate > 0 {
		left := time.Duration(float64(e.Total-e.Done) / rate * float64(time.Second)).Round(time.Second)
		s = fmt.Sprintf(", %s/s, %v left", flash.Size(int64(rate)), max(left, 0))
	}
	if e.Detail != "" {
		s += ": " + words.OneLine(e.Detail)
	}
	return s
}

func amount(e flash.Event) string {
	if e.Total == 0 {
		return flash.Size(e.Done).String()
	}
	return fmt.Sprintf("%s of %s (%d %%)", flash.Size(e.Done), flash.Size(e.Total), 100*e.Done/e.Total)
}
