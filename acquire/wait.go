package acquire

import (
	"fmt"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// A phone may try a bad range for minutes and say nothing meanwhile. Who waits longer than
// patience is told so, every time another tellEvery has gone by.
const (
	patience  = 5 * time.Second
	tellEvery = time.Second
)

// await takes the next value of c; tell, which may be nil, is told for how long it has not come.
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

// teller says through progress, which may be nil, that the bytes at off of what e names are
// waited for. The counts stay: done is what is done.
func teller(progress func(flash.Event), e flash.Event, off int64) func(time.Duration) {
	if progress == nil {
		return nil
	}
	at := e.Detail
	return func(so time.Duration) {
		e.Detail = fmt.Sprintf("%s, waiting for the phone at 0x%x for %v: it may be trying a place that is hard to read", at, off, so.Round(time.Second))
		progress(e)
	}
}

// Patiently reads once, and says through progress, which may be nil, when that takes long.
// Detail of e names what is read, off is where.
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

// waiting is what is said of the waiting for the bytes at off.
func (d *Dump) waiting(off int64) func(time.Duration) {
	return teller(d.job.Progress, d.reading(), off)
}

// reading is the event of a step that has not come to its end.
func (d *Dump) reading() flash.Event {
	return flash.Event{Op: "read", Done: d.done, Total: d.total, Detail: d.at}
}

// ask reads all of b from its place and from nowhere else.
func (d *Dump) ask(img flash.Image, b []byte, off int64) error {
	return Patiently(d.job.Progress, d.reading(), off, func() error { return exactly(img, b, off) })
}

// read reads all of b as it is fastest where the phone was never lost.
func (d *Dump) read(r *region, img flash.Image, b []byte, off int64) error {
	if nearLoss(r.lost, off) {
		return d.ask(img, b, off)
	}
	return Patiently(d.job.Progress, d.reading(), off, func() error { return flash.ReadInto(img, b, off) })
}
