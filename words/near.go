package words

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// DidYouMean returns the end of a message about an unknown word: the nearest known word, or ""
// if none is near.
func DidYouMean(word string, known []string) string {
	best, least := "", 1+len(word)/4 // with more slips it is another word
	for _, k := range known {
		if d := slips(word, k); len(k) > 1 && d <= least && (best == "" || d < slips(word, best)) {
			best = k
		}
		if len(word) > 2 && best == "" && strings.HasPrefix(k, word) {
			best = k
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// missing names the topmost part of a path that does not exist, and a similar name that does.
func missing(path string) string {
	if dir := filepath.Dir(path); dir != path {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return missing(dir)
		}
	}
	return path + ": there is no such file or folder" + nearName(path)
}

// nearName is DidYouMean for a file, with the names in its folder.
func nearName(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return DidYouMean(filepath.Base(path), names)
}

// slips counts the letters that must be changed, added, removed or swapped with their neighbour
// to turn a into b (the restricted Damerau-Levenshtein distance).
func slips(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, here := rows[0], rows[1], rows[2]
		here[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			here[j] = min(above[j]+1, here[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				here[j] = min(here[j], before[j-2]+1)
			}
		}
		rows = [3][]int{above, here, before}
	}
	return rows[1][len(b)]
}

// meant is DidYouMean as a hint, without the "; ".
func meant(word string, known []string) string {
	return strings.TrimPrefix(DidYouMean(word, known), "; ")
}
