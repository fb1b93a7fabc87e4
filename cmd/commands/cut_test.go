package commands

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

const (
	testPublic  = "age1m87xqhpw3py5uewxeazpym7gm5yyk2j9lh79ajjspvg3yqdqaajq24n8hp"
	testPrivate = "AGE-SECRET-KEY-1YRXLX0VSJZMVZN4LA2J2LYEGCL8S639RZ0A7EXRGFUYK30UTWQ3S0DUE6M"
)

// cutting cuts one archive, and says what commands make of it.
type cutting struct {
	*testing.T
	dir   string
	rom   []byte            // the dump
	parts map[string][]byte // the files of the whole archive
	key   []string          // options
}

func (c *cutting) in(name string) string { return filepath.Join(c.dir, name) }

func (c *cutting) run(args ...string) (words.Code, string) {
	var out, errs bytes.Buffer
	code := Run(c.Context(), append([]string{"mtkkit"}, args...), screen.Streams{Out: &out, Err: &errs}, nil)
	return code, out.String() + errs.String()
}

// readDir reads the files of a folder.
func (c *cutting) readDir(name string) map[string][]byte {
	out := map[string][]byte{}
	entries, err := os.ReadDir(c.in(name))
	if err != nil {
		c.Fatal(err)
	}
	for _, e := range entries {
		if out[e.Name()], err = os.ReadFile(filepath.Join(c.in(name), e.Name())); err != nil {
			c.Fatal(err)
		}
	}
	return out
}

// try cuts the archive at a size, and checks what is restored.
func (c *cutting) try(whole []byte, size int, all bool) {
	path := c.in("cut")
	if err := os.WriteFile(path, whole[:size], 0o666); err != nil {
		c.Fatal(err)
	}
	defer func() {
		for _, made := range []string{"dump", "dump.map", "saved"} {
			os.RemoveAll(c.in(made))
		}
	}()
	reading := [][]string{{"info", path}, {"backup", "list", path}, {"backup", "restore", path, "--plan"}, {"list", path}}
	for _, args := range reading[size%4 : size%4+1] {
		code, says := c.run(append(args, c.key...)...)
		if code != words.ExitProblems || !strings.Contains(says, "is cut at byte") && !strings.Contains(says, "its end cannot be read") {
			c.Errorf("%d: %v: exit %d\n%s", size, args, code, says)
		}
	}
	if code, says := c.run(append([]string{"backup", "verify", path}, c.key...)...); all && code == words.ExitOK || !all && code != words.ExitFailed {
		c.Errorf("%d: verify: exit %d\n%s", size, code, says)
	}
	code, says := c.run(append([]string{"backup", "restore", path, "--no-sync", "-o", c.in("dump")}, c.key...)...)
	if code != words.ExitProblems {
		c.Errorf("%d: restore: exit %d\n%s", size, code, says)
		return
	}
	c.compareDump(size)
	code, says = c.run(append([]string{"backup", "restore", path, "--parts", "--no-sync", "-o", c.in("saved")}, c.key...)...)
	if code != words.ExitProblems {
		c.Errorf("%d: restore --parts: exit %d\n%s", size, code, says)
		return
	}
	saved := c.readDir("saved")
	lost := false
	for name, want := range c.parts {
		got, there := saved[name]
		if name == flash.ManifestName || name == flash.SumsName || there && bytes.Equal(got, want) {
			continue
		}
		if lost = true; all || !strings.Contains(says, name) {
			c.Errorf("%d: %s is there: %v, it differs, and nothing says so\n%s", size, name, there, says)
		}
	}
	if code, says := c.run("verify", c.in("saved")); (code == words.ExitOK) == lost {
		c.Errorf("%d: the parts are called complete\n%s", size, says)
	}
}

// compareDump compares the bytes of a dump that its map calls read; the others are zeros.
func (c *cutting) compareDump(size int) {
	got, err := os.ReadFile(c.in("dump"))
	if err != nil || len(got) != len(c.rom) {
		c.Errorf("%d: the dump has %d bytes, %v", size, len(got), err)
		return
	}
	read := []flash.Extent{{Length: int64(len(got))}}
	if text, err := os.ReadFile(c.in("dump.map")); err == nil {
		m, err := mapfile.Read(bytes.NewReader(text))
		if err != nil {
			c.Fatal(err)
		}
		read = flash.Without(read, m.Unread(int64(len(got))))
	} // without a map, all bytes must be the phone's
	for _, e := range read {
		if !bytes.Equal(got[e.Offset:e.End()], c.rom[e.Offset:e.End()]) {
			c.Errorf("%d: %v is not the phone's", size, e)
		}
	}
	for _, e := range flash.Without([]flash.Extent{{Length: int64(len(got))}}, read) {
		if !flash.IsZero(got[e.Offset:e.End()]) {
			c.Errorf("%d: %v is not read, and not zeros", size, e)
		}
	}
}

// Of an archive that is cut anywhere, what is left is restored, and the rest is named.
func TestCutArchives(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		t.Run(fmt.Sprintf("sealed %v", sealed), func(t *testing.T) {
			t.Parallel()
			c := &cutting{T: t, dir: t.TempDir()}
			if err := imgtest.SmallMT6765().WriteDump(c.dir); err != nil {
				t.Fatal(err)
			}
			create := []string{"backup", "create", c.in("ROM_1"), "--no-siblings", "-o", c.in("whole")}
			if sealed {
				if err := os.WriteFile(c.in("key"), []byte(testPrivate), 0o600); err != nil {
					t.Fatal(err)
				}
				create, c.key = append(create, "--encrypt", testPublic), []string{"--key", c.in("key")}
			}
			if code, says := c.run(create...); code != words.ExitOK {
				t.Fatal(code, says)
			}
			if code, says := c.run(append([]string{"backup", "restore", c.in("whole"), "--parts", "-o", c.in("parts")}, c.key...)...); code != words.ExitOK {
				t.Fatal(code, says)
			}
			c.parts = c.readDir("parts")
			whole, err := os.ReadFile(c.in("whole"))
			if err == nil {
				c.rom, err = os.ReadFile(c.in("ROM_1"))
			}
			if err != nil {
				t.Fatal(err)
			}
			least := 3000 // the draft is before it
			if sealed {
				least = 70000 // the first piece of 64 KiB
			}
			var sizes []int
			for i := range 26 {
				sizes = append(sizes, least+i*(len(whole)-least)/26)
			}
			sizes = append(sizes, len(whole)-1, len(whole)-5, len(whole)-9, len(whole)-300)
			slices.Sort(sizes)
			for _, size := range []int{0, 50, 300, 1000} { // nothing, or almost nothing, is left
				if err := os.WriteFile(c.in("cut"), whole[:size], 0o666); err != nil {
					t.Fatal(err)
				}
				for _, args := range [][]string{{"info"}, {"backup", "list"}, {"backup", "verify"}, {"backup", "restore", "-o", c.in("none")}, {"backup", "restore", "--parts", "-o", c.in("none")}} {
					if code, says := c.run(slices.Concat(args, []string{c.in("cut")}, c.key)...); code == words.ExitOK {
						t.Errorf("%d: %v: exit %d\n%s", size, args, code, says)
					}
				}
			}
			for _, size := range sizes {
				c.try(whole, size, !sealed && size >= len(whole)-300)
			}
		})
	}
}
