//go:build unix

package oci

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe holds up nobody, wherever it lies in a store: it is named and not opened.
func TestPipesInPlace(t *testing.T) {
	for _, name := range []string{"oci-layout", "index.json", "blob", ".mtkkit/use.lock", ".mtkkit/index.lock"} {
		t.Run(name, func(t *testing.T) {
			dir, blob := place(t)
			if name == "blob" {
				name = blob
			}
			check(t, os.Remove(filepath.Join(dir, name)))
			check(t, syscall.Mkfifo(filepath.Join(dir, name), 0o666))
			err := use(t, dir)
			if !strings.HasSuffix(name, ".lock") || strings.HasSuffix(name, "use.lock") {
				if err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("reading: %v", err)
				}
			}
			r, err := Open(Ref{Layout: dir}, Options{Write: true})
			if err == nil {
				_, err = push(t.Context(), r, "second", small(1), PushOptions{Level: 1})
				r.Close()
			}
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("pushing: %v", err)
			}
		})
	}
}
