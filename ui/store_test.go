package ui

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
)

// A folder of backups shows its list, and each backup can be opened from it.
func TestStorePage(t *testing.T) {
	store := filepath.Join(t.TempDir(), "store")
	parts := filepath.Join(t.TempDir(), "parts")
	d, err := dump.Open(t.Context(), phone(t, imgtest.SmallMT6765()), dump.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p, err := d.Plan(plan.Wishes{Only: []string{"boot"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Split(t.Context(), p, parts, split.Options{}); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tag := range []string{"first", "second"} {
		now = now.Add(time.Hour)
		ref := oci.Ref{Layout: store, Tag: tag}
		if _, err := archive.Push(t.Context(), archive.PushOptions{Path: parts, To: ref, Now: now}); err != nil {
			t.Fatal(err)
		}
	}
	b := newTab(t)
	for _, path := range []string{store, "oci:" + store} {
		at := b.open("path", path)
		page := b.page(at)
		wants(t, page, "Folder of backups", `value="oci:`+store+`:first"`)
		if strings.Index(page, ":second") > strings.Index(page, ":first") {
			t.Error("the oldest comes first")
		}
		if a := b.get(at + "/files?part=boot"); a.Code == http.StatusOK {
			t.Errorf("files of a store: %d", a.Code)
		}
	}
	wants(t, b.page(b.open("path", "oci:"+store+":second")), "boot")
	wants(t, b.page(b.open("path", "oci:"+filepath.Join(t.TempDir(), "none"))), "role=\"alert\"")
}
