package adb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// shell runs commands on a phone as root.
type shell struct {
	server, serial string
	service        string              // "exec:", or "shell:" on Android 4
	root           func(string) string // makes a command that runs as root
	returns        int                 // carriage returns that are added before every line feed
	waits
}

// waits are time limits.
type waits struct {
	answer  time.Duration // for answers of the server and of the phone
	confirm time.Duration // for the user, who must allow root on the phone's screen
	silence time.Duration // without bytes in the middle of a range
}

var usualWaits = waits{20 * time.Second, 60 * time.Second, 30 * time.Second}

// roots are the ways to get root. First a shell that is already root, then the su of root managers
// and that of Android's debug builds.
var roots = []struct {
	name string
	wrap func(string) string
}{
	{"shell", func(c string) string { return c }},
	{"su -c", func(c string) string { return "su -c " + quote(c) }},
	{"su 0", func(c string) string { return "su 0 sh -c " + quote(c) }},
	{"su root", func(c string) string { return "su root sh -c " + quote(c) }},
}

// quote makes a command one word for the phone's shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// newShell finds out how to run commands on this phone.
func newShell(ctx context.Context, server, serial string, w waits) (*shell, error) {
	s := &shell{server: server, serial: serial, service: "exec:", root: roots[0].wrap, waits: w}
	_, err := s.output(ctx, "id", s.answer)
	if refused(err) { // the adbd of Android 4
		s.service = "shell:"
		_, err = s.output(ctx, "id", s.answer)
	}
	if err != nil {
		return nil, err
	}
	return s, s.findRoot(ctx)
}

// refused reports whether the phone does not have a service.
func refused(err error) bool {
	var fail *FailError
	return errors.As(err, &fail)
}

// findRoot tries each way to get root. Here all output counts, because the messages of su are
// needed.
func (s *shell) findRoot(ctx context.Context) error {
	said := ""
	for i, r := range roots {
		wait := s.confirm
		if i == 0 { // the user is not asked
			wait = s.answer
		}
		out, err := s.output(ctx, r.wrap("id"), wait)
		if errors.Is(err, ErrSilent) && i > 0 {
			return fmt.Errorf("adb: %w: %s does not answer", ErrNoRoot, r.name)
		}
		if err != nil {
			return fmt.Errorf("adb: asking for root: %w", err)
		}
		if strings.Contains(out, "uid=0") {
			return s.measure(ctx, i)
		}
		if r.name == "su -c" {
			said = words(out)
		}
	}
	if said == "" {
		return fmt.Errorf("adb: %w", ErrNoRoot)
	}
	return fmt.Errorf("adb: %w: su prints %q", ErrNoRoot, said)
}

// hello is a line that is sent through the phone's shells to see how they change it.
const hello = "mtkkit says hello"

// maxReturns is the largest number of terminals that each add a carriage return: one of adbd and
// one of su.
const maxReturns = 2

// measure finds out how line feeds arrive. On many phones with Android 4.4 to 6 the linker prints
// warnings about su to standard error, which adbd puts into the same stream. So su's standard error
// is discarded, unless su does not work without it.
func (s *shell) measure(ctx context.Context, way int) error {
	wrap, arrives := roots[way].wrap, ""
	ways := []func(string) string{wrap}
	if way > 0 {
		ways = []func(string) string{func(c string) string { return wrap(c) + " 2>/dev/null" }, wrap}
	}
	for _, s.root = range ways {
		tag := newTag()
		out, err := s.output(ctx, s.root(fmt.Sprintf("echo %s-go; echo %s; echo %s-end", tag, hello, tag)), s.answer)
		if err != nil {
			return err
		}
		for s.returns = range maxReturns + 1 {
			if strings.Contains(out, tag+"-go"+s.feed()+hello+s.feed()+tag+"-end"+s.feed()) {
				return nil
			}
		}
		arrives = out
	}
	return fmt.Errorf("adb: %w: the line %q arrives as %.160q", ErrMangled, hello, arrives)
}

// open starts a command and returns the connection with its output.
func (s *shell) open(ctx context.Context, command string, wait time.Duration) (*conn, error) {
	c, err := dial(ctx, s.server, s.answer)
	if err != nil {
		return nil, err
	}
	if err := c.request("host:transport:"+s.serial, s.answer); err != nil {
		c.Close()
		if fail, ok := errors.AsType[*FailError](err); ok {
			err = fmt.Errorf("%w: %w", transportError(fail.Text), err)
		}
		return nil, fmt.Errorf("adb: %s: %w", s.serial, cause(ctx, err))
	}
	if err := c.request(s.service+command, wait); err != nil {
		c.Close()
		return nil, fmt.Errorf("adb: %s: %w", s.serial, cause(ctx, err))
	}
	return c, nil
}

// transportError returns the error for the server's message about a phone that it cannot reach.
// Other messages mean that the phone has disconnected.
func transportError(text string) error {
	switch {
	case strings.Contains(text, "unauthorized"):
		return ErrUnauthorized
	case strings.Contains(text, "offline"):
		return ErrOffline
	case strings.Contains(text, "more than one"):
		return ErrSeveral
	}
	return fmt.Errorf("%w: %w", ErrLost, ErrNoDevice)
}

// output runs a command without root and returns all its output.
func (s *shell) output(ctx context.Context, command string, wait time.Duration) (string, error) {
	c, err := s.open(ctx, command, wait)
	if err != nil {
		return "", err
	}
	defer c.Close()
	err = c.SetDeadline(time.Now().Add(wait))
	var b []byte
	if err == nil {
		b, err = io.ReadAll(io.LimitReader(c, maxText+1))
	}
	if err != nil {
		return "", fmt.Errorf("adb: %s: %w", s.serial, cause(ctx, lost(err)))
	}
	if len(b) > maxText {
		return "", fmt.Errorf("adb: %s: %.60q prints more than %d bytes of text", s.serial, command, maxText)
	}
	return string(b), nil
}

// text is like marked but discards error messages: the text of a command that fails is empty.
func (s *shell) text(ctx context.Context, command string) (string, error) {
	return s.marked(ctx, command+" 2>/dev/null")
}

// cause returns the cause of the context if its end closed the connection, otherwise err.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ErrLost) {
		return context.Cause(ctx)
	}
	return err
}

// returns removes the n carriage returns that terminals add before each line feed. A line feed
// without them proves that the bytes were changed in another way.
type returns struct {
	n    int
	held int // carriage returns that were received and not yet passed on
}

// strip appends src without the added carriage returns to dst.
func (r *returns) strip(dst, src []byte) ([]byte, error) {
	if r.n == 0 {
		return append(dst, src...), nil
	}
	for len(src) > 0 {
		i := bytes.IndexAny(src, "\r\n")
		if i != 0 { // other bytes, up to the next of the two
			if i < 0 {
				i = len(src)
			}
			dst = r.release(dst)
			dst, src = append(dst, src[:i]...), src[i:]
			continue
		}
		if src[0] == '\r' {
			r.held++
		} else {
			if r.held < r.n {
				return dst, fmt.Errorf("adb: %w: a line feed came without the carriage return that the phone's terminal adds", ErrMangled)
			}
			r.held -= r.n
			dst = append(r.release(dst), '\n')
		}
		src = src[1:]
	}
	return dst, nil
}

// release appends the held carriage returns to dst.
func (r *returns) release(dst []byte) []byte {
	for ; r.held > 0; r.held-- {
		dst = append(dst, '\r')
	}
	return dst
}
