package oci

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is Debian's docker-registry, run by a test on loopback.
type server struct {
	t    testing.TB
	dir  string // its storage
	addr string // host:port
	more string // additional configuration
	cmd  *exec.Cmd

	mu  sync.Mutex
	log strings.Builder
}

// registryProgram finds a registry to test against, or skips.
func registryProgram(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"docker-registry", "registry"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("docker-registry is not installed: nothing shows that a real registry takes our backups")
	return ""
}

// startRegistry runs a registry that keeps its blobs in dir.
func startRegistry(t testing.TB, dir, more string) *server {
	t.Helper()
	s := &server{t: t, dir: dir, addr: "127.0.0.1:0", more: more}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// start runs the program until it listens; a second start takes the same port.
func (s *server) start() {
	s.t.Helper()
	conf := filepath.Join(s.t.TempDir(), "config.yml")
	check(s.t, os.WriteFile(conf, fmt.Appendf(nil, `version: 0.1
log: {level: info}
storage:
  filesystem: {rootdirectory: %q}
  delete: {enabled: true}
http: {addr: %q}
%s`, s.dir, s.addr, s.more), 0o666))
	s.cmd = exec.Command(registryProgram(s.t), "serve", conf)
	out, err := s.cmd.StderrPipe()
	check(s.t, err)
	check(s.t, s.cmd.Start())
	listening := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			s.mu.Lock()
			s.log.WriteString(lines.Text() + "\n")
			s.mu.Unlock()
			if _, rest, ok := strings.Cut(lines.Text(), "listening on "); ok {
				select {
				case listening <- strings.TrimRight(strings.Fields(rest)[0], `"`):
				default:
				}
			}
		}
		close(listening)
	}()
	select {
	case addr := <-listening:
		if s.addr = addr; addr == "" {
			s.t.Fatalf("the registry did not start:\n%s", s.log.String())
		}
	case <-time.After(30 * time.Second):
		s.kill()
		s.t.Fatalf("the registry does not listen:\n%s", s.log.String())
	}
}

// kill ends the program at once, as a power cut would.
func (s *server) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

func (s *server) ref(name string) string { return s.addr + "/" + name }

// open opens a repository of the registry as a new client.
func (s *server) open(name string) *Repo {
	s.t.Helper()
	return open(s.t, s.ref(name), Options{Write: true, PlainHTTP: true, TempDir: s.t.TempDir()})
}

// blobFile returns the file in which the registry keeps a blob.
func (s *server) blobFile(digest string) string {
	hex := strings.TrimPrefix(digest, "sha256:")
	return filepath.Join(s.dir, "docker/registry/v2/blobs/sha256", hex[:2], hex, "data")
}
