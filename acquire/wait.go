package acquire

import (
	"fmt"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// A phone may try a bad place for minutes and say nothing meanwhile. Who waits longer than
// patience is told so, every time another tellEvery has gone by.
const (
	patience  = 5 * time.Second
	tellEvery = time.Second
)

// await takes the next value of c, which comes when the bytes at off were read.
func await[T any](d *Dump, c <-chan T, off int64) (v T, ok bool) {
	if d.job.Progress == nil {
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
			d.tellWaiting(off, time.Since(began))
			timer.Reset(tellEvery)
		}
	}
}

// tellWaiting says that nothing comes. The counts stay: done is what is done.
func (d *Dump) tellWaiting(off int64, so time.Duration) {
	d.job.Progress(flash.Event{Op: "read", Done: d.done, Total: d.total,
		Detail: fmt.Sprintf("%s, waiting for the phone at 0x%x for %v: it may be trying a place that is hard to read", d.at, off, so.Round(time.Second))})
}

// patiently waits for one reading.
func (d *Dump) patiently(off int64, read func() error) error {
	if d.job.Progress == nil {
		return read()
	}
	c := make(chan error, 1)
	go func() { c <- read() }()
	err, _ := await(d, c, off)
	return err
}

// ask reads all of b from its place and from nowhere else.
func (d *Dump) ask(img flash.Image, b []byte, off int64) error {
	return d.patiently(off, func() error { return exactly(img, b, off) })
}

// read reads all of b as it is fastest where the phone was never lost.
func (d *Dump) read(r *region, img flash.Image, b []byte, off int64) error {
	if nearLoss(r.lost, off) {
		return d.ask(img, b, off)
	}
	return d.patiently(off, func() error { return readFull(img, b, off) })
}
