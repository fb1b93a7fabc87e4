package acquiretest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"
)

// traced is one line of a trace.
type traced struct {
	Milliseconds int64  `json:"ms"`
	From         string `json:"from"` // "phone" or "host"
	Place        string `json:"place"`
	Length       int    `json:"length"`
	Bytes        string `json:"bytes,omitempty"` // hexadecimal, for short messages
	SHA256       string `json:"sha256,omitempty"`
}

// TraceTo returns a function for Phone.Trace that writes all sent and received messages to w, one
// JSON object a line. The places are those of faults. Write errors are ignored.
func TraceTo(w io.Writer) func(out bool, place string, b []byte) {
	const short = 64
	start, enc := time.Now(), json.NewEncoder(w)
	return func(out bool, place string, b []byte) {
		t := traced{Milliseconds: time.Since(start).Milliseconds(), From: "host", Place: place, Length: len(b)}
		if out {
			t.From = "phone"
		}
		if len(b) <= short {
			t.Bytes = hex.EncodeToString(b)
		} else {
			sum := sha256.Sum256(b)
			t.SHA256 = hex.EncodeToString(sum[:])
		}
		_ = enc.Encode(t)
	}
}
