package commands

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/ui/form"
	"github.com/mtkkit/mtkkit/ui/job"
	"github.com/mtkkit/mtkkit/words"
)

// filled returns values for an action with every field filled in, once for each choice of each field.
// Texts look like options: they must stay values.
func filled(a *form.Action) (out []form.Values) {
	with := func(name, choice string) {
		v := form.Values{}
		for _, f := range a.Fields {
			switch {
			case f.Type == form.Choice:
				v[f.Name] = f.Choices[0].Value
			case f.Type == form.Switch:
				v[f.Name] = form.On
			case f.Type == form.Number:
				v[f.Name] = strconv.Itoa(f.Most)
			case f.Type == form.Passphrase:
				v[f.Name], v[f.Again()] = "secret", "secret"
			case f.Option == "--device-size": // no other text is a size
				v[f.Name] = "58G"
			default:
				v[f.Name] = "--force"
			}
		}
		v[name] = choice
		out = append(out, v)
	}
	with("", "")
	for _, f := range a.Fields {
		for _, c := range f.Choices {
			with(f.Name, c.Value)
		}
	}
	return out
}

// Each command takes what its form gives it.
func TestFormsParse(t *testing.T) {
	var o form.Opened
	o.Path, o.Scatter, o.Boot1, o.Key = "/d/ROM_1", "/d/scatter.txt", "/d/BOOT_1", "/d/key"
	for _, a := range form.All() {
		for _, v := range filled(a) {
			if v["encrypt"] != "passphrase" {
				delete(v, "passphrase")
			}
			a.Complete(o, v)
			order, wrong := a.Order(o, v)
			if wrong != nil {
				t.Fatalf("%s %v: %v", a.Name, v, wrong)
			}
			u := newWindowUI()
			if err := u.parse(t.Context(), append([]string{"mtkkit"}, order.Args...)); err != nil || u.work == nil {
				t.Errorf("%s: %q: %v", a.Name, order.Args, err)
			}
		}
	}
}

// A table with options that do not exist must not pass the test above.
func TestFormsParseFails(t *testing.T) {
	u := newWindowUI()
	if u.parse(t.Context(), []string{"mtkkit", "split", "--no-such-option", "x"}) == nil {
		t.Error("an unknown option is no error")
	}
}

// listener hears what a job tells.
type listener struct {
	passphrase string
	lines      []string
}

func (l *listener) Line(v words.Voice, text string) { l.lines = append(l.lines, string(v)+": "+text) }
func (l *listener) Progress(flash.Event)            {}
func (l *listener) Passphrase(context.Context, string) (string, error) {
	return l.passphrase, nil
}

// windowRun does what a person does with forms, one after the other.
type windowRun struct {
	t   *testing.T
	dir string
}

// do fills in a form, runs it, and returns its order. The command must have ended with one of the codes.
func (w windowRun) do(name string, o form.Opened, typed form.Values, codes ...words.Code) job.Order {
	w.t.Helper()
	a := form.Find(name)
	v := a.Defaults(o)
	maps.Copy(v, typed)
	a.Complete(o, v)
	order, wrong := a.Order(o, v)
	if wrong != nil {
		w.t.Fatalf("%s: %v", name, wrong)
	}
	h := &listener{passphrase: order.Passphrase}
	code := newWindowUI().runJob(w.t.Context(), order.Args, h)
	if !slices.Contains(codes, code) {
		w.t.Fatalf("%s: exit %d\n%q\n%s", name, code, order.Args, strings.Join(h.lines, "\n"))
	}
	if code != words.ExitUsage && code != words.ExitRefused && order.Result != "" && !words.IsFile(order.Result) {
		w.t.Errorf("%s: there is no %s", name, order.Result)
	}
	return order
}

// What the forms do with a whole phone.
func TestFormsRun(t *testing.T) {
	w := windowRun{t, t.TempDir()}
	if err := imgtest.SmallMT6765().WriteDump(w.dir); err != nil {
		t.Fatal(err)
	}
	dump := form.Opened{Kind: form.Dump, Path: filepath.Join(w.dir, "ROM_1")}
	good := []words.Code{words.ExitOK, words.ExitProblems}
	parts := form.Opened{Kind: form.Parts, Path: w.do("split", dump, form.Values{"skip": "userdata"}, good...).Result}
	w.do("split", dump, form.Values{"only": "--force", "output": "none"}, words.ExitUsage) // it is no option, and no partition
	w.do("verify", dump, nil, good...)
	w.do("verify", parts, nil, good...)
	w.do("scatter", dump, form.Values{"output": "own"}, good...)
	w.do("preloader", form.Opened{Kind: form.Dump, Path: dump.Path, Boot: filepath.Join(w.dir, "BOOT_1")}, nil, good...)
	again := form.Opened{Kind: form.Dump, Path: w.do("join", form.Opened{Kind: form.Parts, Path: w.do("split", dump, form.Values{"output": "all"}, good...).Result}, nil, good...).Result}
	w.do("compare", dump, form.Values{"other": again.Path}, good...)
	firmware := filepath.Join(w.dir, "firmware")
	if err := errors.Join(os.Mkdir(firmware, 0o777), imgtest.SmallMT6765().WriteFirmware(firmware)); err != nil {
		t.Fatal(err)
	}
	w.do("compare", dump, form.Values{"other": firmware, "page": "compared.html"}, good...)
	w.do("compare", form.Opened{Kind: form.Dump, Path: firmware}, form.Values{"other": dump.Path}, good...)

	locked := form.Values{"encrypt": "passphrase", "passphrase": "open sesame", "passphrase-again": "open sesame", "pieces": "parity", "skip": "userdata"}
	order := w.do("backup", dump, locked, good...)
	if want := dump.Path + ".tar.zst.age"; order.Result != want {
		t.Errorf("the backup is %s, want %s", order.Result, want)
	}
	backup := form.Opened{Kind: form.Archive, Path: order.Result, Passphrase: "open sesame"}
	w.do("verify-backup", backup, nil, good...)
	w.do("repair", backup, nil, good...)
	w.do("compare", dump, form.Values{"other": backup.Path, "secret": "open sesame"}, good...)

	shared := form.Opened{Kind: form.Archive, Path: w.do("backup", dump, form.Values{"purpose": "share", "owner-key": "owner.key"}, good...).Result}
	w.do("restore", shared, form.Values{"restore": "parts"}, good...)
	w.do("plan", shared, form.Values{"target": dump.Path}, good...)
	w.do("leaks", shared, form.Values{"against": dump.Path, "owner-key": "owner.key"}, good...)
	w.do("backup", dump, form.Values{"purpose": "identity", "output": "me"}, words.ExitRefused)
	w.do("backup", dump, form.Values{"purpose": "identity", "plain": form.On, "output": "me"}, good...)
	w.do("recovery", dump, form.Values{"donor": filepath.Join(parts.Path, "recovery.img")}, good...)
	w.do("recovery-of", form.Opened{Kind: form.Stock, Path: filepath.Join(parts.Path, "boot.img")}, form.Values{"donor": filepath.Join(parts.Path, "recovery.img"), "phone": dump.Path, "output": filepath.Join(w.dir, "r.img")}, good...)
}
