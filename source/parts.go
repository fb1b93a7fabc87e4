package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/mtkkit/mtkkit/flash"
)

// partSet is a file that was split into numbered files: ROM_1.001, ROM_1.002 … or, as some tools
// split at the size limit of FAT32, ROM_1, ROM_1.001 …
type partSet struct {
	name  string   // of the whole file
	paths []string // in order
}

var (
	// partNumber is the number at the end of a part's name, as split -d and 7z write it.
	partNumber = regexp.MustCompile(`^(.+)\.([0-9]{2,3})$`)
)

// findParts returns the set that a path names: by its first part, another part, or the name of the
// whole file. It is nil if the path is a single file. A set with a missing part is an error.
func (s *Source) findParts(path string) (*partSet, error) {
	if isChunk(filepath.ToSlash(path)) {
		return nil, nil
	}
	whole := path
	m := partNumber.FindStringSubmatch(path)
	if m != nil {
		whole = m[1]
	}
	numbers, width := numbered(whole)
	_, err := s.stat(whole)
	headless := err == nil && !errors.Is(err, fs.ErrNotExist) // part 0 may have the name of the whole file
	switch {
	case len(numbers) == 0:
		return nil, nil
	case m == nil && headless && s.isWhole(whole, numbers, width):
		return nil, nil
	case m != nil && len(m[2]) != width:
		return nil, nil
	case m != nil && len(numbers) == 1 && numbers[0] > 1:
		return nil, nil // the name only ends in a number
	}
	set := &partSet{name: filepath.Base(whole)}
	first := 1
	switch {
	case numbers[0] == 0:
		first = 0
	case headless && !s.isWhole(whole, numbers, width):
		set.paths = append(set.paths, whole)
	}
	for i, n := range numbers {
		if n != first+i {
			return nil, &UnreadableError{path, fmt.Sprintf("%s is missing: the dump is split into numbered parts, and all are needed",
				filepath.Base(partName(whole, first+i, width)))}
		}
		set.paths = append(set.paths, partName(whole, n, width))
	}
	return set, nil
}

func partName(whole string, n, width int) string { return fmt.Sprintf("%s.%0*d", whole, width, n) }

// numbered lists the numbers behind a name in its folder, and their number of digits. Names with
// two and with three digits are separate sets; the one with three digits is used.
func numbered(whole string) (numbers []int, width int) {
	entries, err := os.ReadDir(filepath.Dir(whole))
	if err != nil {
		return nil, 0
	}
	base := filepath.Base(whole)
	for _, e := range entries {
		m := partNumber.FindStringSubmatch(e.Name())
		if m == nil || m[1] != base || e.IsDir() || len(m[2]) < width {
			continue
		}
		if len(m[2]) > width {
			numbers, width = nil, len(m[2])
		}
		n, _ := strconv.Atoi(m[2])
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return numbers, width
}

// isWhole reports whether a file is the whole of the parts beside it, and not the first part: it
// has the length of all parts, or begins with the bytes of the first.
func (s *Source) isWhole(path string, numbers []int, width int) bool {
	st, err := s.stat(path)
	if err != nil || !st.Mode().IsRegular() {
		return err == nil
	}
	var sum int64
	for _, n := range numbers {
		if p, err := s.stat(partName(path, n, width)); err == nil {
			sum += p.Size()
		}
	}
	return sum == st.Size() || s.sameStart(path, partName(path, numbers[0], width))
}

func (s *Source) sameStart(a, b string) bool {
	var heads [2][]byte
	for i, path := range []string{a, b} {
		f, err := s.openAt(path)
		if err != nil {
			return false
		}
		defer f.Close()
		if heads[i], err = headOf(f); err != nil || flash.IsZero(heads[i]) {
			return false
		}
	}
	return bytes.Equal(heads[0], heads[1])
}

// openParts joins a set of which one part was named.
func (s *Source) openParts(ctx context.Context, named string, set *partSet, err error) (flash.Image, error) {
	if err != nil {
		return nil, err
	}
	var images []flash.Image // one for each part
	for _, path := range set.paths {
		f, err := s.openSibling(ctx, path, named)
		if err != nil {
			return nil, err
		}
		images = append(images, f)
	}
	if len(images) > 1 && isSparse(images[0]) && isSparse(images[1]) { // each has the size of the whole image
		return s.joinSparse(ctx, images, set.name, set.paths)
	}
	whole := flash.Join(images...)
	s.problem(flash.Note, set.name, "joined from %d parts, %s to %s: %s", len(set.paths),
		filepath.Base(set.paths[0]), filepath.Base(set.paths[len(set.paths)-1]), flash.Size(whole.Size()))
	// Only the last part may be shorter. If another one is, its copy was interrupted, and all bytes
	// behind it are at wrong offsets.
	for i := range images[:len(images)-1] {
		if images[i].Size() != images[0].Size() {
			s.problem(flash.Error, filepath.Base(set.paths[i]), "has another size (0x%x) than the first part (0x%x): the bytes behind it are at wrong offsets",
				images[i].Size(), images[0].Size())
			break
		}
	}
	return whole, nil
}
