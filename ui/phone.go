package ui

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/ui/job"
	"github.com/mtkkit/mtkkit/ui/text"
	"github.com/mtkkit/mtkkit/words"
)

func (w *window) phoneRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /phone", func(rw http.ResponseWriter, r *http.Request) {
		f := newReading(time.Now())
		f.Agent = w.recent.agent()
		if r.FormValue("output") != "" { // the form as it was filled in
			f = readingOf(r.FormValue)
		}
		f.Resume = r.FormValue("resume")
		w.showPhone(rw, r, http.StatusOK, f, nil)
	})
	m.HandleFunc("POST /phone", w.readPhone)
}

// origin is what is read.
type origin string

const (
	switchedOff origin = "phone" // a phone that is plugged in switched off
	running     origin = "adb"   // a rooted phone that runs Android
	card        origin = "files" // a card reader, or files of another tool
)

// reading is the form of the page "Read a phone".
type reading struct {
	From                        origin // switchedOff if it is empty
	Resume                      string // folder of a dump that is continued, "" for a new one
	Agent, Firmware             string // one of them is enough
	Files, Output               string
	Preloader, Auth, Cert       string
	Scatter                     string
	NoUserdata, Reread, Restart bool
	Compress                    bool // pack the dump afterwards, and verify the archive
}

func newReading(now time.Time) reading {
	dir, err := os.UserHomeDir()
	if err != nil {
		dir = "."
	}
	return reading{From: switchedOff, Output: filepath.Join(dir, "phone-"+now.Format("2006-01-02-150405"))}
}

// readingOf reads the form.
func readingOf(value func(name string) string) reading {
	path := func(name string) string { return cleanTyped(value(name)) }
	return reading{
		Resume: value("resume"),
		From:   origin(value("from")), Agent: path("da"), Firmware: path("firmware"), Files: path("files"), Output: absolute(path("output")),
		Preloader: path("preloader"), Auth: path("auth"), Cert: path("cert"), Scatter: path("scatter"),
		NoUserdata: value("no-userdata") != "", Reread: value("reread") != "", Restart: value("restart") != "",
		Compress: value("compress") != "",
	}
}

// absolute completes a typed path; "" stays "".
func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil && path != "" {
		return full
	}
	return path
}

// order makes the job.
func (f reading) order(port string) job.Order {
	args := []string{"acquire"}
	add := func(option, value string) {
		if value != "" {
			args = append(args, option, value)
		}
	}
	input := ""
	switch f.From {
	case running:
		add("--from", "adb")
		input = "adb"
	case card:
		add("--from", f.Files)
		input = f.Files
	default:
		add("--port", port)
		add("--da", f.Agent)
		add("--firmware", f.Firmware)
		add("--preloader", f.Preloader)
		add("--auth", f.Auth)
		add("--cert", f.Cert)
		if f.Restart {
			add("--then", "reboot")
		}
	}
	add("--scatter", f.Scatter)
	if f.NoUserdata && f.Resume == "" { // the dump has recorded what was wanted
		add("--skip", "userdata")
	}
	if f.Reread {
		add("--verify", "reread")
	}
	dir, option := f.Output, "--output"
	if f.Resume != "" {
		dir, option = f.Resume, "--resume"
	}
	outputs := []string{dir}
	if f.Compress {
		args = append(args, "--compress")
		outputs = append(outputs, dir+".tar.zst")
	}
	add(option, dir)
	return job.Order{Name: "acquire", Args: args, Input: input, Outputs: outputs, Result: dir}
}

// phoneCures returns the fields for the options of the reading that a text names.
func phoneCures(l *text.Language, said, filled string) (out []cure) {
	for _, option := range []string{"--da", "--firmware", "--preloader", "--auth", "--cert"} {
		if field := option[2:]; strings.Contains(said+" ", option+" ") {
			out = append(out, cure{l.T("phone." + field), filled + "#" + field})
		}
	}
	return out
}

// check finds what is missing in the form.
func (f reading) check(l *text.Language, port string) error {
	switch {
	case f.Output == "" && f.Resume == "":
		return errors.New(l.T("phone.no-output"))
	case f.From != running && f.From != card && f.Agent+f.Firmware == "" && port != portSim:
		return errors.New(l.T("phone.no-agent"))
	case f.From == card && f.Files == "":
		return errors.New(l.T("phone.no-files"))
	}
	return nil
}

// readPhone starts to read a phone.
func (w *window) readPhone(rw http.ResponseWriter, r *http.Request) {
	f := readingOf(r.PostFormValue)
	if err := f.check(w.language(r), w.Port); err != nil {
		w.showPhone(rw, r, http.StatusUnprocessableEntity, f, err)
		return
	}
	o := f.order(w.Port)
	o.Form = "/phone?" + r.PostForm.Encode()
	j, err := w.jobs.Start(o)
	if err != nil {
		w.showPhone(rw, r, http.StatusConflict, f, err)
		return
	}
	if f.Agent != "" {
		w.recent.setAgent(f.Agent)
	}
	back(rw, r, jobAddress(j))
}

// Origins are what can be read, for the choice on the page.
func (phonePage) Origins() []origin { return []origin{switchedOff, running, card} }

// phonePage is what the page shows.
type phonePage struct {
	reading
	Failure  *failure
	Sim      bool // the phone is the virtual one, which needs no agent
	Paths    map[string]pathField
	Findings []host.Finding
	Ready    bool // nothing prevents reading
}

func (w *window) showPhone(rw http.ResponseWriter, r *http.Request, status int, f reading, err error) {
	l := w.language(r)
	found := examined(filepath.Dir(f.Output))
	w.show(rw, r, status, "phone", view{Data: phonePage{
		reading: f, Failure: failed(err), Sim: w.Port == portSim, Findings: found, Ready: host.Worst(found) <= flash.Note,
		Paths: f.fields(l),
	}})
}

// fields are the paths that the form asks for.
func (f reading) fields(l *text.Language) map[string]pathField {
	field := func(name, value, kind string) pathField {
		return pathField{Name: name, Label: l.T("phone." + name), Help: l.T("phone." + name + ".help"), Value: value, Kind: kind}
	}
	return map[string]pathField{
		"da": field("da", f.Agent, "either"), "firmware": field("firmware", f.Firmware, "either"), "files": field("files", f.Files, "either"), "output": field("output", f.Output, "save"),
		"preloader": field("preloader", f.Preloader, "file"), "auth": field("auth", f.Auth, "file"), "cert": field("cert", f.Cert, "file"),
		"scatter": scatterField(l, f.Scatter),
	}
}

// examined returns what prevents this computer from reading a phone into a folder.
func examined(dir string) []host.Finding {
	facts, err := host.Gather()
	if err == nil {
		facts.Target, err = host.LookAt(dir)
	}
	if err != nil {
		return []host.Finding{{Severity: flash.Warning, About: dir, Text: words.Plain(err.Error())}}
	}
	return words.Fixes(host.Check(facts))
}

// isBegun reports whether a folder has a dump that can be continued.
func isBegun(dir string) bool { return acquire.Check(dir) == nil }

// isUnfinished reports whether a folder has a dump of which something is still to be read.
func isUnfinished(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, flash.ManifestName))
	return isBegun(dir) && errors.Is(err, fs.ErrNotExist)
}

// resumed returns the order that continues a dump, or begins it again if nothing was read. The dump has
// recorded what was wanted of the phone.
func resumed(o job.Order) job.Order {
	if !isBegun(o.Result) {
		return o
	}
	var args []string
	for i := 0; i < len(o.Args); i++ {
		switch a := o.Args[i]; a {
		case "--only", "--skip":
			i++
		case "--output":
			args = append(args, "--resume")
		default:
			args = append(args, a)
		}
	}
	o.Args = args
	return o
}

// wanted returns what the user of a phone must do now, "" for nothing: the last note, until data come.
func wanted(s job.Snapshot) string {
	if s.State != job.Running || s.Event.Op != "" || len(s.Lines) == 0 {
		return ""
	}
	last := s.Lines[len(s.Lines)-1]
	return strings.TrimSpace(last.Text)
}
