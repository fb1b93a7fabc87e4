package oci

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

func TestRegistry(t *testing.T) {
	s := startRegistry(t, t.TempDir(), "")
	repo := s.open("phones/s1")
	mustPush(t, repo, "monday", phone(1), PushOptions{Level: 1})
	if got := mustPush(t, repo, "tuesday", phone(2), PushOptions{Level: 6}); got.Sent != 2 {
		t.Errorf("the second phone sent %d blobs", got.Sent)
	}
	same(t, repo, "monday", phone(1))
	same(t, s.open("phones/s1"), "tuesday", phone(2)) // another client

	to, keys, _ := person(t)
	locked := open(t, s.ref("phones/s1"), Options{Write: true, PlainHTTP: true, TempDir: t.TempDir(), Keys: keys})
	if got := mustPush(t, locked, "locked", private(2), PushOptions{Readers: to}); got.Sealed != 2 || got.Shared == 0 {
		t.Errorf("of the locked phone %d files are encrypted, %d groups shared", got.Sealed, got.Shared)
	}
	same(t, locked, "locked", private(2))
	if b, err := repo.Open(t.Context(), "locked"); err != nil || !errors.Is(b.Locked, seal.ErrKey) {
		t.Errorf("without a key: %v", err)
	}

	if _, err := push(t.Context(), repo, "monday", phone(3), PushOptions{}); !refusedFor(err, flash.ReasonOurs) {
		t.Errorf("pushing over a tag: %v", err)
	}
	if _, err := repo.Open(t.Context(), "sunday"); !errors.Is(err, ErrNoTag) {
		t.Errorf("a tag that is not there: %v", err)
	}
	all, err := s.open("phones/none").List(t.Context())
	if err != nil || len(all) != 0 {
		t.Errorf("a repository that is not there: %d tags, %v", len(all), err)
	}
}

func TestRegistryPrune(t *testing.T) {
	t.Parallel()
	s := startRegistry(t, t.TempDir(), "")
	repo := s.open("phones/s1")
	at := time.Unix(1795000000, 0)
	for i, tag := range []string{"a", "b", "c"} {
		mustPush(t, repo, tag, phone(uint64(i)), PushOptions{Now: at.AddDate(0, 0, i)})
	}
	out, err := repo.Prune(t.Context(), Policy{Keep: 1, Now: at.AddDate(0, 0, 9)})
	check(t, err)
	if !out.Remote || len(out.Removed) != 2 || len(out.Kept) != 1 {
		t.Errorf("removed %d, kept %d", len(out.Removed), len(out.Kept))
	}
	all, err := repo.List(t.Context())
	if err != nil || len(all) != 1 || all[0].Tag != "c" {
		t.Errorf("left are %+v, %v", all, err)
	}
	same(t, repo, "c", phone(2))
}

// No host is excepted from TLS, and an answer without it is told as what it is.
func TestRegistryTLS(t *testing.T) {
	s := startRegistry(t, t.TempDir(), "")
	repo := open(t, s.ref("phones/s1"), Options{Write: true})
	if _, err := push(t.Context(), repo, "a", phone(1), PushOptions{}); !errors.Is(err, ErrNoTLS) {
		t.Errorf("without asking for plain HTTP: %v", err)
	}
}

// A registry that wants a password gets the one that docker login has stored.
func TestRegistryPassword(t *testing.T) {
	// Made by htpasswd -Bbn shop secret.
	users := filepath.Join(t.TempDir(), "htpasswd")
	check(t, os.WriteFile(users, []byte("shop:$2y$05$w81qzLiEiMzlE1apfNaV0.1pNSOJTjwdlnEVY5gHpP3..oSSiAaMu\n"), 0o666))
	s := startRegistry(t, t.TempDir(), fmt.Sprintf("auth: {htpasswd: {realm: shop, path: %q}}\n", users))
	docker := t.TempDir()
	t.Setenv("DOCKER_CONFIG", docker)

	_, err := push(t.Context(), s.open("phones/s1"), "a", phone(1), PushOptions{})
	if !IsDenied(err) {
		t.Errorf("without a password: %v", err)
	}
	login := func(password string) {
		t.Helper()
		secret := base64.StdEncoding.EncodeToString([]byte("shop:" + password))
		check(t, os.WriteFile(filepath.Join(docker, "config.json"), fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, s.addr, secret), 0o600))
	}
	login("wrong")
	if _, err = push(t.Context(), s.open("phones/s1"), "a", phone(1), PushOptions{}); !IsDenied(err) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("with another password: %v", err)
	}
	login("secret")
	repo := s.open("phones/s1")
	mustPush(t, repo, "a", phone(1), PushOptions{})
	same(t, repo, "a", phone(1))
}

// A blob that the registry's disk has damaged is named, and nothing else is lost.
func TestRegistryFlippedBlob(t *testing.T) {
	t.Parallel()
	s := startRegistry(t, t.TempDir(), "")
	repo := s.open("phones/s1")
	mustPush(t, repo, "a", phone(1), PushOptions{})
	for _, name := range []string{"boot.img", "userdata.img", "cache.img"} {
		b, err := repo.Open(t.Context(), "a")
		check(t, err)
		var blob string
		for _, o := range b.Outputs {
			if o.Name == name {
				blob = o.Image.(*image).file.Groups[0].Blob.String()
			}
		}
		restore := flip(t, s.blobFile(blob), -20)
		err = b.Verify(t.Context(), nil)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), blob) {
			t.Errorf("%s: its damaged blob is told as %v", name, err)
		}
		if err != nil && strings.Count(err.Error(), "\n") != 0 {
			t.Errorf("%s: more than one file is said to be damaged: %v", name, err)
		}
		restore()
	}
	same(t, repo, "a", phone(1))
}

// flip damages one byte of a file, counted from its end, and returns what repairs it.
func flip(t *testing.T, path string, at int64) func() {
	t.Helper()
	good, err := os.ReadFile(path)
	check(t, err)
	bad := bytes.Clone(good)
	bad[(int64(len(bad))+at)%int64(len(bad))] ^= 0x10
	check(t, os.WriteFile(path, bad, 0o666))
	return func() { check(t, os.WriteFile(path, good, 0o666)) }
}

// A registry that dies in the middle leaves no tag; the next push continues.
func TestRegistryKilled(t *testing.T) {
	t.Parallel()
	s := startRegistry(t, t.TempDir(), "")
	var killed atomic.Bool
	fs := phone(1)
	fs[4].Image = &tripwire{Image: fs[4].Image, at: 5 << 20, do: func() {
		if !killed.Swap(true) {
			s.kill()
		}
	}}
	_, err := push(t.Context(), s.open("phones/s1"), "a", fs, PushOptions{})
	if err == nil {
		t.Fatal("the push was done without a registry")
	}
	s.start()
	repo := s.open("phones/s1")
	if _, err := repo.Open(t.Context(), "a"); !errors.Is(err, ErrNoTag) {
		t.Errorf("the push that failed left a tag: %v", err)
	}
	got := mustPush(t, repo, "a", phone(1), PushOptions{})
	if got.Sent == 0 || got.Sent >= 6 {
		t.Errorf("the next push sent %d of 6 blobs: it did not go on", got.Sent)
	}
	same(t, repo, "a", phone(1))
}

// tripwire does something when an offset of the image is read.
type tripwire struct {
	flash.Image
	at int64
	do func()
}

func (w *tripwire) ReadAt(b []byte, off int64) (int, error) {
	if off <= w.at && w.at < off+int64(len(b)) {
		w.do()
	}
	return w.Image.ReadAt(b, off)
}

// A registry whose disk is full refuses, no tag is left, and with more room the same
// push is done.
func TestRegistryDiskFull(t *testing.T) {
	t.Parallel()
	registryProgram(t)
	dir, enlarge := smallDisk(t)
	s := startRegistry(t, dir, "")
	repo := s.open("phones/s1")
	if _, err := push(t.Context(), repo, "a", phone(1), PushOptions{}); err == nil {
		t.Fatal("7 MiB were stored on 6")
	} else {
		t.Logf("told as: %v", err)
	}
	if _, err := repo.Open(t.Context(), "a"); !errors.Is(err, ErrNoTag) {
		t.Errorf("a tag is left: %v", err)
	}
	enlarge()
	mustPush(t, repo, "a", phone(1), PushOptions{})
	same(t, repo, "a", phone(1))
}

// A registry that was out of room keeps empty records of blobs, and answers 500 to who
// asks for them. The next push sends such a blob again, which repairs the record.
func TestRegistryEmptyRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startRegistry(t, dir, "")
	repo := s.open("phones/s1")
	mustPush(t, repo, "a", phone(1), PushOptions{})
	links, err := filepath.Glob(filepath.Join(dir, "docker/registry/v2/repositories/phones/s1/_layers/sha256/*/link"))
	check(t, err)
	if len(links) == 0 {
		t.Fatal("the registry keeps its records elsewhere")
	}
	for _, l := range links {
		check(t, os.Truncate(l, 0))
	}
	s.kill() // it may remember what it has read
	s.start()
	repo = s.open("phones/s1")
	mustPush(t, repo, "b", phone(1), PushOptions{})
	same(t, repo, "b", phone(1))
}

// smallDisk is a folder on a disk of 6 MiB, which can be made larger.
func smallDisk(t *testing.T) (dir string, enlarge func()) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("a small disk can only be made by root on Linux")
	}
	dir = t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no tmpfs to fill: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return dir, func() { check(t, exec.Command("mount", "-o", "remount,size=64m", dir).Run()) }
}

// The same for a folder: nothing half-written is left to be taken for a blob, and what
// was there before is as it was.
func TestLayoutDiskFull(t *testing.T) {
	dir, enlarge := smallDisk(t)
	place := filepath.Join(dir, "backups")
	repo := open(t, "oci:"+place, Options{Write: true})
	small := files(map[string][]byte{"boot.img": noise(7, 100<<10)})
	mustPush(t, repo, "small", small, PushOptions{})
	_, err := push(t.Context(), repo, "a", phone(1), PushOptions{})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("7 MiB on 6: %v", err)
	}
	if _, err := repo.Open(t.Context(), "a"); !errors.Is(err, ErrNoTag) {
		t.Errorf("a tag is left: %v", err)
	}
	if rests, _ := filepath.Glob(filepath.Join(place, ownDir, "*"+partSuffix)); len(rests) > 0 {
		t.Errorf("left are %v", rests)
	}
	same(t, repo, "small", small)
	enlarge()
	mustPush(t, repo, "a", phone(1), PushOptions{})
	same(t, repo, "a", phone(1))
	same(t, repo, "small", small)
}

// Clients that push at the same time do not disturb each other.
func TestRegistryTwoClients(t *testing.T) {
	t.Parallel()
	s := startRegistry(t, t.TempDir(), "")
	twoClients(t, func() *Repo { return s.open("phones/s1") })
}

func TestLayoutTwoClients(t *testing.T) {
	ref := "oci:" + filepath.Join(t.TempDir(), "backups")
	twoClients(t, func() *Repo { return open(t, ref, Options{Write: true}) })
}

func twoClients(t *testing.T, client func() *Repo) {
	var wg sync.WaitGroup
	for i := range 4 {
		repo := client()
		wg.Go(func() {
			_, err := push(context.Background(), repo, fmt.Sprint("tag", i), phone(uint64(i)), PushOptions{Level: 1 + i})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	repo := client()
	all, err := repo.List(t.Context())
	if err != nil || len(all) != 4 {
		t.Errorf("%d tags, %v", len(all), err)
	}
	for i := range 4 {
		same(t, repo, fmt.Sprint("tag", i), phone(uint64(i)))
	}
}

// A line that breaks in the middle of a blob is asked for the rest.
func TestRegistryBrokenLine(t *testing.T) {
	s := startRegistry(t, t.TempDir(), "")
	mustPush(t, s.open("phones/s1"), "a", phone(1), PushOptions{})
	target, err := url.Parse("http://" + s.addr)
	check(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	var broken sync.Map
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, again := broken.LoadOrStore(r.URL.Path, true)
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") && !again {
			w = &shortWriter{w, 100_000}
		}
		proxy.ServeHTTP(w, r)
	}))
	defer cut.Close()
	repo := open(t, strings.TrimPrefix(cut.URL, "http://")+"/phones/s1", Options{PlainHTTP: true})
	same(t, repo, "a", phone(1))
}

// shortWriter breaks the connection after some bytes.
type shortWriter struct {
	http.ResponseWriter
	left int
}

func (w *shortWriter) Write(b []byte) (int, error) {
	if len(b) > w.left {
		_, _ = w.ResponseWriter.Write(b[:w.left])
		panic(http.ErrAbortHandler)
	}
	w.left -= len(b)
	return w.ResponseWriter.Write(b)
}

// skopeo copies a backup from the registry to a folder and back, and it is the same.
func TestSkopeo(t *testing.T) {
	if _, err := exec.LookPath("skopeo"); err != nil {
		t.Skip("skopeo is not installed: nothing shows that other tools take our backups")
	}
	s := startRegistry(t, t.TempDir(), "")
	mustPush(t, s.open("phones/s1"), "a", phone(1), PushOptions{})
	dir := filepath.Join(t.TempDir(), "copied")
	skopeo := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("skopeo", append([]string{"copy", "--insecure-policy"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("skopeo: %v\n%s", err, out)
		}
	}
	skopeo("--src-tls-verify=false", "docker://"+s.ref("phones/s1:a"), "oci:"+dir+":moved")
	unpackByHand(t, s, skopeo)
	local := open(t, "oci:"+dir, Options{})
	same(t, local, "moved", phone(1))

	// A folder that skopeo made is one to push to, and back to the registry it goes.
	mine := open(t, "oci:"+dir, Options{Write: true})
	if got := mustPush(t, mine, "b", phone(2), PushOptions{}); got.Sent != 2 {
		t.Errorf("beside skopeo's copy %d blobs were written", got.Sent)
	}
	skopeo("--dest-tls-verify=false", "oci:"+dir+":b", "docker://"+s.ref("phones/other:b"))
	same(t, s.open("phones/other"), "b", phone(2))
}

// unpackByHand makes a file from what skopeo fetched, by zstd alone.
func unpackByHand(t *testing.T, s *server, skopeo func(...string)) {
	t.Helper()
	if _, err := exec.LookPath("zstd"); err != nil {
		t.Log("zstd is not installed: the blobs are not unpacked by it")
		return
	}
	dir := filepath.Join(t.TempDir(), "by-hand")
	skopeo("--src-tls-verify=false", "docker://"+s.ref("phones/s1:a"), "dir:"+dir)
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	check(t, err)
	var m ocispec.Manifest
	check(t, json.Unmarshal(b, &m))
	for _, f := range phone(1) {
		var packed []byte
		for _, l := range m.Layers {
			if strings.HasPrefix(l.Annotations[ocispec.AnnotationTitle], f.Name+".zst") {
				part, err := os.ReadFile(filepath.Join(dir, l.Digest.Encoded()))
				check(t, err)
				packed = append(packed, part...)
			}
		}
		cmd := exec.Command("zstd", "-dc")
		cmd.Stdin = bytes.NewReader(packed)
		if got, err := cmd.Output(); err != nil || !bytes.Equal(got, whole(t, f.Image)) {
			t.Errorf("%s is not what zstd unpacks: %v", f.Name, err)
		}
	}
}

// refusedFor reports whether err is a refusal of a store, for that reason.
func refusedFor(err error, reason flash.Reason) bool {
	no := flash.AsRefusal(err)
	return no != nil && no.Reason == reason && no.Path != ""
}
