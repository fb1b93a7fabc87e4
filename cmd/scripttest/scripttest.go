// Package scripttest runs the scripts of testdata/script: commands as a user types them, with the
// expected output, files and exit codes.
//
//	testdata/script/split/cut.txtar      one script
//	cmd/scripttest/split                 the test package that runs the folder split
//
// Each folder has its own test package, so that go test can run several at a time and prints a line for
// each. The command mtkkit of a script calls the program in the process of the test, which takes about
// a twentieth of the time of a new process. "exec mtkkit" starts a new process, for scripts that need
// standard input or a pipe. The scripts of one package run one after another, because the process has
// only one current folder and one environment.
package scripttest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/words"
)

// Program runs the program with a command line, streams, and a bus where phones appear. It returns the
// exit code.
type Program func(context.Context, []string, screen.Streams, port.Bus) words.Code

// Call runs the program in this process, with no input and no phone. It panics if the program prints a
// document that is not as its schema says.
func (p Program) Call(args ...string) (code words.Code, stdout, stderr string) {
	code, stdout, stderr = p.call(args)
	if err := Judge(args, stdout); err != nil {
		panic(err)
	}
	return code, stdout, stderr
}

func (p Program) call(args []string) (code words.Code, stdout, stderr string) {
	var out, errs strings.Builder
	code = p(context.Background(), append([]string{"mtkkit"}, args...), screen.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, nil)
	return code, out.String(), errs.String()
}

// Main is the TestMain of a package whose tests start the program. If this executable is started under
// the name mtkkit, it calls alone, which runs the program as a process.
func Main(m *testing.M, alone func() words.Code) {
	switch strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") {
	case "mtkkit":
		os.Exit(alone())
	case "mtkkit-code": // prints the exit code, for codes other than 0 and 1
		os.Stdout.WriteString(exitLine(alone()))
		os.Exit(0)
	}
	shortExits()
	dir, err := linkedUnder("mtkkit", "mtkkit-code")
	if err != nil {
		panic(err)
	}
	os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// linkedUnder makes a folder with links to this executable under these names.
func linkedUnder(names ...string) (dir string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp("", "mtkkit-program"); err != nil {
		return "", err
	}
	for _, name := range names {
		link := filepath.Join(dir, name) + filepath.Ext(strings.TrimSuffix(self, ".test")) // .exe
		if os.Symlink(self, link) == nil {
			continue
		}
		b, err := os.ReadFile(self) // this system has no links
		if err == nil {
			err = os.WriteFile(link, b, 0o755)
		}
		if err != nil {
			return "", err
		}
	}
	return dir, nil
}

// raceOptions is the environment variable with the options of the race detector.
const raceOptions = "GORACE"

// shortExits shortens the second that a program with the race detector sleeps at its end. Tests that
// kill the program at a random moment must not count that sleep as running time.
func shortExits() {
	if os.Getenv(raceOptions) == "" {
		os.Setenv(raceOptions, "atexit_sleep_ms=10")
	}
}

// Run runs the scripts of a folder of testdata/script.
func Run(t *testing.T, folder string, run Program) {
	root := Root(t)
	testscript.RunT(serial{t}, testscript.Params{
		Dir:                filepath.Join(root, "testdata", "script", folder),
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TESTDATA", filepath.Join(root, "testdata"))
			e.Setenv("IMAGES", filepath.Join(root, "image"))
			e.Setenv("TMPDIR", e.WorkDir)
			e.Setenv(raceOptions, os.Getenv(raceOptions))
			e.Values[schemas{}] = map[string]bool{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"mtkkit":      program(root, run, false),
			"mtkkit-code": program(root, run, true),
			"schemas":     func(ts *testscript.TestScript, _ bool, _ []string) { everySchema(ts, root) },

			"phone": phone, "firmware": firmware, "avb": avbBlock, "recoveries": recoveries, "zero": zero, "cut": cut, "poke": poke, "same": same, "linear": linear,
			"agents": agents, "put": put, "update": update, "copy": copyDump, "adbphone": adbPhone, "sibling": sibling,
		},
	})
}

// serial is a testscript.T whose scripts run one after another.
type serial struct{ *testing.T }

func (serial) Parallel()     {}
func (serial) Verbose() bool { return testing.Verbose() }
func (s serial) Run(name string, do func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { do(serial{t}) })
}

// program returns the script command that calls the program in this process, with the folder and the
// environment of the script. With code, it prints the exit code; otherwise a code other than 0 fails.
func program(root string, run Program, code bool) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		defer enter(ts)()
		got, out, errs := run.call(args)
		ts.Stdout().Write([]byte(out))
		ts.Stderr().Write([]byte(errs))
		judge(ts, root, args, out)
		switch {
		case code:
			ts.Stdout().Write([]byte(exitLine(got)))
		case neg == (got == words.ExitOK):
			ts.Fatalf("mtkkit %s: exit code %d", strings.Join(args, " "), got)
		}
	}
}

func exitLine(code words.Code) string { return "exit " + strconv.Itoa(code) + "\n" }

// variables has the environment variables that the program reads, itself or through Go.
var variables = []string{"HOME", "TMPDIR", "TERM", "LC_ALL", "LC_CTYPE", "LANG", "NO_COLOR", screen.PassphraseVariable,
	"ADB_SERVER_SOCKET", "ANDROID_ADB_SERVER_PORT"}

// enter switches to the folder and the environment of a script; leave switches back.
func enter(ts *testscript.TestScript) (leave func()) {
	folder, err := os.Getwd()
	ts.Check(err)
	ts.Check(os.Chdir(ts.MkAbs(".")))
	var undo []func()
	for _, name := range variables {
		value, set := os.LookupEnv(name)
		undo = append(undo, func() {
			if os.Unsetenv(name); set {
				os.Setenv(name, value)
			}
		})
		if os.Unsetenv(name); ts.Getenv(name) != "" {
			os.Setenv(name, ts.Getenv(name))
		}
	}
	return func() {
		for _, u := range slices.Backward(undo) {
			u()
		}
		ts.Check(os.Chdir(folder))
	}
}

// Root returns the folder of the module.
func Root(t testing.TB) string {
	dir, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("no go.mod above the test's folder")
		}
	}
	return "", err
}
