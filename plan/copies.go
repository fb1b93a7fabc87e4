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

// Copies are files that a split can make in addition to the whole slices. They have their own
// kinds in the manifest ("trimmed", "sparse"), which join ignores.
type Copies struct {
	Trim       bool  // each image cut to its true length, if this is proven
	Sparse     bool  // file systems as Android sparse files
	SparseSize int64 // size limit of a sparse file, bytes; 0: none
}

// sparseBlock is the block size of Android sparse files, bytes.
const sparseBlock = 4096

// AddCopies plans copies of the files in the plan. Only partitions that are whole get a copy,
// because half a partition is no image to flash. Call it before Outputs, Record and Scatter. It
// reads all data that are to be copied, without holes; for a large dump this takes as long as a
// copy. Progress, if not nil, gets events. Errors are those of reading, of ctx, and a SparseSize
// smaller than a block.
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

// copied reports whether the item can have copies.
func (it Item) copied() bool {
	return it.Kind == flash.KindPartition && it.Write && it.State(it.Unread) == flash.StateStored
}

// watcher reports the progress of reading all items, and stops it when ctx ends.
type watcher struct {
	ctx                 context.Context
	tell                func(flash.Event)
	before, done, total int64 // bytes: in the items before this one, read so far, in all items
}

func (w *watcher) look(done int64) error {
	w.done = max(w.done, w.before+done) // one item may be read twice
	if w.tell != nil {
		w.tell(flash.Event{Op: "look", Done: w.done, Total: w.total})
	}
	return w.ctx.Err()
}

// trim plans the copy of true length. The length in the header is not enough: all bytes behind
// it must be erased flash, or a signature, a verity tree or a crypto footer would be lost. A
// partition with the phone's identity stays whole. With an AVB footer the whole slice is content
// (image.Content).
func (p *Plan) trim(it Item, c image.Content, look func(int64) error) ([]Item, error) {
	if c.Length <= 0 || c.Length >= it.Present || scatter.Defaults(it.Name, p.dev.Storage).Private {
		return nil, nil
	}
	end, at, err := image.Behind(it.Image, c.Length, look)
	if err != nil {
		return nil, fmt.Errorf("plan: %s: %w", it.Name, err)
	}
	if at < it.Present {
		p.tell(flash.Note, it.Row, "has no trimmed copy: its length in the header is %s, but there are data at 0x%x", flash.Size(end), it.Offset+at)
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

// isFileSystem reports whether Android flashes an image of this kind as a sparse file.
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
		p.tell(flash.Note, it.Row, "has no sparse file: its size 0x%x is not a multiple of %d", it.Present, sparseBlock)
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

// copyOf makes the entry of a file with a range of an item, with a mark in its name: boot.img,
// boot.trimmed.img. The witness is the content that makes the copy possible.
func (p *Plan) copyOf(it Item, kind flash.Kind, mark string, c image.Content, e flash.Extent) Item {
	own := Item{Write: true, ManifestEntry: it.ManifestEntry}
	own.Kind, own.Witness, own.File = kind, flash.Witness(c.Kind.String()), p.taken.take(marked(it.File, mark))
	own.Offset, own.Length, own.Present = it.Offset+e.Offset, e.Length, e.Length
	return own
}

// marked inserts a mark before the extension of a file name.
func marked(file, mark string) string {
	ext := path.Ext(file)
	return strings.TrimSuffix(file, ext) + "." + mark + ext
}
