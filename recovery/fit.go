package recovery

import "github.com/mtkkit/mtkkit/flash"

// fit makes the image and fits it to its partition: the image must not be larger, and
// it gets an AVB footer if the stock image had one.
func (b *builder) fit() (flash.Image, error) {
	tail := sortTail(b.stock.Tail)
	b.stock.Tail = nil
	img, err := b.stock.Encode()
	if err != nil {
		return nil, err
	}
	img = tail.after(img)
	for _, name := range tail.names {
		b.step(name, b.opt.Stock.Name, "it follows the image, as in the stock image")
	}
	room := int64(0)
	if row := b.opt.Phone.Row("recovery"); row != nil {
		room = row.Length
	}
	if room > 0 && img.Size() > room {
		return nil, refuse("the new recovery has 0x%x bytes (%s), but the partition has 0x%x (%s): a smaller donor is needed",
			img.Size(), flash.Size(img.Size()), room, flash.Size(room))
	}
	if room == 0 {
		b.problem(flash.Warning, "size", "0x%x bytes; the size of the recovery partition is not known, because there is no table", img.Size())
	}
	if room == 0 {
		room = b.opt.Stock.Image.Size()
	}
	whole, old, err := refooted(img, b.opt.Stock.Image, room, map[string]string{"boot": "recovery"}[b.role])
	if err != nil {
		return nil, refuse("%s", err)
	}
	if old != nil {
		b.step("AVB footer", b.opt.Stock.Name, "it is new, for the partition's size, and unsigned")
		b.problem(flash.Warning, "AVB", "the stock image's footer was signed (%s), but the new one is not: %s", old.Algorithm, unsigned)
		if len(tail.signed) > 0 {
			b.problem(flash.Warning, b.opt.Stock.Name, "left out, because it belongs to the stock image: %s", tail.what())
		}
		return whole, nil
	}
	b.leaveOut(tail)
	return img, nil
}

// leaveOut reports the bytes behind the stock image that are left out.
func (b *builder) leaveOut(tail behind) {
	if _, plain := tailFill(tail.rest); plain {
		return
	}
	const signature = 64 // a signature is directly behind the image
	if _, plain := tailFill(flash.Slice(tail.rest, flash.Extent{Length: signature})); plain && len(tail.signed) == 0 {
		b.problem(flash.Note, b.opt.Stock.Name, "the rest of the partition is not empty: it is probably the rest of an older image; it is left out")
		return
	}
	b.problem(flash.Warning, b.opt.Stock.Name, "0x%x bytes follow the image, %s; they are left out: a phone that checks them will not start this recovery", tail.rest.Size(), tail.what())
}
