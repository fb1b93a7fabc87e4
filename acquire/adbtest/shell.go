package adbtest

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// session runs one command line on the phone.
type session struct {
	*Phone
	wire  *wire
	root  bool
	noisy io.Writer // where the su that runs this prints its noise
}

// streams are the outputs of a program.
type streams struct{ out, errs io.Writer }

// run runs a command in the phone's shell as adbd does: both outputs are one stream.
func (p *Phone) run(ctx context.Context, line string, out *wire) {
	s := &session{p, out, p.Root == "shell", io.Discard}
	p.disturb(out, func(n Noise) string { return n.Shell })
	s.shell(ctx, line, streams{out, out})
}

// shell runs lists: A; B && C || D, each a pipe of at most two commands.
func (s *session) shell(ctx context.Context, line string, to streams) error {
	for {
		first, rest, more := cutOutside(line, ";")
		err := s.list(ctx, first, to)
		if !more || ctx.Err() != nil {
			return err
		}
		line = rest
	}
}

func (s *session) list(ctx context.Context, line string, to streams) error {
	do, otherwise, hasOr := cutOutside(line, "||")
	first, then, hasAnd := cutOutside(do, "&&")
	err := s.pipe(ctx, first, to)
	if err == nil && hasAnd {
		err = s.pipe(ctx, then, to)
	}
	if err != nil && hasOr && ctx.Err() == nil {
		err = s.pipe(ctx, otherwise, to)
	}
	return err
}

// cutOutside cuts at the first sep outside single quotes.
func cutOutside(s, sep string) (before, after string, found bool) {
	quoted := false
	for i := range len(s) {
		if s[i] == '\'' && (i == 0 || s[i-1] != '\\') {
			quoted = !quoted
		}
		if !quoted && strings.HasPrefix(s[i:], sep) {
			return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+len(sep):]), true
		}
	}
	return s, "", false
}

func (s *session) pipe(ctx context.Context, line string, to streams) error {
	left, right, piped := cutOutside(line, "|")
	if !piped {
		return s.command(ctx, line, to)
	}
	if right = strings.TrimSuffix(right, " 2>/dev/null"); right != "md5sum" || !s.has("md5sum") {
		return fmt.Errorf("%s: not found", right)
	}
	sum := md5.New()
	if err := s.command(ctx, left, streams{sum, to.errs}); err != nil {
		return err
	}
	_, err := fmt.Fprintf(to.out, "%x  -\n", sum.Sum(nil))
	return err
}

// words splits a command at spaces outside quotes and removes the quotes.
func words(s string) []string {
	var (
		out    []string
		word   strings.Builder
		quoted bool
		any    bool
	)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && !quoted && i+1 < len(s):
			i++
			word.WriteByte(s[i])
		case c == '\'':
			quoted, any = !quoted, true
		case c == ' ' && !quoted:
			if word.Len() > 0 || any {
				out = append(out, word.String())
			}
			word.Reset()
			any = false
		default:
			word.WriteByte(c)
		}
	}
	if word.Len() > 0 || any {
		out = append(out, word.String())
	}
	return out
}

func (p *Phone) has(tool string) bool { return p.Tools == nil || slices.Contains(p.Tools, tool) }

// command runs one program. An error of the program is printed to standard error, and errStatus is
// returned.
func (s *session) command(ctx context.Context, line string, to streams) error {
	w := slices.DeleteFunc(words(line), func(word string) bool {
		switch word {
		case "2>/dev/null":
			to.errs = io.Discard
		case "2>&1":
			to.errs = to.out
		}
		return strings.HasPrefix(word, "2>")
	})
	if len(w) == 0 {
		return nil
	}
	err := s.program(ctx, w, to)
	if err == nil || ctx.Err() != nil || errors.Is(err, errStatus) {
		return err
	}
	fmt.Fprintf(to.errs, "%v\n", err)
	return errStatus
}

// errStatus is the status of a program that has printed its error.
var errStatus = errors.New("failed")

func (s *session) program(ctx context.Context, w []string, to streams) error {
	out := to.out
	if box := w[0]; box == "toybox" || box == "busybox" {
		if !s.has(box) {
			return fmt.Errorf("/system/bin/sh: %s: not found", box)
		}
		w = w[1:]
	} else if w[0] == "dd" && !s.has("dd") {
		return errors.New("/system/bin/sh: dd: not found")
	}
	switch w[0] {
	case "id":
		if s.root {
			fmt.Fprintln(out, "uid=0(root) gid=0(root) groups=0(root) context=u:r:su:s0")
		} else {
			fmt.Fprintln(out, "uid=2000(shell) gid=2000(shell) groups=1003(graphics)")
		}
	case "echo":
		fmt.Fprintln(out, strings.Join(w[1:], " "))
	case "getprop":
		fmt.Fprintln(out, s.Props[w[1]])
	case "cat":
		text, ok := s.Files[w[1]]
		if !ok {
			return fmt.Errorf("cat: %s: No such file or directory", w[1])
		}
		io.WriteString(out, text)
	case "ls":
		return s.ls(w[2:], out)
	case "su":
		return s.su(ctx, w[1:], to)
	case "dd":
		s.disturb(to.errs, func(n Noise) string { return n.Tool })
		return s.dd(ctx, w[1:], to)
	default:
		return fmt.Errorf("/system/bin/sh: %s: not found", w[0])
	}
	return nil
}

// su runs a command as root and prints the phone's noise before and after it.
func (s *session) su(ctx context.Context, w []string, to streams) error {
	if s.faults().Deaf {
		<-ctx.Done()
		return ctx.Err()
	}
	if s.Loud && to.errs == io.Discard {
		return errStatus
	}
	noisy := to.errs
	if s.printsNoise() {
		noisy = to.out
	}
	s.disturb(noisy, func(n Noise) string { return n.Before })
	inner := &session{s.Phone, s.wire, true, noisy}
	err := s.become(ctx, w, to, inner)
	if err != nil && !errors.Is(err, errStatus) && ctx.Err() == nil {
		fmt.Fprintf(to.errs, "%v\n", err)
		err = errStatus
	}
	s.disturb(noisy, func(n Noise) string { return n.After })
	return err
}

// become runs the command of su. It knows the su of root managers (su -c COMMAND) and Android's own
// (su 0 PROGRAM …).
func (s *session) become(ctx context.Context, w []string, to streams, inner *session) error {
	command := ""
	switch {
	case s.Root == "su -c" && len(w) == 2 && w[0] == "-c":
		command = w[1]
	case s.Root != "su -c" && s.Root == "su "+w[0] && len(w) == 4 && w[1] == "sh" && w[2] == "-c":
		command = w[3]
	case s.Root == "su 0":
		return fmt.Errorf("su: invalid uid/gid '%s'", w[0])
	case s.Says != "":
		return errors.New(s.Says)
	default:
		return errors.New("/system/bin/sh: su: not found")
	}
	return inner.shell(ctx, command, to)
}

// ls prints the links of folders like Android's ls.
func (p *Phone) ls(folders []string, out io.Writer) error {
	var names []string
	for name := range p.Links {
		for _, f := range folders {
			if ok, _ := path.Match(f, path.Dir(name)); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(out, "lrwxrwxrwx root     root              2014-01-01 00:00 %s -> %s\n", path.Base(name), p.Links[name])
	}
	return nil
}

// dd copies blocks of a node with the faults.
func (s *session) dd(ctx context.Context, w []string, to streams) error {
	arg := map[string]string{"bs": "512", "skip": "0", "count": "0"}
	for _, word := range w {
		k, v, _ := strings.Cut(word, "=")
		arg[k] = v
	}
	number := func(k string) int64 {
		n, err := strconv.ParseInt(arg[k], 10, 64)
		if err != nil {
			panic("adbtest: dd " + strings.Join(w, " "))
		}
		return n
	}
	node, ok := s.Nodes[arg["if"]]
	switch {
	case !ok:
		return fmt.Errorf("dd: %s: No such file or directory", arg["if"])
	case !s.root:
		return fmt.Errorf("dd: %s: Permission denied", arg["if"])
	}
	off, left := number("bs")*number("skip"), number("bs")*number("count")
	if s.faults().Narrow {
		off &= 1<<32 - 1
	}
	left = max(min(left, node.Size()-off)-s.faults().Short, 0)
	if arg["of"] == "/dev/null" {
		to.out = io.Discard
	}
	err := s.copyNode(ctx, to.out, arg["if"], flash.Extent{Offset: off, Length: left})
	if err != nil {
		return err
	}
	if s.faults().Extra > 0 {
		to.out.Write(make([]byte, s.faults().Extra))
	}
	fmt.Fprintf(to.errs, "%d+0 records in\n%d+0 records out\n", number("count"), number("count"))
	return nil
}

// copyNode sends e of a node up to the first range with a fault.
func (s *session) copyNode(ctx context.Context, out io.Writer, path string, e flash.Extent) error {
	f, node := s.faults(), s.Nodes[path]
	stop, end := e.End(), func() error { return nil }
	for _, place := range []struct {
		at  flash.Extent
		end func() error
	}{
		{f.Bad[path], func() error { return errors.New("dd: read: I/O error") }},
		{f.Lost[path], func() error { return s.wire.lose(f.Vanish) }},
		{f.Mute[path], func() error { <-ctx.Done(); return ctx.Err() }},
	} {
		if at := max(place.at.Offset, e.Offset); e.Overlaps(place.at) && at < stop {
			stop, end = at, place.end
		}
	}
	b := make([]byte, 64<<10)
	for off := e.Offset; off < stop; {
		n := min(int64(len(b)), stop-off)
		if _, err := node.ReadAt(b[:n], off); err != nil && err != io.EOF {
			return err
		}
		var err error
		if w, ok := out.(*wire); ok {
			err = w.data(ctx, b[:n])
		} else {
			_, err = out.Write(b[:n])
		}
		if err != nil {
			return err
		}
		if off == e.Offset {
			s.disturb(s.noisy, func(n Noise) string { return n.Amid })
		}
		off += n
	}
	return end()
}
