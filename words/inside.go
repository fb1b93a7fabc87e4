package words

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/mtkkit/mtkkit/dump"
)

// SlotUsed says which slot is used for a name without one, "" if the phone has none.
func SlotUsed(s dump.Slot) string {
	switch {
	case s.Single:
		return ""
	case s.From != "":
		return fmt.Sprintf("slot %s is used: it is the active one according to %s; add a suffix to the name for the other slot", s.Suffix, s.From)
	}
	return "slot a is used: the dump does not show which slot is active; add a suffix to the name for the other slot"
}

// InFiles gives an error of package files a text for the user. Name is that of the partition or image.
// If directories are damaged, a file that is not found may exist all the same. Other errors are
// returned unchanged.
func InFiles(err error, name string, damaged bool) error {
	var at *fs.PathError
	switch {
	case !errors.As(err, &at):
		return err
	case errors.Is(err, fs.ErrNotExist) && damaged:
		return fmt.Errorf("%s:%s: not found, but some directories are damaged", name, at.Path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s:%s: there is no such file", name, at.Path)
	}
	return fmt.Errorf("%s:%s: %w", name, at.Path, at.Err)
}
