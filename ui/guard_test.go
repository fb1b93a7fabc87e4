package ui

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// guardedWindow is a guarded server as the program runs it. Behind the guard, /form reads a form, and
// any other page says "inside".
type guardedWindow struct {
	*guard
	addr   string
	inside int // requests that came through
}

func newGuardedWindow(t *testing.T, on string) *guardedWindow {
	t.Helper()
	l, err := net.Listen("tcp", on)
	if err != nil {
		t.Skip(err) // no IPv6 here
	}
	w := &guardedWindow{guard: newGuard(l.Addr().String()), addr: l.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) { w.inside++; io.WriteString(rw, "inside") })
	mux.HandleFunc("POST /form", func(rw http.ResponseWriter, r *http.Request) {
		w.inside++
		var large *http.MaxBytesError
		if _, err := io.ReadAll(r.Body); errors.As(err, &large) {
			rw.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: w.wrap(mux)}}
	s.Start()
	t.Cleanup(s.Close)
	return w
}

// raw sends a request as it is written and returns the answer without its body, which is text.
func (w *guardedWindow) raw(t *testing.T, request string) (answer *http.Response, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, request) // the server may answer before it has read all
	method, _, _ := strings.Cut(request, " ")
	answer, err = http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method}) // HEAD has no body
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

// token takes the token out of a new link.
func (w *guardedWindow) token(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(w.link())
	if err != nil || u.Query().Get("token") == "" {
		t.Fatal(u, err)
	}
	return u.Query().Get("token")
}

func (w *guardedWindow) cookieLine() string { return "Cookie: " + w.cookie + "=" + w.secret + "\r\n" }

var safeHeaders = map[string]string{
	"Content-Security-Policy":      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cache-Control":                "no-store",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

func checkSafeHeaders(t *testing.T, answer *http.Response) {
	t.Helper()
	for name, want := range safeHeaders {
		if got := answer.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for name := range answer.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("the answer has %s", name)
		}
	}
}

// Each request differs from a right one in what its name says.
func TestGuard(t *testing.T) {
	other := newGuardedWindow(t, "127.0.0.1:0")
	for _, c := range []struct {
		name, start string // the request line without its protocol
		host        string // the Host header, %s is the right one
		headers     string // COOKIE stands for the line of the right cookie
		status      int
		says        string
	}{
		{"right", "GET /", "%s", "COOKIE", 200, "inside"},
		{"right, HEAD", "HEAD /", "%s", "COOKIE", 200, ""},
		{"right form", "POST /form", "%s", "COOKIEContent-Length: 3\r\nOrigin: http://ADDR\r\nSec-Fetch-Site: same-origin\r\n\r\na=b", 200, ""},
		{"right form of an old browser", "POST /form", "%s", "COOKIEContent-Length: 3\r\nOrigin: http://ADDR\r\n\r\na=b", 200, ""},
		{"a wrong cookie before the right one", "GET /", "%s", "Cookie: NAME=x; NAME=SECRET\r\n", 200, "inside"},
		{"absolute form", "GET http://ADDR/", "%s", "COOKIE", 200, "inside"},

		{"wrong host", "GET /", "evil.example", "COOKIE", 421, "not at this address"},
		{"name that points here", "GET /", "evil.example:PORT", "COOKIE", 421, ""},
		{"localhost", "GET /", "localhost:PORT", "COOKIE", 421, ""},
		{"other port", "GET /", "127.0.0.1:1", "COOKIE", 421, ""},
		{"no port", "GET /", "127.0.0.1", "COOKIE", 421, ""},
		{"other loopback address", "GET /", "127.0.0.2:PORT", "COOKIE", 421, ""},
		{"host with a dot", "GET /", "127.0.0.1.:PORT", "COOKIE", 421, ""},
		{"host as a number", "GET /", "2130706433:PORT", "COOKIE", 421, ""},
		{"empty host", "GET /", "", "COOKIE", 421, ""},
		{"absolute form, another host", "GET http://evil.example/", "%s", "COOKIE", 421, ""},
		{"a link at a wrong host", "GET /open?token=TOKEN", "evil.example", "", 421, ""},

		{"no cookie", "GET /", "%s", "", 403, "has not opened the window"},
		{"no cookie, HEAD", "HEAD /", "%s", "", 403, ""},
		{"no cookie, file", "GET /static/style.css", "%s", "", 403, ""},
		{"no cookie, form", "POST /form", "%s", "Content-Length: 3\r\n\r\na=b", 403, ""},
		{"wrong cookie", "GET /", "%s", "Cookie: NAME=x\r\n", 403, ""},
		{"empty cookie", "GET /", "%s", "Cookie: NAME=\r\n", 403, ""},
		{"start of the cookie", "GET /", "%s", "Cookie: NAME=PREFIX\r\n", 403, ""},
		{"cookie under another name", "GET /", "%s", "Cookie: mtkkit=SECRET\r\n", 403, ""},
		{"cookie of another window", "GET /", "%s", other.cookieLine(), 403, ""},
		{"cookie of another window under our name", "GET /", "%s", "Cookie: NAME=" + other.secret + "\r\n", 403, ""},
		{"the token as cookie", "GET /", "%s", "Cookie: NAME=TOKEN\r\n", 403, ""},
		{"path with dots", "GET /static/../form", "%s", "", 403, ""},
		{"link with dots", "GET /x/../open?token=TOKEN", "%s", "", 403, "has not opened the window"},
		{"path with dots, cookie", "GET /x/../../form", "%s", "COOKIE", 307, ""},

		{"link without token", "GET /open", "%s", "", 403, "used before"},
		{"empty token", "GET /open?token=", "%s", "", 403, "used before"},
		{"wrong token", "GET /open?token=x", "%s", "", 403, "used before"},
		{"start of a token", "GET /open?token=PREFTOK", "%s", "", 403, "used before"},
		{"the cookie as token", "GET /open?token=SECRET", "%s", "", 403, "used before"},
		{"token of another window", "GET /open?token=" + other.token(t), "%s", "", 403, "used before"},
		{"token in a form", "POST /open?token=TOKEN", "%s", "Content-Length: 0\r\n", 403, ""},
		{"token only looked at", "HEAD /open?token=TOKEN", "%s", "", 403, ""},

		{"form of another site", "POST /form", "%s", "COOKIEContent-Length: 3\r\nOrigin: https://evil.example\r\n\r\na=b", 403, "another site"},
		{"form of another site, new browser", "POST /form", "%s", "COOKIEContent-Length: 3\r\nSec-Fetch-Site: cross-site\r\n\r\na=b", 403, "another site"},
		{"form of another port", "POST /form", "%s", "COOKIEContent-Length: 3\r\nSec-Fetch-Site: same-site\r\n\r\na=b", 403, "another site"},
		{"form of another port, old browser", "POST /form", "%s", "COOKIEContent-Length: 3\r\nOrigin: http://127.0.0.1:1\r\n\r\na=b", 403, "another site"},
		{"form of a file or frame", "POST /form", "%s", "COOKIEContent-Length: 3\r\nOrigin: null\r\n\r\na=b", 403, "another site"},

		{"PUT", "PUT /", "%s", "COOKIEContent-Length: 0\r\n", 405, "Only pages"},
		{"DELETE", "DELETE /", "%s", "COOKIE", 405, ""},
		{"TRACE", "TRACE /", "%s", "COOKIE", 405, ""},
		{"CONNECT", "CONNECT ADDR", "%s", "COOKIE", 405, ""},
		{"unknown method", "get /", "%s", "COOKIE", 405, ""},
		{"preflight", "OPTIONS /form", "%s", "COOKIEOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Private-Network: true\r\n", 405, ""},

		{"large form", "POST /form", "%s", fmt.Sprintf("COOKIEContent-Length: %d\r\n", maxBody+1), 413, "too large"},
		{"large form, length not given", "POST /form", "%s", "COOKIETransfer-Encoding: chunked\r\n\r\n" + chunks(maxBody+1), 413, ""},
		{"large form with fields, length not given", "POST /form", "%s", "COOKIE" + fields + "Transfer-Encoding: chunked\r\n\r\n" + chunks(maxBody+1), 413, "too large"},
		{"form that breaks off", "POST /form", "%s", "COOKIE" + fields + "Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\nx", 400, "not arrive whole"},
		{"form with a broken field", "POST /form", "%s", "COOKIE" + fields + "Content-Length: 9\r\n\r\na=b&c=%zz", 400, "not arrive whole"},
		{"largest form", "POST /form", "%s", "COOKIETransfer-Encoding: chunked\r\n\r\n" + chunks(maxBody), 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newGuardedWindow(t, "127.0.0.1:0")
			token := w.token(t)
			_, port, _ := net.SplitHostPort(w.addr)
			text := c.start + " HTTP/1.1\r\nHost: " + strings.ReplaceAll(c.host, "%s", w.addr) + "\r\n" + c.headers + "\r\n"
			text = strings.NewReplacer("COOKIE", w.cookieLine(), "ADDR", w.addr, "PORT", port, "NAME", w.cookie, "PREFIX", w.secret[:20],
				"SECRET", w.secret, "PREFTOK", token[:20], "TOKEN", token).Replace(text)
			answer, body := w.raw(t, text)
			if answer.StatusCode != c.status || !strings.Contains(body, c.says) {
				t.Errorf("%s: %s\nwant %d and %q", answer.Status, body, c.status, c.says)
			}
			if refused := c.status >= 400 && c.status != 413; refused && w.inside != 0 {
				t.Error("the request came through")
			}
			if len(answer.Cookies()) != 0 {
				t.Errorf("cookies %v were set", answer.Cookies())
			}
			if c.status == 405 && answer.Header.Get("Allow") != "GET, HEAD, POST" {
				t.Errorf("Allow: %q", answer.Header.Get("Allow"))
			}
			checkSafeHeaders(t, answer)
			if answer, _ := w.raw(t, "GET /open?token="+token+" HTTP/1.1\r\nHost: "+w.addr+"\r\n\r\n"); answer.StatusCode != 200 {
				t.Errorf("after the request, the link does not open: %s", answer.Status)
			}
		})
	}
}

// fields says that the body has fields.
const fields = "Content-Type: application/x-www-form-urlencoded\r\n"

func chunks(n int) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", n, strings.Repeat("x", n)) }

// HTTP/1.0 needs no Host header, the window does.
func TestGuardHTTP10(t *testing.T) {
	w := newGuardedWindow(t, "127.0.0.1:0")
	answer, _ := w.raw(t, "GET / HTTP/1.0\r\n"+w.cookieLine()+"\r\n")
	if answer.StatusCode != http.StatusMisdirectedRequest {
		t.Error(answer.Status)
	}
	checkSafeHeaders(t, answer)
}

// A link opens the window once, and gives a cookie that nobody but this window takes.
func TestLink(t *testing.T) {
	for _, on := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(on, func(t *testing.T) {
			w := newGuardedWindow(t, on)
			get := func(path, headers string) (*http.Response, string) {
				t.Helper()
				return w.raw(t, "GET "+path+" HTTP/1.1\r\nHost: "+w.addr+"\r\n"+headers+"\r\n")
			}
			link, isOurs := strings.CutPrefix(w.link(), "http://"+w.addr)
			second := w.token(t)
			if !isOurs || len(second) < 52 || strings.Contains(link, second) { // 52 characters of 5 bits
				t.Fatal(link, second)
			}

			answer, body := get(link, "")
			checkSafeHeaders(t, answer)
			if answer.StatusCode != 200 || !strings.Contains(body, `<meta http-equiv="refresh" content="0;url=/">`) || !strings.Contains(body, `<a href="/">`) {
				t.Fatal(answer.Status, body)
			}
			_, port, _ := net.SplitHostPort(w.addr)
			if got, want := answer.Header.Get("Set-Cookie"), "mtkkit-"+port+"="+w.secret+"; Path=/; HttpOnly; SameSite=Strict"; got != want {
				t.Errorf("Set-Cookie: %s\nwant %s", got, want)
			}
			if answer, body := get("/", w.cookieLine()); answer.StatusCode != 200 || body != "inside" {
				t.Error(answer.Status, body)
			}
			if answer, body := get(link, ""); answer.StatusCode != 403 || len(answer.Cookies()) != 0 || !strings.Contains(body, "used before") {
				t.Error("the link, again:", answer.Status, body)
			}
			if answer, _ := get(link, w.cookieLine()); answer.StatusCode != 200 {
				t.Error("the link, loaded again by the browser that used it:", answer.Status)
			}
			if answer, _ := get("/open?token="+second, ""); answer.StatusCode != 200 {
				t.Error("a second link:", answer.Status)
			}
		})
	}
}

func TestHostRight(t *testing.T) {
	for _, c := range []struct {
		bound, host string
		right       bool
	}{
		{"127.0.0.1:80", "127.0.0.1", true},
		{"127.0.0.1:80", "127.0.0.1:80", false}, // browsers leave it out
		{"127.0.0.1:8080", "127.0.0.1:80", false},
		{"[::1]:80", "[::1]", true},
		{"192.168.1.5:8080", "192.168.1.5:8080", true},
		{"192.168.1.5:8080", "phone.lan:8080", false},
		{"[::]:8080", "192.168.1.5:8080", true},
		{"[::]:8080", "[fe80::1]:8080", true},
		{"0.0.0.0:80", "192.168.1.5", true},
		{"0.0.0.0:80", "[fe80::1]", true},
		{"0.0.0.0:8080", "evil.example:8080", false},
		{"0.0.0.0:8080", "localhost:8080", false},
		{"0.0.0.0:8080", "", false},
	} {
		if got := newGuard(c.bound).hostRight(c.host); got != c.right {
			t.Errorf("bound to %s, Host %q: %v, want %v", c.bound, c.host, got, c.right)
		}
	}
	if got := newGuard("[::]:8080").link(); !strings.HasPrefix(got, "http://127.0.0.1:8080/open?token=") {
		t.Error(got)
	}
}

// The front end's words replace the English ones, and are escaped.
func TestGuardWords(t *testing.T) {
	g := newGuard("127.0.0.1:1234")
	g.words = func(_ *http.Request, key string) (text, lang string) { return "¿" + key + " <b>?", "es" }
	w := httptest.NewRecorder()
	g.wrap(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1:1234/", nil))
	if body := w.Body.String(); !strings.Contains(body, `<html lang="es">`) || !strings.Contains(body, "¿guard.session &lt;b&gt;?") {
		t.Error(body)
	}
}
