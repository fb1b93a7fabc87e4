package backup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"runtime"

	"github.com/mtkkit/mtkkit/flash"
)

// ZipWriter writes a zip archive, for systems without tar and zstd. It has no holes (zeros take
// a thousandth of their size) and no index of chunks.
type ZipWriter struct {
	z    *zip.Writer
	opt  Options
	done int64
	err  error
}

// NewZipWriter starts a zip archive. The level is that of deflate, 1 to 9.
func NewZipWriter(out io.Writer, opt Options) (*ZipWriter, error) {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	pool, err := newDeflatePool(opt.Level, min(opt.Workers, maxWorkers))
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	w := &ZipWriter{z: zip.NewWriter(out), opt: opt}
	w.z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return pool.start(out), nil })
	return w, nil
}

// Finish writes the archive's directory.
func (w *ZipWriter) Finish() error {
	if w.err == nil {
		if err := w.z.Close(); err != nil {
			w.err = fmt.Errorf("backup: %w", err)
		}
	}
	if w.err != nil {
		return w.err
	}
	w.err = errors.New("backup: the archive is already finished")
	return nil
}

// Copy writes outputs as members, in their order.
func (w *ZipWriter) Copy(ctx context.Context, outputs []flash.Output) ([]Result, error) {
	var results []Result
	for _, o := range outputs {
		if w.err != nil {
			return nil, w.err
		}
		r, err := w.add(ctx, o)
		if err != nil {
			w.err = fmt.Errorf("backup: %s: %w", o.Name, err)
			return nil, w.err
		}
		results = append(results, r)
	}
	return results, nil
}

// add writes one member.
func (w *ZipWriter) add(ctx context.Context, o flash.Output) (Result, error) {
	r := Result{Name: o.Name, Size: o.Image.Size()}
	if err := flash.CheckFilePath(o.Name); err != nil {
		return r, err
	}
	data, err := knownData(o.Image)
	if err == nil && o.OmitZero { // must be known before the member is started
		data, err = findData(ctx, o.Image)
	}
	if err != nil {
		return r, err
	}
	if r.Omitted = o.OmitZero && len(data) == 0; r.Omitted {
		r.Zero = true
		return r, nil
	}
	out, err := w.z.CreateHeader(&zip.FileHeader{Name: o.Name, Method: zip.Deflate, Modified: w.opt.Created})
	if err != nil {
		return r, err
	}
	s := &zipMember{ctx: ctx, w: w, out: out, sum: sha256.New(), r: &r}
	if err := s.stream(o.Image, data); err != nil {
		return r, err
	}
	if err := flash.Check(o.Image); err != nil {
		return r, err
	}
	r.SHA256 = hex.EncodeToString(s.sum.Sum(nil))
	return r, nil
}

// zipMember is a member that is being written.
type zipMember struct {
	ctx context.Context
	w   *ZipWriter
	out io.Writer
	sum hash.Hash
	r   *Result
	at  int64
}

// stream writes an image from start to end; it does not read holes.
func (s *zipMember) stream(img flash.Image, data []flash.Extent) error {
	buf := make([]byte, scanBlock)
	for _, d := range data {
		if err := s.hole(d.Offset); err != nil {
			return err
		}
		for s.at < d.End() {
			b := buf[:min(scanBlock, d.End()-s.at)]
			if err := flash.ReadInto(img, b, s.at); err != nil {
				return err
			}
			s.r.DataBytes += int64(len(b))
			if err := s.put(b); err != nil {
				return err
			}
		}
	}
	return s.hole(img.Size())
}

func (s *zipMember) hole(to int64) error {
	for s.at < to {
		if err := s.put(zeros[:min(scanBlock, to-s.at)]); err != nil {
			return err
		}
	}
	return nil
}

func (s *zipMember) put(b []byte) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	s.sum.Write(b)
	if _, err := s.out.Write(b); err != nil {
		return err
	}
	s.at += int64(len(b))
	if s.w.done += int64(len(b)); s.w.opt.Progress != nil {
		s.w.opt.Progress(flash.Event{Op: "backup", Name: s.r.Name, Done: s.at, Total: s.r.Size})
		s.w.opt.Progress(flash.Event{Op: "backup", Done: s.w.done, Total: s.w.opt.Total})
	}
	return nil
}
