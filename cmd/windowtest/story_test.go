package windowtest

import "testing"

// A person reads the virtual phone, loses the cable, and goes on.
func TestStory(t *testing.T) {
	p := startProgram(t, t.TempDir(), "--port", "sim")
	b := openTab(t, p)
	b.look("start")
	b.click(`a.button[href="/phone"]`)
	b.see("#read")
	b.look("phone")
	b.click("#read")
	b.see("progress[value]:not([value='0'])")
	b.look("reading")
	b.click("#pull")
	b.see("#go-on")
	b.look("pulled")
	b.says("Go on")
	b.click("#go-on")
	b.see(".state.ok")
	b.look("read")
	t.Logf("%d clicks\n%s", b.Clicks, b.text())
}
