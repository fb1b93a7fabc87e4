package oci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// The media types of a backup.
const (
	ArtifactType      = "application/vnd.mtkkit.backup.v1"
	MediaTypeIndex    = "application/vnd.mtkkit.index.v1+json"
	MediaTypeManifest = "application/vnd.mtkkit.manifest.v1+json"
	MediaTypeGroup    = "application/vnd.mtkkit.group.v1+zstd"
	MediaTypeText     = "text/plain"
)

// The annotations of a backup's manifest and of its groups, besides the standard ones for title
// and time.
const (
	AnnotationChip    = "io.github.mtkkit.chip"
	AnnotationProject = "io.github.mtkkit.project"
	AnnotationStorage = "io.github.mtkkit.storage"
	AnnotationSize    = "io.github.mtkkit.size"  // bytes of all files, unpacked
	AnnotationPlain   = "io.github.mtkkit.plain" // plain sum of a group, which identifies it
)

// maxManifest is the size limit of an image manifest, bytes: registries accept no more.
const maxManifest = 4 << 20

// pack returns the image manifest.
func pack(m *flash.Manifest, size int64, created time.Time, layers []ocispec.Descriptor) (ocispec.Descriptor, []byte, error) {
	notes := map[string]string{
		ocispec.AnnotationCreated: created.UTC().Format(time.RFC3339Nano),
		AnnotationSize:            strconv.FormatInt(size, 10),
	}
	for k, v := range map[string]string{AnnotationChip: m.Chip, AnnotationProject: m.Project, AnnotationStorage: string(m.Storage)} {
		if v != "" {
			notes[k] = v
		}
	}
	b, err := json.Marshal(ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
		ArtifactType: ArtifactType, Config: ocispec.DescriptorEmptyJSON, Layers: layers, Annotations: notes,
	})
	if err == nil && len(b) > maxManifest {
		err = fmt.Errorf("%d blobs need a manifest of %v, but registries accept only %v", len(layers), flash.Size(len(b)), flash.Size(maxManifest))
	}
	return describe(ocispec.MediaTypeImageManifest, b), b, err
}

// loaded is the image manifest of a tag.
type loaded struct {
	desc ocispec.Descriptor
	ocispec.Manifest
}

// load reads the image manifest of a tag. The error is ErrAlien if the tag is not a backup of
// mtkkit.
func (r *Repo) load(ctx context.Context, tag string) (*loaded, error) {
	d, err := r.store.resolve(ctx, tag)
	if err != nil {
		return nil, err
	}
	if d.MediaType != ocispec.MediaTypeImageManifest {
		return nil, ErrAlien
	}
	rc, err := r.store.manifest(ctx, d)
	if err != nil {
		return nil, err
	}
	b, err := readAll(rc, d, maxManifest)
	if err != nil {
		return nil, fmt.Errorf("manifest %w", err)
	}
	m := &loaded{desc: d}
	if err := json.Unmarshal(b, &m.Manifest); err != nil {
		return nil, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	if m.ArtifactType != ArtifactType {
		return nil, ErrAlien
	}
	return m, nil
}

// blobs returns everything that the manifest names: its layers and its config. The config is
// empty, but every tool that copies the backup requests it.
func (m *loaded) blobs() []ocispec.Descriptor {
	config := m.Config
	config.Annotations = map[string]string{ocispec.AnnotationTitle: "config"}
	return append(slices.Clone(m.Layers), config)
}

// has reports whether there is a layer of a media type.
func (m *loaded) has(mediaType string) bool {
	_, err := m.layer(mediaType)
	return err == nil
}

// layer returns the one layer of a media type.
func (m *loaded) layer(mediaType string) (ocispec.Descriptor, error) {
	for _, l := range m.Layers {
		if l.MediaType == mediaType {
			return l, nil
		}
	}
	return ocispec.Descriptor{}, fmt.Errorf("has no layer of type %s", mediaType)
}

// documents returns the digests of the config and of the documents that a reader with these keys
// has read.
func (m *loaded) documents(keys []seal.Key) map[digest.Digest]bool {
	types := []string{MediaTypeIndex, MediaTypeManifest, MediaTypeText}
	if keys != nil {
		types = []string{MediaTypeKey, MediaTypeIndex, MediaTypeIndex + sealedType, MediaTypeManifest + sealedType, MediaTypeText + sealedType}
	}
	read := map[digest.Digest]bool{m.Config.Digest: true}
	for _, t := range types {
		if d, err := m.layer(t); err == nil {
			read[d.Digest] = true
		}
	}
	return read
}

// created returns the time of the push, or the zero time if the manifest does not have it.
func (m *loaded) created() time.Time {
	t, err := time.Parse(time.RFC3339, m.Annotations[ocispec.AnnotationCreated])
	if err != nil {
		return time.Time{}
	}
	return t
}

// size returns the size of the files in bytes, by the manifest.
func (m *loaded) size() int64 {
	n, err := strconv.ParseInt(m.Annotations[AnnotationSize], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// known returns the groups of all tags in the store, by plain sum, and the number of tags that
// could not be read. A tag that is damaged, or not a backup, shares nothing.
func (r *Repo) known(ctx context.Context) (groups map[string]ocispec.Descriptor, unread int, err error) {
	tags, err := r.store.tags(ctx)
	if err != nil {
		return nil, 0, err
	}
	groups = map[string]ocispec.Descriptor{}
	for _, t := range tags {
		m, err := r.load(ctx, t)
		switch {
		case ctx.Err() != nil:
			return nil, 0, ctx.Err()
		case errors.Is(err, ErrAlien):
			continue
		case err != nil:
			unread++
			continue
		}
		for _, l := range m.Layers {
			if p := l.Annotations[AnnotationPlain]; p != "" && l.MediaType == MediaTypeGroup && len(groups) < maxKnown {
				groups[p] = ocispec.Descriptor{MediaType: MediaTypeGroup, Digest: l.Digest, Size: l.Size}
			}
		}
	}
	return groups, unread, nil
}

// maxKnown is the largest number of groups that are kept in memory: about 100 MB.
const maxKnown = 1 << 19
