package words

import (
	"fmt"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/flash"
)

// ArchiveVerdict returns the sentence for the verdict on an archive.
func ArchiveVerdict(r *archive.Verdict) string {
	if r.State == archive.Broken {
		return "BROKEN: the files named above are lost, the rest is as it was written"
	}
	sentence := fmt.Sprintf("complete and unchanged: %d files, %s", r.Files, flash.Size(r.Bytes))
	if r.State == archive.Partial {
		sentence = fmt.Sprintf("partial: %d files are as they were packed, but they are not all of the dump", r.Files)
	}
	if l := r.Locked; l.Opened > 0 && l.Opened == l.All {
		sentence += ", and the key opens everything that is encrypted"
	}
	return sentence
}

// StoreVerdict returns the sentence for the verdict on a backup in a store.
func StoreVerdict(r *archive.StoreVerdict) string {
	switch {
	case r.State == archive.Broken:
		return "BROKEN: the files named above are lost, the rest is as it was pushed"
	case r.State == archive.Partial && r.Opened != nil:
		return fmt.Sprintf("partial: %d files, and what is encrypted, are as they were pushed, but they are not all of the dump", r.Files)
	case r.State == archive.Partial:
		return fmt.Sprintf("partial: %d files are as they were pushed, but they are not all of the dump", r.Files)
	case r.Opened != nil:
		return fmt.Sprintf("unchanged: %d files, %s, and what is encrypted", r.Files, flash.Size(r.Bytes))
	}
	return fmt.Sprintf("complete and unchanged: %d files, %s", r.Files, flash.Size(r.Bytes))
}
