package ui

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/mtkkit/mtkkit/ui/text"
)

// maxBody is the largest body of a request, bytes. Files are chosen by their paths and never
// sent, so that only forms have a body.
const maxBody = 1 << 20

// guard lets in the one user that the window is for. Other users of this computer and pages of
// other sites can reach its port as well:
//
//	a page of another site            the Host header, Sec-Fetch-Site and Origin, the cookie
//	a name that points to 127.0.0.1   the Host header
//	a program of another user         the user of the connection (Linux), the cookie
//	who sees the link later           a link can be used once
//
// Browsers send a cookie to all ports of a host. Thus a server of another user, on another port
// of this address, gets the cookie if the user visits it. On Linux the cookie is of no use to
// that user. On other systems nothing else protects it.
type guard struct {
	host   string // the only Host header that is right; "": any IP address
	local  string // the host of links
	cookie string // the cookie's name
	secret string // the cookie's value
	origin http.CrossOriginProtection

	// words returns the text for a key of the catalogue in the language of a request, and the language
	// as in the attribute lang.
	words func(r *http.Request, key string) (text, lang string)

	mu     sync.Mutex
	tokens []string // of links that were not used yet
}

// newGuard returns the guard of a window that listens on host, which is an IP address and a port.
// If it listens on all addresses, every IP address is right and a name still is not: nobody can
// point an IP address elsewhere.
func newGuard(host string) *guard {
	addr, port, err := net.SplitHostPort(host)
	g := &guard{local: host, cookie: "mtkkit-" + port, secret: rand.Text() + rand.Text(), words: guardWords}
	if ip, bad := netip.ParseAddr(addr); err == nil && bad == nil && ip.IsUnspecified() {
		g.local = net.JoinHostPort("127.0.0.1", port)
		return g
	}
	g.host = strings.TrimSuffix(host, ":80") // browsers leave out the usual port
	return g
}

// link makes an address that opens the window in a browser. Each one can be used once, and one
// does not replace those before it.
func (g *guard) link() string {
	token := rand.Text() + rand.Text() // 260 bits
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tokens = append(g.tokens, token)
	return "http://" + g.local + "/open?token=" + token
}

// use reports whether token is that of a link, and ends the link.
func (g *guard) use(token string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := len(g.tokens)
	g.tokens = slices.DeleteFunc(g.tokens, func(t string) bool { return sameSecret(t, token) })
	return len(g.tokens) < n
}

// knows reports whether a request has the cookie. A server on another port can set cookies of
// this name as well, thus all of them are compared.
func (g *guard) knows(r *http.Request) bool {
	return slices.ContainsFunc(r.CookiesNamed(g.cookie), func(c *http.Cookie) bool { return sameSecret(c.Value, g.secret) })
}

func sameSecret(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// wrap returns a handler that passes to next what the user of the window asks for:
//
//	421 the Host header is not the address of the window
//	403 another user of this computer asks, or has asked and closed the connection
//	405 the method is not GET, HEAD or POST
//	403 a page of another site sends a form
//	413 the body is larger than maxBody
//	403 /open has no token of a link, or one that was used
//	403 the cookie is missing or wrong
//	400 the form did not arrive whole: fields that are missing would count as empty
//
// Every answer has the headers of setHeaders.
func (g *guard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		if status, key := g.refusal(r); status != 0 {
			g.answer(w, r, status, key)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		switch known := g.knows(r); {
		case r.Method == http.MethodGet && r.URL.Path == "/open":
			g.open(w, r, known)
		case !known:
			g.answer(w, r, http.StatusForbidden, "guard.session")
		default:
			if status, key := broken(r); status != 0 {
				g.answer(w, r, status, key)
				return
			}
			next.ServeHTTP(w, r)
		}
	})
}

// broken reads a form. It returns the status for one that is too large or not whole, and the key of its
// text; 0 for others.
func broken(r *http.Request) (status int, key string) {
	if r.Method != http.MethodPost {
		return 0, ""
	}
	err := r.ParseForm()
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return http.StatusRequestEntityTooLarge, "guard.size"
	}
	if err != nil {
		return http.StatusBadRequest, "guard.form"
	}
	return 0, ""
}

// refusal returns the status for a request that is refused whoever sends it, and the key of its
// text; 0 for others.
func (g *guard) refusal(r *http.Request) (status int, key string) {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	switch {
	case !g.hostRight(r.Host):
		return http.StatusMisdirectedRequest, "guard.host"
	case local != nil && otherUser(r.RemoteAddr, local.String()):
		return http.StatusForbidden, "guard.user"
	case !slices.Contains(guardMethods, r.Method):
		return http.StatusMethodNotAllowed, "guard.method"
	case g.origin.Check(r) != nil:
		return http.StatusForbidden, "guard.site"
	case r.ContentLength > maxBody:
		return http.StatusRequestEntityTooLarge, "guard.size"
	}
	return 0, ""
}

var guardMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost}

func (g *guard) hostRight(host string) bool {
	if g.host != "" {
		return host == g.host
	}
	if _, err := netip.ParseAddrPort(host); err == nil {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]")) // at the usual port
	return err == nil
}

// open answers a link. A link that was used leads to the window all the same if the browser has
// the cookie: browsers load addresses again.
func (g *guard) open(w http.ResponseWriter, r *http.Request, known bool) {
	if !known && !g.use(r.URL.Query().Get("token")) {
		g.answer(w, r, http.StatusForbidden, "guard.link")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: g.secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	g.answer(w, r, http.StatusOK, "guard.open")
}

// setHeaders sets the headers of all answers. There is none of CORS: no other site may read.
func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// guardWords are the texts of the catalogue. A browser that was not let in has no chosen language.
func guardWords(r *http.Request, key string) (said, lang string) {
	l := text.Accepted(r.Header.Get("Accept-Language"))
	return l.T(key), l.Code
}

// guardPage goes to the first page if a browser has just got its cookie. A redirect would not do:
// when the link was followed from a page or file elsewhere, the browser does not send the cookie
// (SameSite=Strict) to any address of that chain. This page starts a new one.
var guardPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{{if .Open}}<meta http-equiv="refresh" content="0;url=/">
{{end}}<title>mtkkit</title>
</head>
<body>
<main><h1>mtkkit</h1>
<p>{{if .Open}}<a href="/">{{.Text}}</a>{{else}}{{.Text}}{{end}}</p></main>
</body>
</html>
`))

// answer sends a page of the guard itself.
func (g *guard) answer(w http.ResponseWriter, r *http.Request, status int, key string) {
	text, lang := g.words(r, key)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", strings.Join(guardMethods, ", "))
	}
	w.WriteHeader(status)
	_ = guardPage.Execute(w, struct { // an error: the browser has gone
		Text, Lang string
		Open       bool
	}{text, lang, status == http.StatusOK})
}
