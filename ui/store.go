package ui

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/words"
)

// storeOf returns the store of backups that a path names: a folder of backups, or oci:FOLDER without
// a tag.
func storeOf(path string) (ref oci.Ref, ok bool) {
	if oci.IsLayout(path) {
		ref, err := oci.ParseRef(path)
		return ref, err == nil && ref.Tag == ""
	}
	_, err := os.Stat(filepath.Join(path, "oci-layout")) // the file that marks an OCI image layout
	return oci.Ref{Layout: path}, err == nil
}

// listStore lists the backups in a store, the newest first.
func listStore(ctx context.Context, ref oci.Ref, opt dump.Options) (*document.Tags, error) {
	repo, err := oci.Open(ref, oci.Options{Keys: opt.Keys, Progress: opt.Progress})
	if err != nil {
		return nil, words.Place(err)
	}
	defer repo.Close()
	all, err := repo.List(ctx)
	if err != nil {
		return nil, words.Place(err)
	}
	doc := document.NewTags(ref.Store(), all)
	slices.Reverse(doc.Tags)
	return &doc, nil
}

// storePage is the page of a store.
type storePage struct {
	head
	*document.Tags
	Reopened bool
}

func (w *window) showStore(rw http.ResponseWriter, r *http.Request, x *opened, c *content) {
	w.show(rw, r, http.StatusOK, "store", view{Data: storePage{headOf(x), c.store, c.reopened}})
}
