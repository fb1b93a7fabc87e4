package acquire

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// doubting gives wrong bytes, and says so only when it comes to the end of its window.
type doubting struct {
	*fake
	wrong, window flash.Extent
}

type doubtError struct{ flash.Extent }

func (e doubtError) Error() string         { return "the bytes came changed" }
func (e doubtError) Doubted() flash.Extent { return e.Extent }

func (d *doubting) ReadAt(p []byte, off int64) (int, error) {
	if off >= d.window.End() {
		return 0, doubtError{d.window}
	}
	n, err := d.fake.ReadAt(p, off)
	if d.wrong.Overlaps(flash.Extent{Offset: off, Length: int64(len(p))}) {
		p[0] ^= 1
	}
	return n, err
}

// What turns out not to be what the phone holds is read again, though it was taken in.
func TestDoubtedIsReadAgain(t *testing.T) {
	p, dir := newPhone(11), filepath.Join(t.TempDir(), "dump")
	job := p.job()
	job.ReadTwice, job.Live = nil, true
	job.Device.Parts[0].Image = &doubting{p.user, flash.Extent{Offset: 9 << 20, Length: 1}, flash.Extent{Offset: 8 << 20, Length: 8 << 20}}
	if _, _, err := acquire(t, dir, job); !errors.As(err, new(doubtError)) {
		t.Fatal(err)
	}
	job = p.job()
	job.Live = true
	if _, done, err := resume(t, dir, job); err != nil || !done {
		t.Fatal(done, err)
	}
	same(t, dir, "ROM_1", p.user.b)
}
