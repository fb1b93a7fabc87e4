package windowtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/mtkkit/mtkkit/cmd/commands"
)

// asProgram makes the test binary behave as the program.
const asProgram = "MTKKIT_WINDOW_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(commands.Main())
	}
	os.Exit(m.Run())
}

// program is a running window.
type program struct {
	*exec.Cmd
	Address string // the link that opens it
	Home    string // home folder of its user
	Said    log    // standard error
}

// log is a text that grows while it is read.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// wait waits until the text has a part.
func (l *log) wait(t *testing.T, part string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(10 * time.Millisecond) {
		l.mu.Lock()
		text := l.text.String()
		l.mu.Unlock()
		if strings.Contains(text, part) {
			return
		}
	}
	t.Fatalf("the program does not say %q", part)
}

var link = regexp.MustCompile(`http://\S+`)

// startProgram starts the program with a home folder of its own and waits until it listens.
func startProgram(t *testing.T, home string, args ...string) *program {
	t.Helper()
	p := &program{Cmd: exec.Command(os.Args[0], append([]string{"ui", "--no-browser"}, args...)...), Home: home}
	p.Env = append(os.Environ(), asProgram+"=1", "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"))
	p.Dir = home
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stderr = &p.Said
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if p.Address = link.FindString(line); p.Address == "" {
		t.Fatalf("no address: %q %v", line, err)
	}
	return p
}

// site is the address of the start page.
func (p *program) site() string { return p.Address[:strings.Index(p.Address, "/open")] }

// chromium returns the browser's path.
func chromium(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	return path
}

// tab is a page in the browser.
type tab struct {
	context.Context
	t         *testing.T
	Downloads string
	Clicks    int // of the person
}

// openTab opens the window's link in a new browser.
func openTab(t *testing.T, p *program) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("lang", "en-US"))
	all, endAll := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(endAll)
	ctx, end := chromedp.NewContext(all)
	t.Cleanup(end)
	b := &tab{Context: ctx, t: t, Downloads: t.TempDir()}
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context of its first action
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(p.Address), chromedp.WaitVisible(chromedp.CSS("nav")))
	if _, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: b.Downloads}); err != nil {
		t.Fatal(err)
	}
	return b
}

// patience is how long a page may take. It only ends a test that hangs.
const patience = 4 * time.Minute

// do runs actions.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.Context, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("%v\non the page %s", err, b.text())
	}
}

// text returns what the page says.
func (b *tab) text() string {
	ctx, cancel := context.WithTimeout(b.Context, 5*time.Second)
	defer cancel()
	s, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	return s
}

// ask returns the value of a script.
func ask[T any](b *tab, script string, opts ...chromedp.EvaluateOption) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.Context, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, opts...))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// click clicks on the first visible element that a selector finds, and counts it.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.Clicks++
	b.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// leave clicks on an element that leads to another page, and waits until the browser is there.
func (b *tab) leave(selector string) {
	b.t.Helper()
	here := b.address()
	b.click(selector)
	for began := time.Now(); b.address() == here; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > patience {
			b.t.Fatalf("%s leads nowhere", selector)
		}
	}
	b.loaded()
}

// loaded waits until all of the page is there.
func (b *tab) loaded() {
	b.t.Helper()
	b.see("main")
	ctx, cancel := context.WithTimeout(b.Context, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.readyState === "complete"`)); err != nil {
		b.t.Fatal(err)
	}
}

// address returns where the browser is.
func (b *tab) address() string {
	b.t.Helper()
	at, err := chromedp.Run(b.Context, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return at
}

// clickLink clicks on the first link in a table whose text is name.
func (b *tab) clickLink(name string) {
	b.t.Helper()
	b.Clicks++
	b.do(chromedp.Click(chromedp.Search(fmt.Sprintf(`//td//a[normalize-space()=%q]`, name)), chromedp.NodeVisible))
}

// see waits until an element is visible.
func (b *tab) see(selector string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(selector)))
}

// says fails if the page lacks a text.
func (b *tab) says(want string) {
	b.t.Helper()
	if got := b.text(); !strings.Contains(got, want) {
		b.t.Errorf("the page does not say %q:\n%s", want, got)
	}
}

// fill types a value into a field.
func (b *tab) fill(selector, value string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.CSS(selector), value))
}

// shape is the size and the colors of a page.
type shape struct {
	Width int64
	Dark  bool
}

var shapes = []shape{{1200, false}, {1200, true}, {400, false}, {400, true}}

func (s shape) String() string {
	light := "light"
	if s.Dark {
		light = "dark"
	}
	return fmt.Sprintf("%d-%s", s.Width, light)
}

// take gives the tab a shape.
func (b *tab) take(s shape) {
	b.t.Helper()
	scheme := "light"
	if s.Dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(b.Context, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: s.Width, Height: 900, DeviceScaleFactor: 1})
	if err == nil {
		_, err = chromedp.Call(b.Context, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// look judges the page in every shape: nothing is wider than the screen, and axe finds no serious fault.
// With MTKKIT_SHOTS it writes a picture of each.
func (b *tab) look(name string) {
	b.t.Helper()
	for _, s := range shapes {
		b.show(name, s)
		if s.Dark == (s.Width < 1000) { // axe takes seconds: each width and each scheme once
			for _, fault := range b.axe() {
				b.t.Errorf("%s at %v: %s", name, s, fault)
			}
		}
	}
	b.take(shapes[0])
}

// show gives the page a shape: nothing is wider than the screen. With MTKKIT_SHOTS it writes a picture.
func (b *tab) show(name string, s shape) {
	b.t.Helper()
	b.take(s)
	if wide := ask[int64](b, `document.documentElement.scrollWidth`); wide > s.Width {
		b.t.Errorf("%s at %v: %d pixels wide", name, s, wide)
	}
	if dir := os.Getenv("MTKKIT_SHOTS"); dir != "" {
		png, err := chromedp.Run(b.Context, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+"-"+s.String()+".png"), png, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
}

// axe returns the serious faults that axe-core finds, none if it is not at hand.
func (b *tab) axe() []string {
	path := os.Getenv("MTKKIT_AXE")
	if path == "" {
		return nil
	}
	script, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	ask[any](b, string(script)+"; 0")
	return ask[[]string](b, `axe.run().then(r => r.violations
		.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => v.id + ": " + v.help + ": " + v.nodes.map(n => n.html).slice(0, 3).join("  ")))`, chromedp.EvalAwaitPromise)
}

// visit goes to an address.
func (b *tab) visit(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS("main")))
}

// command runs the program as a command in a terminal and returns its exit code and output.
func command(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	b, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(b)
}
