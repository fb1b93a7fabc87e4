package oci

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
)

// Info describes one tag, without reading its blobs.
type Info struct {
	Tag     string    `json:"tag"`
	Digest  string    `json:"digest,omitempty"` // digest of its manifest
	Created time.Time `json:"created,omitzero"`
	Chip    string    `json:"chip,omitempty"`
	Project string    `json:"project,omitempty"`
	Bytes   int64     `json:"size"`        // size of its files, bytes
	Stored  int64     `json:"stored_size"` // size of its blobs, each counted once; other tags may use them, too
	Own     int64     `json:"own_size"`    // size of the blobs that no other tag uses
	Blobs   int       `json:"blobs"`
	Sealed  string    `json:"encrypted,omitempty"` // "all" of it, or only "private" files
	Problem string    `json:"problem,omitempty"`   // why the rest is unknown
	Alien   bool      `json:"alien,omitempty"`     // made by another program; never changed

	layers map[digest.Digest]int64
}

// List describes every tag, the oldest first. For a tag that cannot be read, Problem says why.
func (r *Repo) List(ctx context.Context) ([]Info, error) {
	tags, err := r.store.tags(ctx)
	if err != nil {
		return nil, r.fail("", err)
	}
	var out []Info
	uses := map[digest.Digest]int{}
	for _, t := range tags {
		i := r.info(ctx, t)
		if ctx.Err() != nil {
			return nil, r.fail("", ctx.Err())
		}
		for d := range i.layers {
			uses[d]++
		}
		out = append(out, i)
	}
	for i := range out {
		for d, n := range out[i].layers {
			if uses[d] == 1 {
				out[i].Own += n
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Info) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.Tag, b.Tag)
	})
	return out, nil
}

func (r *Repo) info(ctx context.Context, tag string) Info {
	i := Info{Tag: tag}
	m, err := r.load(ctx, tag)
	switch {
	case errors.Is(err, ErrAlien):
		i.Alien, i.Problem = true, err.Error()
		return i
	case err != nil:
		i.Problem = err.Error()
		return i
	}
	i.Digest, i.Created, i.Bytes = m.desc.Digest.String(), m.created(), m.size()
	i.Chip, i.Project = m.Annotations[AnnotationChip], m.Annotations[AnnotationProject]
	if m.has(MediaTypeKey) {
		if i.Sealed = "all"; m.has(MediaTypeIndex) {
			i.Sealed = "private"
		}
	}
	i.layers = map[digest.Digest]int64{}
	for _, l := range m.Layers {
		if _, again := i.layers[l.Digest]; !again {
			i.layers[l.Digest] = l.Size
			i.Stored += l.Size
		}
	}
	i.Blobs = len(i.layers)
	return i
}
