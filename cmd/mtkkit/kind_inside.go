package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// noTableInside is the error of what was unpacked or decrypted and has no table, with what it is.
type noTableInside struct {
	error
	inside *whatis.Thing
}

func (o noTableInside) Unwrap() error { return o.error }

// withInside adds to an error for want of a table what the content of the file is.
func withInside(err error, src *source.Source) error {
	user := src.User()
	if user == nil || !errors.Is(err, layout.ErrNoTable) {
		return err
	}
	return noTableInside{err, whatis.Of(user.Image, user.Source)}
}

// insideOf is what a packed file was found to hold, nil where it holds nothing of the kind.
func insideOf(t *whatis.Thing, cause error) *whatis.Thing {
	var o noTableInside
	if t.Kind.Use() != whatis.Packed || !errors.As(cause, &o) {
		return nil
	}
	return o.inside
}

// unpacking is what opens a file of each kind outside of this program.
var unpacking = map[whatis.Kind]string{
	whatis.Age:   "age -d -i KEYFILE -o content %s",
	whatis.Gzip:  "gzip -dk %s",
	whatis.XZ:    "xz -dk %s",
	whatis.LZ4:   "lz4 -d %s content",
	whatis.Zstd:  "zstd -d %s -o content",
	whatis.Bzip2: "bzip2 -dk %s",
	whatis.Zip:   "unzip %s",
}

// packedNoDump are the words and hints of a packed file with something else than a dump in it.
func packedNoDump(path string, t, inside *whatis.Thing, cause error) hinted {
	what := fmt.Sprintf("%s; in it: %s", t.Kind, inside)
	if t.Kind == whatis.Age {
		what = fmt.Sprintf("%s, and the key opens it; in it: %s", t.Kind, inside)
	}
	if noFormat(inside.Kind) && inside.Kind != whatis.Text {
		return hinted{hidden{cause, fmt.Sprintf("%v; the file is %s", cause, what)}, next[inside.Kind]}
	}
	hint := notTheDump
	if inside.Kind.Use() != whatis.Nothing {
		hint = fmt.Sprintf("unpack it, and name what comes out: "+unpacking[t.Kind], quoted(path))
	}
	return hinted{hidden{cause, fmt.Sprintf("%s: is no dump, but %s", path, what)}, []string{hint}}
}

// archiveInside is the command for a packed archive that must be unpacked first. Of a
// compressed tar archive it is tar's, which opens it as it is.
func archiveInside(path string, t *whatis.Thing, bad *source.UnreadableError) []string {
	kind, first := strings.CutSuffix(bad.Text, ": unpack it first")
	how := unpacking[t.Kind]
	switch {
	case !first || how == "":
		return nil
	case kind == whatis.Tar.String() && t.Kind != whatis.Zip && t.Kind != whatis.Age:
		return nextSteps(path, &whatis.Thing{Kind: whatis.Tar})
	}
	return []string{fmt.Sprintf("it is packed in another file: "+how, quoted(path))}
}

// lockedWords says of a file that no key opens which key it wants: there are files for a
// passphrase and files for a private key.
func lockedWords(c *cli.Context, path string, err error) error {
	t := kindOf(path)
	if t == nil || t.Kind != whatis.Age || !errors.Is(err, seal.ErrKey) {
		return err
	}
	with := "a private key"
	for _, f := range t.Facts {
		if f.Key == "opens with" {
			with = f.Value
		}
	}
	switch {
	case with == whatis.ByPassphrase:
		return hinted{hidden{err, path + " is encrypted: this passphrase does not open it"}, []string{"try the passphrase again"}}
	case len(c.StringSlice("key")) == 0:
		return hinted{hidden{err, fmt.Sprintf("%s is encrypted: it opens with %s, and no key was given", path, with)},
			[]string{"give your private key with --key FILE"}}
	}
	return hinted{hidden{err, fmt.Sprintf("%s is encrypted: it opens with %s, and none that was given is it", path, with)},
		[]string{"give another private key with --key FILE"}}
}
