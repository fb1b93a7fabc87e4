package oci

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/flash"
)

// The sizes of groups, bytes. Small groups share better. But every blob is a request to the
// registry, skopeo needs minutes for 4,000 of them, and the manifest lists them all. So large
// files have large groups, and so have files that no two phones share. The size depends on the
// file alone: two dumps of one phone, or of one model, are cut in the same way.
const (
	groupSize  = 64 << 20
	mostGroups = 256 // of a file, until its groups are larger

	coarseSize = 256 << 20 // of files that no two phones share
	mostCoarse = 700
)

// groupOf returns the size of the groups of a file.
func groupOf(size int64, coarse bool) int64 {
	group, most := int64(groupSize), int64(mostGroups)
	if coarse {
		group, most = coarseSize, mostCoarse
	}
	for size/group > most {
		group *= 2
	}
	return group
}

// cut divides a file into groups.
func cut(f File) []flash.Extent {
	size := f.Image.Size()
	group := groupOf(size, f.Coarse)
	var out []flash.Extent
	for at := int64(0); at < size; at += group {
		out = append(out, flash.Extent{Offset: at, Length: min(group, size-at)})
	}
	return out
}

// restOfManifest is the room for what the manifest has besides the groups: annotations, the
// documents, a scatter file. Bytes.
const restOfManifest = 64 << 10

// bill is what the documents of a push will need.
type bill struct {
	groups   int
	manifest int64 // largest size of the image manifest, bytes
	index    int64 // largest size of index.json, bytes
}

// measure returns the bill of a push of files.
func measure(files []File) (b bill, err error) {
	b.manifest, b.index = restOfManifest, restOfManifest
	digits := strings.Repeat("0", 64)
	for _, f := range files {
		list := cut(f)
		row, err := json.Marshal(indexFile{Name: f.Name, Sealed: true})
		if err != nil {
			return b, err
		}
		b.index += int64(len(row)) + chunks(f.Image.Size())*int64(len(digits)+len(`"",`))
		if len(list) == 0 {
			continue
		}
		layer, err := json.Marshal(ocispec.Descriptor{MediaType: MediaTypeGroup + sealedType, Digest: "sha256:" + digest.Digest(digits), Size: 2 * list[0].Length,
			Annotations: map[string]string{ocispec.AnnotationTitle: layerTitle(f.Name, len(list), len(list)+1) + sealedEnding, AnnotationPlain: digits}})
		if err != nil {
			return b, err
		}
		b.groups += len(list)
		b.manifest += int64(len(list)) * int64(len(layer)+len(","))
		b.index += int64(len(list)) * int64(len(layer)) // longer than a group's row without its chunks
	}
	return b, nil
}

// Fits checks that the documents of a push of these files are not larger than registries and
// readers accept. Nothing is read or written. The error is a *flash.Refusal.
func Fits(to Ref, files []File) error {
	b, err := measure(files)
	switch {
	case err != nil:
		return fmt.Errorf("oci: %w", err)
	case b.manifest > maxManifest:
		return flash.Refuse("oci", flash.ReasonTooBig, to.String(), "%d files need %d blobs, and so a manifest of up to %v: registries accept %v",
			len(files), b.groups, flash.Size(b.manifest), flash.Size(maxManifest))
	case b.index > maxIndex:
		return flash.Refuse("oci", flash.ReasonTooBig, to.String(), "%d files need an index of up to %v: it may have %v",
			len(files), flash.Size(b.index), flash.Size(maxIndex))
	}
	return nil
}
