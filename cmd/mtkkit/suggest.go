package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// spelled turns the ways in which people ask for help, for the version, and for what a file
// is (dropped on the program, a file comes alone) into the commands that there are.
func spelled(app *cli.App, args []string, isFile func(string) bool) []string {
	if len(args) < 2 {
		return args
	}
	known := slices.ContainsFunc(app.Commands, func(c *cli.Command) bool { return c.HasName(args[1]) })
	switch word := args[1]; {
	case (word == "--version" || word == "-v") && wantsJSON(args):
		return append(slices.Concat(args[:1], []string{"version"}), args[2:]...)
	case known || strings.HasPrefix(word, "-"):
	case word == "help":
		return append(slices.Concat(args[:1], args[2:]), "--help")
	case isFile(word):
		return slices.Concat(args[:1], []string{"info"}, args[1:])
	}
	return args
}

// switchesLast moves the switches that all commands have, and that stand where the word of a
// command is expected, args[at], behind that word.
func switchesLast(args []string, at int) []string {
	n := at
	for n < len(args) && (args[n] == "--json" || args[n] == "--quiet" || args[n] == "-q") {
		n++
	}
	if n == at || n == len(args) {
		return args
	}
	return slices.Concat(args[:at], args[n:n+1], args[at:n], args[n+1:])
}

// wantsJSON reports whether a document is asked for, by a command line that may make no
// sense otherwise.
func wantsJSON(args []string) bool {
	for _, a := range args[min(1, len(args)):] {
		if a == "--" {
			return false
		}
		name, value, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if strings.HasPrefix(a, "-") && name == "json" {
			return value != "false"
		}
	}
	return false
}

// didYouMean is the end of a message about a word that is not known, "" when no known word
// is near.
func didYouMean(word string, known []string) string {
	best, least := "", 1+len(word)/4 // more slips than that, and it is another word
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

// missing says what of a path is not there, and what is there under a name that is near.
func missing(path string) string {
	if dir := filepath.Dir(path); dir != path {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return missing(dir)
		}
	}
	return path + ": there is no such file or folder" + nearName(path)
}

// nearName is didYouMean for a file, by what lies in its folder.
func nearName(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return didYouMean(filepath.Base(path), names)
}

// slips counts what must be changed, added, left out or swapped with its neighbour to make b
// of a (the restricted Damerau-Levenshtein distance).
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

// commandWords are the names of commands.
func commandWords(commands []*cli.Command) (out []string) {
	for _, c := range commands {
		out = append(out, c.Names()...)
	}
	return out
}

// optionWords are the names of options, as they are typed.
func optionWords(flags []cli.Flag) (out []string) {
	for _, f := range flags {
		for _, n := range f.Names() {
			if len(n) > 1 {
				out = append(out, "--"+n)
			}
		}
	}
	return out
}

// meant is a hint about a word that is not known, "" when no known word is near.
func meant(word string, known []string) string {
	return strings.TrimPrefix(didYouMean(word, known), "; ")
}
