package acquire

import (
	"fmt"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// A phone may try a bad range for minutes without an answer. After patience, progress reports the
// wait, and again every tellEvery.
const (
	patience  = 5 * time.Second
	tellEvery = time.Second
)

// await receives the next value of c. While it waits, it calls tell, which may be nil, with the
// time so far.
func await[T any](c <-chan T, tell func(so time.Duration)) (v T, ok bool) {
	if tell == nil {
		v, ok = <-c
		return v, ok
	}
	began := time.Now()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case v, ok = <-c:
			return v, ok
		case <-timer.C:
			tell(time.Since(began))
			timer.Reset(tellEvery)
		}
	}
}

// teller returns a function for await that reports a wait for the bytes at off to progress. The
// counts of e do not change. It returns nil if progress is nil.
func teller(progress func(flash.Event), e flash.Event, off int64) func(time.Duration) {
	if progress == nil {
		return nil
	}
	at := e.Detail
	return func(so time.Duration) {
		e.Detail = fmt.Sprintf("%s, waiting for the phone at 0x%x for %v: it may be retrying a bad range", at, off, so.Round(time.Second))
		progress(e)
	}
}

// Patiently calls read once. If it takes longer than 5 seconds, it reports the wait to progress,
// which may be nil. Detail of e names what is read; off is the offset, bytes.
func Patiently(progress func(flash.Event), e flash.Event, off int64, read func() error) error {
	tell := teller(progress, e, off)
	if tell == nil {
		return read()
	}
	c := make(chan error, 1)
	go func() { c <- read() }()
	err, _ := await(c, tell)
	return err
}

// waiting returns the function that reports a wait for the bytes at off.
func (d *Dump) waiting(off int64) func(time.Duration) {
	return teller(d.job.Progress, d.reading(), off)
}

// reading returns the progress event of a step that has not ended.
func (d *Dump) reading() flash.Event {
	return flash.Event{Op: "read", Done: d.done, Total: d.total, Detail: d.at}
}

// ask fills b from off and lets the device read nothing around it. It reports a long wait.
func (d *Dump) ask(img flash.Image, b []byte, off int64) error {
	return Patiently(d.job.Progress, d.reading(), off, func() error { return exactly(img, b, off) })
}

// read fills b from off. Only near a range where the phone was lost does it avoid reading ahead.
func (d *Dump) read(r *region, img flash.Image, b []byte, off int64) error {
	if nearLoss(r.lost, off) {
		return d.ask(img, b, off)
	}
	return Patiently(d.job.Progress, d.reading(), off, func() error { return flash.ReadInto(img, b, off) })
}
