package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
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
