package ui

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/plan"
)

// attach begins an answer that browsers save as a file and never show. The name may come from a dump.
func attach(rw http.ResponseWriter, name string, size int64) {
	name, ascii := downloadName(name)
	h := rw.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, ascii, strings.ReplaceAll(url.QueryEscape(name), "+", "%20")))
	h.Set("Content-Length", strconv.FormatInt(size, 10))
}

// downloadName returns a name that is safe on every file system, and the same in ASCII.
func downloadName(name string) (safe, ascii string) {
	safe, _ = plan.SafeName(path.Base(name))
	if safe == "" {
		safe = "file"
	}
	return safe, strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7E || strings.ContainsRune(`"\%;`, r) {
			return '_'
		}
		return r
	}, safe)
}

// held is the number of bytes that a download keeps back until the last check, bytes.
const held = 64 << 10

// lastHeld writes all but the last bytes, so that a browser cannot take a download for complete whose
// last check fails.
type lastHeld struct {
	to   io.Writer
	tail []byte
	sent bool
}

func (h *lastHeld) Write(p []byte) (int, error) {
	h.tail = append(h.tail, p...)
	if n := len(h.tail) - held; n > 0 {
		h.sent = true
		if _, err := h.to.Write(h.tail[:n]); err != nil {
			return 0, err
		}
		h.tail = append(h.tail[:0], h.tail[n:]...)
	}
	return len(p), nil
}

// send sends a file that fill writes. If fill fails, the page of the error is shown. If bytes were
// sent before, the connection is broken: the browser then reports a failed download.
func (w *window) send(rw http.ResponseWriter, r *http.Request, name string, size int64, fill func(context.Context, io.Writer) error) {
	attach(rw, name, size)
	if r.Method == http.MethodHead {
		return
	}
	h := &lastHeld{to: rw}
	err := fill(r.Context(), h)
	switch {
	case err == nil:
		_, _ = rw.Write(h.tail) // the browser may be gone
	case h.sent:
		panic(http.ErrAbortHandler)
	default:
		rw.Header().Del("Content-Disposition")
		rw.Header().Del("Content-Length")
		w.refuse(rw, r, http.StatusConflict, err)
	}
}
