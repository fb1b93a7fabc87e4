package ui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
)

// opening is what the user opens: a path, and the files that belong to it. "" is none.
type opening struct {
	Path, Scatter, Boot1 string
	Key                  string // file with the private key of an encrypted backup
	Passphrase           string
}

// args returns the options with which a command reads the same dump.
func (o opening) args() (out []string) {
	for _, a := range []struct{ option, value string }{{"--scatter", o.Scatter}, {"--boot1", o.Boot1}, {"--key", o.Key}} {
		if a.value != "" {
			out = append(out, a.option, a.value)
		}
	}
	return out
}

// opened is a dump, a backup or a folder that is open in the window.
type opened struct {
	id int
	opening
}

// address is the path of its page.
func (o *opened) address() string { return fmt.Sprintf("/dump/%d", o.id) }

// dumps are those that are open.
type dumps struct {
	mu   sync.Mutex
	list []*opened
}

func (d *dumps) close() {}

// open returns the opened dump for what is opened, a new one if it is not open yet.
func (d *dumps) open(o opening) *opened {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range d.list {
		if x.opening == o {
			return x
		}
	}
	x := &opened{id: len(d.list) + 1, opening: o}
	d.list = append(d.list, x)
	return x
}

func (w *window) dumpRoutes(m *http.ServeMux) {
	m.HandleFunc("POST /open", func(rw http.ResponseWriter, r *http.Request) {
		o := opening{Path: cleanTyped(r.PostFormValue("path")), Scatter: cleanTyped(r.PostFormValue("scatter")), Boot1: cleanTyped(r.PostFormValue("boot1"))}
		d, err := dump.Open(context.Background(), o.Path, o.options())
		if err != nil {
			w.showStart(rw, r, http.StatusOK, o, err)
			return
		}
		d.Close()
		w.recent.add(o.Path, filepath.Base(o.Path))
		back(rw, r, w.dumps.open(o).address())
	})
	m.HandleFunc("GET /dump/{id}", w.withDump(func(rw http.ResponseWriter, r *http.Request, o *opened) {
		w.show(rw, r, http.StatusOK, "dump", view{Data: o.Path})
	}))
}

// options are those of the library.
func (o opening) options() dump.Options {
	return dump.Options{Table: o.Scatter, Boot1: o.Boot1, Keys: func() ([]seal.Key, error) { return nil, nil }}
}

// withDump finds the opened dump of an address.
func (w *window) withDump(do func(http.ResponseWriter, *http.Request, *opened)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		id, _ := strconv.Atoi(r.PathValue("id"))
		w.dumps.mu.Lock()
		list := w.dumps.list
		w.dumps.mu.Unlock()
		if id < 1 || id > len(list) {
			w.refuse(rw, r, http.StatusNotFound, errors.New("this dump is not open: open it again"))
			return
		}
		do(rw, r, list[id-1])
	}
}
