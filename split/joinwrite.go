package split

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// write makes the output in this order: marker, OUT.part, the parts, the proofs, OUT.
func (j *joiner) write(ctx context.Context) error {
	f, err := startFile(j.out, j.fileOptions())
	if err != nil {
		return err
	}
	err = j.fill(ctx, f.file)
	if err == nil && j.opt.Before != nil {
		err = f.before(func() ([]byte, error) { return j.opt.Before(&j.report) })
	}
	if err != nil {
		return errors.Join(fmt.Errorf("split: %w", err), f.Abandon())
	}
	return f.Finish()
}

// fill copies every part to its offset in out and proves the whole.
func (j *joiner) fill(ctx context.Context, out *os.File) error {
	first := mover{dst: out, dense: j.opt.NoHoles}
	if err := first.prepare(j.report.Bytes); err != nil {
		return err
	}
	var total int64
	costs := make([]int64, len(j.spans))
	for i, s := range j.spans {
		if s.file != "" || j.opt.NoHoles {
			costs[i] = s.Length
		}
		total += s.Length
	}
	m := newMeter("join", total, j.opt.Progress)
	err := runJobs(ctx, costs, j.opt.Workers, func(ctx context.Context, job job, buf []byte) error {
		s := j.spans[job.index]
		t := m.task(s.name, s.Length)
		if err := j.place(ctx, out, s, job.beside, buf, t); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		t.end()
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(j.report.Unproven)
	if err := j.agree(ctx, out); err != nil {
		return err
	}
	if !j.opt.WholeHash {
		return nil
	}
	return j.wholeHash(ctx, out)
}

// place copies one span to its offset and compares its hash.
func (j *joiner) place(ctx context.Context, out *os.File, s span, aside bool, buf []byte, t *task) error {
	src, done, err := j.content(s)
	if err != nil {
		return err
	}
	defer done()
	m := mover{ctx: ctx, src: src, dst: out, at: s.Offset, dense: j.opt.NoHoles, noClone: &j.noClone, buf: buf, meter: t}
	if s.sum != "" && s.head == 0 {
		m.sum, m.beside = newSum(t), aside
	}
	if err := m.run(); err != nil {
		return err
	}
	if err := j.prove(ctx, s, m.sum); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if s.file != "" {
		j.report.Files++
		if s.sum == "" {
			j.report.Unproven = append(j.report.Unproven, s.file)
		}
	}
	j.report.Shared = j.report.Shared || m.shared
	return nil
}

// content opens the bytes of a span.
func (j *joiner) content(s span) (img flash.Image, done func() error, err error) {
	if s.file == "" {
		return zeroImage(s.Length), func() error { return nil }, nil
	}
	p, err := j.open(s)
	if err != nil {
		return nil, nil, err
	}
	if s.head == 0 {
		return p, p.Close, nil
	}
	return flash.Slice(p, flash.Extent{Offset: s.head, Length: s.Length}), p.Close, nil
}

// prove compares a part with its hash: with the sum of the copied bytes, or, if only the end of
// the file was copied, with a new sum of the file.
func (j *joiner) prove(ctx context.Context, s span, copied *sum) (err error) {
	var got string
	switch {
	case copied != nil:
		got, err = copied.hex(ctx)
	case s.sum != "":
		var p *partFile
		if p, err = j.open(s); err != nil {
			return err
		}
		defer p.Close()
		got, err = Sum(ctx, s.file, p, nil)
	}
	if err == nil && got != s.sum {
		err = fmt.Errorf("%s differs from what was split: its sha-256 is %s, the manifest has %s", s.file, got, s.sum)
	}
	return err
}

// agree compares the parts that overlap others with the result. If two parts have different
// bytes for the same offset, one of them differs from the result.
func (j *joiner) agree(ctx context.Context, out *os.File) error {
	for _, s := range j.spans {
		if !s.overlaps {
			continue
		}
		if err := j.agreeOne(ctx, out, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (j *joiner) agreeOne(ctx context.Context, out *os.File, s span) error {
	src, done, err := j.content(s)
	if err != nil {
		return err
	}
	defer done()
	whole := &partFile{out, disk.Sized(j.report.Bytes)}
	at, err := flash.FirstDifference(ctx, src, flash.Slice(whole, s.Extent))
	if at >= 0 {
		return fmt.Errorf("overlaps another part and has different bytes, from 0x%x on", s.Offset+at)
	}
	return err
}

// wholeHash computes the hash of the result from the file.
func (j *joiner) wholeHash(ctx context.Context, out *os.File) error {
	m := newMeter("hash", j.report.Bytes, j.opt.Progress)
	t := m.task(filepath.Base(j.out), j.report.Bytes)
	mv := mover{ctx: ctx, src: &partFile{out, disk.Sized(j.report.Bytes)}, sum: newSum(t), beside: true}
	if err := mv.pass(nil); err != nil {
		return err
	}
	got, err := mv.sum.hex(ctx)
	if err != nil {
		return err
	}
	t.end()
	j.report.SHA256 = got
	if want := j.report.Source.SHA256; want != "" && want != got {
		return fmt.Errorf("the result differs from what was split: its sha-256 is %s, the manifest has %s", got, want)
	}
	return nil
}

// zeroImage is an image of zeros; its value is the number of bytes.
type zeroImage int64

func (z zeroImage) Size() int64 { return int64(z) }

func (z zeroImage) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	return len(p), nil
}

func (z zeroImage) NextData(int64) (flash.Extent, error) { return flash.Extent{Offset: int64(z)}, nil }
