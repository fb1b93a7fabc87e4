//go:build unix

package windowtest

import (
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// client asks the window without a browser.
type client struct {
	http.Client
	t    *testing.T
	site string
}

func newClient(t *testing.T, p *program) *client {
	t.Helper()
	c := &client{t: t, site: p.site()}
	c.Jar, _ = cookiejar.New(nil)
	c.read(c.Get(p.Address))
	return c
}

func (c *client) read(r *http.Response, err error) string {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

func (c *client) post(path string, form url.Values) string {
	c.t.Helper()
	return c.read(c.PostForm(c.site+path, form))
}

// open opens a path and returns the address of its page.
func (c *client) open(path string) string {
	c.t.Helper()
	r, err := c.PostForm(c.site+"/open", url.Values{"path": {path}})
	page := c.read(r, err)
	if !strings.HasPrefix(r.Request.URL.Path, "/dump/") {
		c.t.Fatalf("%s was not opened:\n%s", path, page)
	}
	return r.Request.URL.Path
}

var jobPage = regexp.MustCompile(`/jobs/(\d+)/events`)

// run starts a job with a form and waits for its end. It returns the events.
func (c *client) run(path string, form url.Values) string {
	c.t.Helper()
	page := c.post(path, form)
	at := jobPage.FindString(page)
	if at == "" {
		c.t.Fatalf("%s %v started no job:\n%s", path, form, page)
	}
	return c.read(c.Get(c.site + at))
}

// kill ends the program at once, as a power failure does.
func (p *program) kill() {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// The program is killed in the middle of each job. What is left is complete, or it does not look so, and
// the next run of the program can begin again.
func TestKilled(t *testing.T) {
	home := t.TempDir()
	p := startProgram(t, home, "--port", "sim")
	c := newClient(t, p)
	whole := filepath.Join(home, "whole")
	if events := c.run("/phone", url.Values{"from": {"phone"}, "output": {whole}}); !strings.HasSuffix(events, "data: 0\n\n") {
		t.Fatal(events)
	}
	archive := filepath.Join(home, "whole.archive.tar.zst")
	if events := c.run(c.open(whole)+"/do/backup", url.Values{"output": {archive}}); !strings.HasSuffix(events, "data: 0\n\n") {
		t.Fatal(events)
	}
	p.kill()
	for _, job := range []struct {
		name, of string
		out      string
		form     url.Values
	}{
		{"acquire", "", "read", url.Values{"from": {"phone"}}},
		{"split", whole, "whole.parts", nil},
		{"backup", whole, "again.tar.zst", nil},
		{"restore", archive, "ROM_1", nil},
	} {
		for _, grown := range []int64{0, 64 << 10, 1 << 20} { // bytes that are there when it is killed
			t.Run(job.name, func(t *testing.T) {
				p := startProgram(t, home, "--port", "sim")
				c := newClient(t, p)
				out := filepath.Join(t.TempDir(), job.out)
				form := url.Values{"output": {out}}
				maps.Copy(form, job.form)
				at := "/phone"
				if job.of != "" {
					at = c.open(job.of) + "/do/" + job.name
				}
				if page := c.post(at, form); !jobPage.MatchString(page) {
					t.Fatalf("no job:\n%s", page)
				}
				c.waitGrown(filepath.Dir(out), grown)
				p.kill()
				judgeKilled(t, out)
			})
		}
	}
}

// waitGrown waits until more than n bytes are used below a folder, or the first job has ended.
func (c *client) waitGrown(dir string, n int64) {
	c.t.Helper()
	for began := time.Now(); time.Since(began) < patience; {
		if page := c.read(c.Get(c.site + "/jobs/1")); strings.Contains(page, `class="state ok`) {
			return
		}
		var used int64
		_ = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				if i, err := e.Info(); err == nil {
					used += i.Sys().(*syscall.Stat_t).Blocks * 512
				}
			}
			return nil
		})
		if used > n {
			return
		}
	}
	c.t.Fatalf("%d bytes were not written", n)
}

// judgeKilled fails if what a killed job has left looks finished and is not.
func judgeKilled(t *testing.T, out string) {
	t.Helper()
	code, said := command(t, "verify", out)
	if code == 0 {
		t.Logf("it was complete before it was killed: %s", said)
		return
	}
	if strings.Contains(said, "complete and unchanged") {
		t.Errorf("code %d, and it says: %s", code, said)
	}
	p := startProgram(t, t.TempDir())
	c := newClient(t, p)
	page := c.post("/open", url.Values{"path": {out}})
	for _, lie := range []string{"complete and verified", "Nothing is missing"} {
		if strings.Contains(page, lie) {
			t.Errorf("the window says %q of it", lie)
		}
	}
}

// The first Ctrl-C asks if a job runs, the second stops the job and ends the program.
func TestInterrupt(t *testing.T) {
	home := t.TempDir()
	p := startProgram(t, home, "--port", "sim")
	c := newClient(t, p)
	out := filepath.Join(home, "read")
	c.post("/phone", url.Values{"from": {"phone"}, "output": {out}})
	c.waitGrown(out, 64<<10)
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.Said.wait(t, "jobs that have not ended: 1;")
	if page := c.read(c.Get(c.site + "/jobs")); !strings.Contains(page, "Running") {
		t.Error(page)
	}
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	if code, said := command(t, "verify", out); code != 3 {
		t.Errorf("verify says %d: %s", code, said)
	}
}
