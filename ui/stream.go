package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/mtkkit/mtkkit/ui/text"
)

// stream is an answer of Server-Sent Events.
type stream struct{ http.ResponseWriter }

// newStream begins the answer.
func newStream(rw http.ResponseWriter) stream {
	rw.Header().Set("Content-Type", "text/event-stream")
	return stream{rw}
}

// send sends one event with a value as JSON. It returns an error if the browser is gone.
func (s stream) send(event string, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s, "event: %s\ndata: %s\n\n", event, b); err != nil {
		return err
	}
	return http.NewResponseController(s.ResponseWriter).Flush()
}

// often is the shortest time between two events: a page need not change more often.
const often = 200 * time.Millisecond

// look is what the changing part of a page shows at one time.
type look struct {
	Data    any             // for the template
	Ended   any             // the last event of the stream; nil if there is more to come
	Changed <-chan struct{} // closed at the next change
}

// follow sends the changing part of a page, as HTML, until it has ended. part is the template for it.
func (w *window) follow(rw http.ResponseWriter, r *http.Request, page, part string, at func(*text.Language) look) {
	l := w.language(r)
	t, err := pages[page].Clone()
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	t.Funcs(functions(l))
	for s := newStream(rw); ; {
		now := at(l)
		var b bytes.Buffer
		if t.ExecuteTemplate(&b, part, now.Data) != nil || s.send("part", b.String()) != nil {
			return
		}
		if now.Ended != nil {
			_ = s.send("ended", now.Ended) // the browser may be gone
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-now.Changed:
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(often):
		}
	}
}
