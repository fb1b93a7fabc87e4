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

// run is the phone's shell: A && B || C, each a pipe of at most two commands.
func (p *Phone) run(ctx context.Context, line string, out io.Writer) error {
	return p.shell(ctx, line, out, p.Root == "shell")
}

func (p *Phone) shell(ctx context.Context, line string, out io.Writer, root bool) error {
	do, otherwise, hasOr := cutOutside(line, "||")
	first, then, hasAnd := cutOutside(do, "&&")
	err := p.pipe(ctx, first, out, root)
	if err == nil && hasAnd {
		err = p.pipe(ctx, then, out, root)
	}
	if err != nil && hasOr && ctx.Err() == nil {
		err = p.pipe(ctx, otherwise, out, root)
	}
	return err
}

// cutOutside cuts at sep where it stands outside of single quotes.
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

func (p *Phone) pipe(ctx context.Context, line string, out io.Writer, root bool) error {
	left, right, piped := cutOutside(line, "|")
	if !piped {
		return p.command(ctx, line, out, root)
	}
	if right = strings.TrimSuffix(right, " 2>/dev/null"); right != "md5sum" || !p.has("md5sum") {
		return fmt.Errorf("%s: not found", right)
	}
	sum := md5.New()
	if err := p.command(ctx, left, sum, root); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%x  -\n", sum.Sum(nil))
	return err
}

// words divides a command at blanks outside of quotes and takes the quotes away.
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

// command runs one program. Errors are what it prints to standard error and its status.
func (p *Phone) command(ctx context.Context, line string, out io.Writer, root bool) error {
	w := words(line)
	var errs io.Writer = out // exec: gives both streams as one
	w = slices.DeleteFunc(w, func(s string) bool {
		if s == "2>/dev/null" {
			errs = io.Discard
		}
		return strings.HasPrefix(s, "2>")
	})
	if len(w) == 0 {
		return nil
	}
	err := p.program(ctx, w, out, errs, root)
	if err == nil || ctx.Err() != nil || errors.Is(err, errStatus) {
		return err
	}
	fmt.Fprintf(errs, "%v\n", err)
	return errStatus
}

// errStatus is the status of a program that has said why.
var errStatus = errors.New("failed")

func (p *Phone) program(ctx context.Context, w []string, out, errs io.Writer, root bool) error {
	if box := w[0]; box == "toybox" || box == "busybox" {
		if !p.has(box) {
			return fmt.Errorf("/system/bin/sh: %s: not found", box)
		}
		w = w[1:]
	} else if w[0] == "dd" && !p.has("dd") {
		return errors.New("/system/bin/sh: dd: not found")
	}
	switch w[0] {
	case "id":
		if root {
			fmt.Fprintln(out, "uid=0(root) gid=0(root) groups=0(root) context=u:r:su:s0")
		} else {
			fmt.Fprintln(out, "uid=2000(shell) gid=2000(shell) groups=1003(graphics)")
		}
	case "echo":
		fmt.Fprintln(out, strings.Join(w[1:], " "))
	case "getprop":
		fmt.Fprintln(out, p.Props[w[1]])
	case "cat":
		text, ok := p.Files[w[1]]
		if !ok {
			return fmt.Errorf("cat: %s: No such file or directory", w[1])
		}
		io.WriteString(out, text)
	case "ls":
		return p.ls(w[2:], out)
	case "su":
		return p.su(ctx, w[1:], out, root)
	case "dd":
		return p.dd(ctx, w[1:], out, errs, root)
	default:
		return fmt.Errorf("/system/bin/sh: %s: not found", w[0])
	}
	return nil
}

// su knows the su of root managers (su -c COMMAND) and Android's own (su 0 PROGRAM …).
func (p *Phone) su(ctx context.Context, w []string, out io.Writer, root bool) error {
	if p.faults().Deaf {
		<-ctx.Done()
		return ctx.Err()
	}
	switch {
	case p.Root == "su -c" && len(w) == 2 && w[0] == "-c":
		return p.shell(ctx, w[1], out, true)
	case p.Root == "su 0" && len(w) == 4 && w[0] == "0" && w[1] == "sh" && w[2] == "-c":
		return p.shell(ctx, w[3], out, true)
	case p.Root == "su 0":
		return fmt.Errorf("su: invalid uid/gid '%s'", w[0])
	case p.Says != "":
		return errors.New(p.Says)
	}
	return errors.New("/system/bin/sh: su: not found")
}

// ls prints the links of folders as Android's does.
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

// dd copies blocks of a node, with the faults that strike there.
func (p *Phone) dd(ctx context.Context, w []string, out, errs io.Writer, root bool) error {
	arg := map[string]string{"bs": "512", "skip": "0", "count": "0"}
	for _, s := range w {
		k, v, _ := strings.Cut(s, "=")
		arg[k] = v
	}
	number := func(k string) int64 {
		n, err := strconv.ParseInt(arg[k], 10, 64)
		if err != nil {
			panic("adbtest: dd " + strings.Join(w, " "))
		}
		return n
	}
	node, ok := p.Nodes[arg["if"]]
	switch {
	case !ok:
		return fmt.Errorf("dd: %s: No such file or directory", arg["if"])
	case !root:
		return fmt.Errorf("dd: %s: Permission denied", arg["if"])
	}
	off, left := number("bs")*number("skip"), number("bs")*number("count")
	if p.faults().Narrow {
		off &= 1<<32 - 1
	}
	left = max(min(left, node.Size()-off)-p.faults().Short, 0)
	if arg["of"] == "/dev/null" {
		out = io.Discard
	}
	err := p.copyNode(ctx, out, node, flash.Extent{Offset: off, Length: left}, p.faults().Bad[arg["if"]])
	if err != nil {
		return err
	}
	if p.faults().Extra > 0 {
		out.Write(make([]byte, p.faults().Extra))
	}
	fmt.Fprintf(errs, "%d+0 records in\n%d+0 records out\n", number("count"), number("count"))
	return nil
}

// copyNode sends e of a node, as far as its bad place.
func (p *Phone) copyNode(ctx context.Context, out io.Writer, node flash.Image, e, bad flash.Extent) error {
	stop := e.End()
	if e.Overlaps(bad) {
		stop = max(bad.Offset, e.Offset)
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
		off += n
	}
	if stop < e.End() {
		return errors.New("dd: read: I/O error")
	}
	return nil
}
