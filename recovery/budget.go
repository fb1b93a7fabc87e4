package recovery

import (
	"errors"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// budget is what all ramdisks of one command may unpack to, for all may be held at once.
type budget struct{ limit, left int64 }

func newBudget(limit int64) *budget {
	if limit <= 0 {
		limit = ramdisk.DefaultLimit
	}
	return &budget{limit, limit}
}

// read reads a ramdisk; what it unpacks to is taken off the budget.
func (b *budget) read(img flash.Image) (*ramdisk.Ramdisk, error) {
	rd, err := ramdisk.Read(img, max(b.left, 1)) // 0 would be the usual limit
	if _, ok := errors.AsType[*ramdisk.LimitError](err); ok {
		return nil, &ramdisk.LimitError{Limit: b.limit}
	}
	if err != nil {
		return nil, err
	}
	for _, s := range rd.Segments {
		b.left -= s.Unpacked
	}
	return rd, nil
}

// shown is how many bytes the files of a ramdisk have in a folder: hard links are files
// there, each with all the bytes.
func shown(rd *ramdisk.Ramdisk) (n int64) {
	for _, e := range rd.Entries() {
		if e.Type() == ramdisk.File {
			n += int64(len(e.Data))
		}
	}
	return n
}

// parted names the files of an edited ramdisk that are no hard links any more.
func parted(name string, rd *ramdisk.Ramdisk) []flash.Problem {
	var out []flash.Problem
	for _, e := range rd.Parted() {
		out = append(out, flash.NewProblem(flash.Note, name, flash.NoOffset, "%s was a hard link and is a file of its own now: its other names are not as it is", e.Name))
	}
	return out
}

// trailed says that bytes behind an edited ramdisk stayed as they were.
func trailed(name string, rd *ramdisk.Ramdisk) []flash.Problem {
	if _, plain := tailFill(rd.Trailing); plain {
		return nil
	}
	return []flash.Problem{flash.NewProblem(flash.Warning, name, flash.NoOffset, "0x%x bytes that follow the ramdisk are kept as they were: what they state of it, its length perhaps, is not true any more", rd.Trailing.Size())}
}
