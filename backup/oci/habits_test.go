package oci

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// habits is a registry in memory with the habits that real ones and caches in front of
// them have. It is written apart from the client.
type habits struct {
	noDigest  bool // answers do not tell a manifest's digest
	noLength  bool // answers of manifests come in pieces of unknown length
	noType    bool // answers do not tell a manifest's type
	noHead    bool // HEAD is refused
	refuse    int  // status with which a manifest is refused
	forget    bool // manifests are taken and not kept
	lose      bool // blobs are taken and not kept
	cut       bool // blobs lose their last bytes when they are kept
	otherTags bool // a tag gives another manifest than was pushed
	blobHead  int  // length that HEAD tells of every blob, there or not; 0: the truth
	inPieces  bool // GET of a blob does not tell its length

	mu        sync.Mutex
	blobs     map[string][]byte
	manifests map[string][]byte // by tag and digest
}

var (
	uploadPath   = regexp.MustCompile(`^/v2/.+/blobs/uploads/`)
	blobPathOf   = regexp.MustCompile(`^/v2/.+/blobs/(sha256:\w+)$`)
	manifestPath = regexp.MustCompile(`^/v2/.+/manifests/(.+)$`)
)

func (h *habits) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	switch m := manifestPath.FindStringSubmatch(r.URL.Path); {
	case h.noHead && r.Method == http.MethodHead:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case m != nil && r.Method == http.MethodPut:
		h.putManifest(w, m[1], body)
	case m != nil:
		h.getManifest(w, r, m[1])
	case uploadPath.MatchString(r.URL.Path) && r.Method == http.MethodPost:
		w.Header().Set("Location", r.URL.Path+"x")
		w.WriteHeader(http.StatusAccepted)
	case uploadPath.MatchString(r.URL.Path):
		if !h.lose {
			h.keep(body)
		}
		w.WriteHeader(http.StatusCreated)
	case strings.HasSuffix(r.URL.Path, "/tags/list"):
		fmt.Fprint(w, `{"name":"x","tags":[]}`)
	default:
		h.getBlob(w, r, append(blobPathOf.FindStringSubmatch(r.URL.Path), "", "")[1])
	}
}

func (h *habits) keep(b []byte) {
	kept := b
	if h.cut && len(b) > 10 {
		kept = b[:len(b)-10]
	}
	h.blobs[digestOf(b)] = kept
}

func (h *habits) getBlob(w http.ResponseWriter, r *http.Request, digest string) {
	b, ok := h.blobs[digest]
	head := r.Method == http.MethodHead
	switch {
	case head && h.blobHead > 0:
		w.Header().Set("Content-Length", fmt.Sprint(h.blobHead))
	case !ok:
		http.NotFound(w, r)
		return
	case !head && h.inPieces:
		w.(http.Flusher).Flush()
	default:
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
	}
	w.Write(b)
}

func digestOf(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }

func (h *habits) putManifest(w http.ResponseWriter, ref string, b []byte) {
	if h.refuse != 0 {
		w.WriteHeader(h.refuse)
		return
	}
	if h.otherTags {
		b = []byte(strings.Replace(string(b), "demo", "Demo", 1))
	}
	if !h.forget {
		h.manifests[ref], h.manifests[digestOf(b)] = b, b
	}
	w.WriteHeader(http.StatusCreated)
}

func (h *habits) getManifest(w http.ResponseWriter, r *http.Request, ref string) {
	b, ok := h.manifests[ref]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if !h.noType {
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
	}
	if !h.noDigest {
		w.Header().Set("Docker-Content-Digest", digestOf(b))
	}
	if h.noLength {
		w.(http.Flusher).Flush()
	} else {
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
	}
	w.Write(b)
}

// serve runs the registry and opens a repository of it.
func (h *habits) serve(t *testing.T) *Repo {
	t.Helper()
	h.blobs, h.manifests = map[string][]byte{}, map[string][]byte{}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return open(t, strings.TrimPrefix(s.URL, "http://")+"/phones/s1", Options{Write: true, PlainHTTP: true, TempDir: t.TempDir()})
}

// What a registry does not say in one way is asked for in another.
func TestRegistryHabits(t *testing.T) {
	for name, h := range map[string]*habits{
		"as the standard says":      {},
		"no digest":                 {noDigest: true},
		"no digest, no length":      {noDigest: true, noLength: true},
		"no type":                   {noType: true},
		"no HEAD":                   {noHead: true},
		"no HEAD, digest nor type":  {noHead: true, noDigest: true, noType: true},
		"no HEAD, digest or length": {noHead: true, noDigest: true, noLength: true},
		"HEAD finds every blob":     {blobHead: 10},
		"and no length":             {blobHead: 10, inPieces: true},
	} {
		t.Run(name, func(t *testing.T) {
			repo := h.serve(t)
			mustPush(t, repo, "a", small(1), PushOptions{Level: 1})
			same(t, repo, "a", small(1))
			if _, err := push(t.Context(), repo, "a", small(2), PushOptions{}); !refusedFor(err, flash.ReasonOurs) {
				t.Errorf("pushing over a tag: %v", err)
			}
			if _, err := repo.Open(t.Context(), "none"); !errors.Is(err, ErrNoTag) {
				t.Errorf("a tag that is not there: %v", err)
			}
		})
	}
}

// A push that is said to be done can be pulled; otherwise it says why not.
func TestRegistryDoesNotKeep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		*habits
		want error
	}{
		"manifests are forgotten":      {&habits{forget: true}, ErrNotKept},
		"blobs are lost":               {&habits{lose: true}, ErrNotKept},
		"blobs are lost, no HEAD":      {&habits{lose: true, noHead: true}, ErrNotKept},
		"blobs are cut":                {&habits{cut: true}, ErrNotKept},
		"blobs are cut, in pieces":     {&habits{cut: true, inPieces: true}, ErrNotKept},
		"HEAD finds what is lost":      {&habits{lose: true, blobHead: 10}, ErrNotKept},
		"a tag names something else":   {&habits{otherTags: true}, ErrNotKept},
		"something else, and no HEAD":  {&habits{otherTags: true, noHead: true, noDigest: true}, ErrNotKept},
		"manifests are refused":        {&habits{refuse: http.StatusBadRequest}, ErrManifest},
		"manifests are too large":      {&habits{refuse: http.StatusRequestEntityTooLarge}, ErrManifest},
		"manifests may not be written": {&habits{refuse: http.StatusMethodNotAllowed}, ErrManifest},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := push(t.Context(), c.serve(t), "a", small(1), PushOptions{Level: 1})
			if !errors.Is(err, c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A server without TLS is told as such, whatever it answers to TLS, and so is the reverse.
func TestRegistryWithoutTLS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "<!DOCTYPE HTML>\n<title>Error response</title>\n") // as Python's server does
			c.Close()
		}
	}()
	for place, opt := range map[string]Options{"plain": {}, "TLS": {PlainHTTP: true}} {
		host, want := l.Addr().String(), ErrNoTLS
		if opt.PlainHTTP {
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			defer s.Close()
			host, want = s.Listener.Addr().String(), ErrOnlyTLS
		}
		repo := open(t, host+"/phones/s1", opt)
		if _, err := repo.Open(t.Context(), "a"); !errors.Is(err, want) {
			t.Errorf("%s: opening: %v", place, err)
		}
		if _, err := repo.List(t.Context()); !errors.Is(err, want) {
			t.Errorf("%s: listing: %v", place, err)
		}
	}
}
