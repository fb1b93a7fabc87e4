package commands

import (
	"context"
	"os"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/adb"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/session"
)

// fromADB is the word for a phone at the adb server, in the place of a path.
const fromADB = "adb"

// hasOrigin reports whether an option says where to read from.
func (o *acquireOptions) hasOrigin() bool {
	return o.da != "" || o.firmware != "" || o.port != "" || o.from != ""
}

// openOrigin opens the origin that the options name; without such an option it waits for a phone.
// unplug ends a virtual phone and is never nil.
func (o *acquireOptions) openOrigin(ctx context.Context, u *ui) (origin *session.Origin, unplug func(), err error) {
	unplug = func() {}
	switch o.from {
	case "":
		var p *session.Phone
		o.haveTable = o.namesTable() != ""
		if p, unplug, err = connectPhone(ctx, u, &o.phoneOptions); err == nil {
			origin = session.FromPhone(p)
		}
	case fromADB:
		origin, err = openADB(ctx, u, o.serial)
	default:
		paths := strings.Split(o.from, ",")
		if _, err := os.Stat(o.from); err == nil { // a path may contain a comma
			paths = []string{o.from}
		}
		origin, err = session.FromFiles(ctx, paths, u.Bars.Event)
		u.Bars.Clear()
	}
	return origin, unplug, err
}

// checkOrigin refuses options that do not apply to the chosen origin.
func (o *acquireOptions) checkOrigin() error {
	loader := flags.Given(o.all, &o.port, &o.da, &o.firmware, &o.preloader, &o.auth, &o.cert, &o.wait, &o.then)
	if o.from != "" && len(loader) > 0 {
		return usage("--%s is only for a phone in BootROM or preloader mode; it cannot be used with --from", loader[0].Names()[0])
	}
	if o.serial != "" && o.from != fromADB {
		return usage("--serial needs --from adb")
	}
	return nil
}

// openADB opens the rooted phone at this computer's adb server.
func openADB(ctx context.Context, u *ui, serial string) (*session.Origin, error) {
	server, err := adbServer()
	if err != nil {
		return nil, err
	}
	return session.FromADB(ctx, session.ADBOptions{Server: server, Serial: serial, Tell: u.tellPhone})
}

// adbServer returns the address of the adb server, HOST:PORT, from the variables that adb itself uses.
func adbServer() (string, error) {
	if s := os.Getenv("ADB_SERVER_SOCKET"); s != "" {
		at, ok := strings.CutPrefix(s, "tcp:")
		if !ok {
			return "", usage("ADB_SERVER_SOCKET must be tcp:HOST:PORT, not %q", s)
		}
		if !strings.Contains(at, ":") {
			at = "127.0.0.1:" + at
		}
		return at, nil
	}
	if n := os.Getenv("ANDROID_ADB_SERVER_PORT"); n != "" {
		return "127.0.0.1:" + n, nil
	}
	return adb.DefaultServer, nil
}

// letGo closes the origin if it is still open, and prints in which state the phone is now.
func (u *ui) letGo(o *session.Origin) {
	o.Close()
	if s := o.After(); s != "" {
		u.Note("%s", s)
	}
}
