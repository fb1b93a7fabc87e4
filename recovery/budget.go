package recovery

import (
	"errors"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// budget is the number of bytes that all ramdisks of one command may unpack to, because
// all may be in memory at once.
type budget struct{ limit, left int64 }

func newBudget(limit int64) *budget {
	if limit <= 0 {
		limit = ramdisk.DefaultLimit
	}
	return &budget{limit, limit}
}

// read reads a ramdisk and subtracts its unpacked size from the budget.
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

// shown returns the total size of a ramdisk's files in a folder, in bytes. Hard links
// are separate files there, each with all the bytes.
func shown(rd *ramdisk.Ramdisk) (n int64) {
	for _, e := range rd.Entries() {
		if e.Type() == ramdisk.File {
			n += int64(len(e.Data))
		}
	}
	return n
}

// parted reports the files of an edited ramdisk that are no longer hard links.
func parted(name string, rd *ramdisk.Ramdisk) []flash.Problem {
	var out []flash.Problem
	for _, e := range rd.Parted() {
		out = append(out, flash.NewProblem(flash.Note, name, flash.NoOffset, "%s was a hard link and is a separate file now, because its other names have another content", e.Name))
	}
	return out
}

// trailed reports that bytes behind an edited ramdisk were not changed.
func trailed(name string, rd *ramdisk.Ramdisk) []flash.Problem {
	if _, plain := tailFill(rd.Trailing); plain {
		return nil
	}
	return []flash.Problem{flash.NewProblem(flash.Warning, name, flash.NoOffset, "0x%x bytes behind the ramdisk are kept unchanged: if they state the length of the ramdisk, it is no longer correct", rd.Trailing.Size())}
}
