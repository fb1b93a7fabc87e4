package parity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// sidecar is an opened sidecar.
type sidecar struct {
	header
	f *os.File

	page     []byte
	number   int64 // of the current page, -1 for none
	ok       bool  // the page's sum is right
	damaged  int64 // number of pages of sums with one or two damaged copies
	lost     int64 // number of pages with two damaged copies
	problems flash.Problems
}

// openSidecar opens a sidecar and checks its header and sums. Damage of these is a Problem, as
// long as one copy of the sums can be read.
func openSidecar(path string) (*sidecar, error) {
	f, err := disk.OpenPlain(path)
	if err != nil {
		return nil, fmt.Errorf("parity: %w", err)
	}
	s, err := readSidecar(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func readSidecar(f *os.File) (*sidecar, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	h, err := findHeader(f, st.Size())
	if err != nil {
		return nil, err
	}
	// So everything that the header counts is in the file.
	if st.Size() < h.headerAt() {
		return nil, &flash.FormatError{Format: "parity", Offset: st.Size(), Text: fmt.Sprintf("the sidecar is cut within its sums, which end at 0x%x", h.headerAt())}
	}
	s := &sidecar{header: *h, f: f, page: make([]byte, pageSize), number: -1}
	if st.Size() != h.total() {
		s.tell(flash.Warning, flash.NoOffset, "the sidecar has 0x%x bytes instead of 0x%x", st.Size(), h.total())
	}
	for _, at := range []int64{0, h.headerAt(), h.lastHeaderAt()} {
		b := make([]byte, pageSize)
		_, _ = f.ReadAt(b, at)
		if again, err := decodeHeader(b); (err != nil || *again != *h) && at+pageSize <= st.Size() {
			s.tell(flash.Warning, at, "one of three headers of the sidecar is damaged")
		}
	}
	return s, s.checkSums()
}

func (s *sidecar) tell(sev flash.Severity, at int64, format string, a ...any) {
	s.problems.AddAt(sev, "sidecar", at, format, a...)
}

// checkSums reads both copies of all pages of sums once.
func (s *sidecar) checkSums() error {
	root := sha256.New()
	for i := range s.pages() {
		holds := 0
		for _, at := range []int64{s.sumsAgainAt(), s.sumsAt()} {
			if s.readPage(i, at) {
				holds++
			}
		}
		if holds < 2 {
			s.damaged++
		}
		if holds == 0 {
			s.lost++
		}
		if holds == 1 {
			s.load(i)
		}
		root.Write(s.page[:min(s.sums()-i*sumsInPage, sumsInPage)*sha256.Size])
	}
	s.number = -1
	if s.damaged > 0 {
		s.tell(flash.Warning, flash.NoOffset, "%d of %d pages of sums are damaged in one of their copies, %d in both", s.damaged, s.pages(), s.lost)
	}
	if s.lost == 0 && [sha256.Size]byte(root.Sum(nil)) != s.root {
		return &flash.FormatError{Format: "parity", Offset: flash.NoOffset, Text: "its sums do not belong to its header: it is put together from two sidecars"}
	}
	return nil
}

// readPage reads a page of sums from one copy, and reports whether its sum is right.
func (s *sidecar) readPage(number, copyAt int64) bool {
	if n, err := s.f.ReadAt(s.page, copyAt+number*pageSize); n < pageSize && err != nil {
		return false
	}
	return pageSum(s.page, number) == [sha256.Size]byte(s.page[pageSize-sha256.Size:])
}

// load makes a page the current one, from a copy that is undamaged.
func (s *sidecar) load(number int64) {
	s.number = number
	s.ok = s.readPage(number, s.sumsAt()) || s.readPage(number, s.sumsAgainAt())
}

// sum returns the sum of a block; false if neither copy can be read.
func (s *sidecar) sum(i int64) (sum [sha256.Size]byte, ok bool) {
	if s.number != i/sumsInPage {
		s.load(i / sumsInPage)
	}
	copy(sum[:], s.page[i%sumsInPage*sha256.Size:])
	return sum, s.ok
}

// holds reports whether b is the undamaged block i.
func (s *sidecar) holds(i int64, b []byte) bool {
	want, ok := s.sum(i)
	return ok && sha256.Sum256(b) == want
}

// readParity reads parity block j of a stripe; nil if it is lost.
func (s *sidecar) readParity(stripe int64, j int) []byte {
	at := s.parityBlock(stripe, j)
	b := make([]byte, blockSize)
	if n, err := s.f.ReadAt(b, s.parityAt()+at*blockSize); n < blockSize && err != nil && err != io.EOF || n < blockSize {
		return nil
	}
	if !s.holds(s.blocks()+at, b) {
		return nil
	}
	return b
}

// checkParity reads all parity blocks, because a damaged sidecar can repair less.
func (s *sidecar) checkParity(ctx context.Context) error {
	bad := 0
	for j := range s.parity {
		for stripe := range s.stripes() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if s.readParity(stripe, j) == nil {
				bad++
			}
		}
	}
	if bad > 0 {
		s.tell(flash.Warning, flash.NoOffset, "%d of %d parity blocks are damaged: the sidecar can repair less than before", bad, int64(s.parity)*s.stripes())
	}
	return nil
}
