package plan

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/scatter"
)

// Copies are the files a split can make beside the whole slices. They are of kinds of
// their own in the manifest ("trimmed", "sparse"), which join needs nothing of.
type Copies struct {
	Trim       bool  // each image cut to its true length, where that is proven
	Sparse     bool  // file systems as Android sparse files
	SparseSize int64 // the most one sparse file may take, bytes; 0: any size
}

// sparseBlock is the block of Android's sparse files.
const sparseBlock = 4096

// AddCopies plans the copies of what the plan already writes: of partitions that are
// whole, for half of one is no image to flash. It comes before Outputs, Record and
// Scatter. It looks through all that is to be copied, past the holes, which for
// a large dump takes as long as a pass over it; progress, when not nil, hears of it.
// Errors are those of reading, of ctx, and of a SparseSize too small for a block.
func (p *Plan) AddCopies(ctx context.Context, want Copies, progress func(flash.Event)) error {
	if !want.Trim && !want.Sparse {
		return nil
	}
	w := watcher{ctx: ctx, tell: progress}
	for _, it := range p.Items {
		if it.copied() {
			w.total += it.Present
		}
	}
	var items []Item
	for _, it := range p.Items {
		items = append(items, it)
		if !it.copied() {
			continue
		}
		c := image.Sniff(it.Image)
		if want.Trim {
			more, err := p.trim(it, c, w.look)
			if err != nil {
				return err
			}
			items = append(items, more...)
		}
		if want.Sparse && isFileSystem(c.Kind) {
			more, err := p.sparse(it, c, want.SparseSize, w.look)
			if err != nil {
				return err
			}
			items = append(items, more...)
		}
		w.before += it.Present
	}
	p.Items = items
	return nil
}

// copied reports whether there can be copies of the item.
func (it Item) copied() bool {
	return it.Kind == flash.KindPartition && it.Write && it.State(it.Unread) == flash.StateStored
}

// watcher reports how far the look through all items has come, and ends it with ctx.
type watcher struct {
	ctx                 context.Context
	tell                func(flash.Event)
	before, done, total int64 // bytes: of the items before this one, so far, of all
}

func (w *watcher) look(done int64) error {
	w.done = max(w.done, w.before+done) // one item may be looked through twice
	if w.tell != nil {
		w.tell(flash.Event{Op: "look", Done: w.done, Total: w.total})
	}
	return w.ctx.Err()
}

// trim plans the copy of true length. The header's word is not enough: all that
// follows must be erased flash, or a signature, a verity tree or a crypto footer would
// be lost. What carries the phone's identity stays whole; an AVB footer makes the
// whole slice content (image.Content).
func (p *Plan) trim(it Item, c image.Content, look func(int64) error) ([]Item, error) {
	if c.Length <= 0 || c.Length >= it.Present || scatter.Defaults(it.Name, p.dev.Storage).Private {
		return nil, nil
	}
	end, at, err := image.Behind(it.Image, c.Length, look)
	if err != nil {
		return nil, fmt.Errorf("plan: %s: %w", it.Name, err)
	}
	if at < it.Present {
		p.tell(flash.Note, it.Row, "has no trimmed copy: its header gives it %s, but data follow at 0x%x", flash.Size(end), it.Offset+at)
		return nil, nil
	}
	if end == it.Present {
		return nil, nil
	}
	own := p.copyOf(it, flash.KindTrimmed, "trimmed", c, flash.Extent{Length: end})
	own.Image = flash.Slice(it.Image, flash.Extent{Length: end})
	p.trimmed[it.File] = own.File
	return []Item{own}, nil
}

// isFileSystem names the kinds that Android flashes as sparse files.
func isFileSystem(k image.Kind) bool {
	switch k {
	case image.Ext4, image.F2FS, image.EROFS, image.SquashFS, image.Super:
		return true
	}
	return false
}

// sparse plans the sparse file of a slice, or its pieces: NAME.sparse.1.img and so on.
func (p *Plan) sparse(it Item, c image.Content, limit int64, look func(int64) error) ([]Item, error) {
	if it.Present%sparseBlock != 0 {
		p.tell(flash.Note, it.Row, "has no sparse file: its 0x%x bytes are no multiple of %d", it.Present, sparseBlock)
		return nil, nil
	}
	view, err := image.NewSparseView(it.Image, sparseBlock, look)
	if err != nil {
		return nil, fmt.Errorf("plan: %s: %w", it.Name, err)
	}
	pieces := []*image.SparseView{view}
	if limit > 0 {
		if pieces, err = view.Pieces(limit); err != nil {
			return nil, fmt.Errorf("plan: %s: %w", it.Name, err)
		}
	}
	var items []Item
	for i, piece := range pieces {
		mark := "sparse"
		if len(pieces) > 1 {
			mark = fmt.Sprintf("sparse.%d", i+1)
		}
		own := p.copyOf(it, flash.KindSparse, mark, c, piece.Extent())
		own.Image = piece
		items = append(items, own)
	}
	return items, nil
}

// copyOf makes the entry of a file that stands for a range of it, with a mark in its
// name: boot.img, boot.trimmed.img. The witness is the content that makes it possible.
func (p *Plan) copyOf(it Item, kind flash.Kind, mark string, c image.Content, e flash.Extent) Item {
	own := Item{Write: true, ManifestEntry: it.ManifestEntry}
	own.Kind, own.Witness, own.File = kind, flash.Witness(c.Kind.String()), p.taken.take(marked(it.File, mark))
	own.Offset, own.Length, own.Present = it.Offset+e.Offset, e.Length, e.Length
	return own
}

// marked puts a mark before the extension of a file name.
func marked(file, mark string) string {
	ext := path.Ext(file)
	return strings.TrimSuffix(file, ext) + "." + mark + ext
}
