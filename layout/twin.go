package layout

import (
	"bytes"

	"github.com/mtkkit/mtkkit/flash"
)

// twinReach is how far a second copy of the first table sector is searched for. A read that
// started again after an error, or that was too long, repeats the start of the dump there.
const twinReach = 32 << 20

// lookForTwin warns if a dump has its own start twice: two reads in one file, or a read that
// started again. A GPT shows this by its size. An MBR does not, and every partition behind the
// repeated part would be cut out at a wrong offset.
func (l *Layout) lookForTwin(img flash.Image) {
	first, err := flash.ReadFull(img, 0, 512)
	if err != nil || l.Generation != flash.GenerationEBR {
		return
	}
	if at := findSector(img, first, 512, min(twinReach, l.Have)); at > 0 {
		l.warnTwin(at)
	} else if half := l.Have / 2; half%512 == 0 {
		if second, err := flash.ReadFull(img, half, 512); err == nil && bytes.Equal(first, second) {
			l.warnTwin(half)
		}
	}
}

func (l *Layout) warnTwin(at int64) {
	l.Problems.AddAt(flash.Error, string(l.User), at, "the MBR is here a second time: the file has the start of the dump twice, and the bytes behind may be at wrong offsets")
}

// findSector returns the first offset in [from, to) with the bytes of the sector, -1 if there is
// none. It does not read holes.
func findSector(img flash.Image, sector []byte, from, to int64) int64 {
	buf := make([]byte, 1<<20)
	for off := from; off < to; {
		d, err := flash.NextData(img, off)
		if err != nil || d.Length == 0 {
			return -1
		}
		off = max(off, d.Offset/512*512)
		n, _ := img.ReadAt(buf[:min(int64(len(buf)), max(to-off, 0))], off)
		for i := 0; i+512 <= n; i += 512 {
			if bytes.Equal(buf[i:i+512], sector) {
				return off + int64(i)
			}
		}
		if n < 512 {
			return -1
		}
		off += int64(n / 512 * 512)
	}
	return -1
}
