package oci

import "github.com/mtkkit/mtkkit/flash"

// The sizes of groups. Small groups share better. But every blob is a request to the registry,
// skopeo needs minutes for 4,000 of them, and a manifest must be smaller than 4 MiB. So files
// that no two phones share have large groups.
const (
	coarseMin  = 256 << 20 // bytes
	coarseMax  = 1 << 30
	aimOfBlobs = 700 // number of blobs for the coarse files of a phone
	maxBlobs   = 4000
)

// coarseSize returns the size of the groups of coarse files: the smallest one for which the
// number of blobs is small enough. It depends only on the file sizes, so that phones of one
// model are cut in the same way.
func coarseSize(files []File) int64 {
	var total int64
	for _, f := range files {
		if f.Coarse {
			total += f.Image.Size()
		}
	}
	size := int64(coarseMin)
	for size < coarseMax && total/size > aimOfBlobs {
		size *= 2
	}
	return size
}

// cut divides a file of size bytes into groups.
func cut(size, group int64) []flash.Extent {
	var out []flash.Extent
	for at := int64(0); at < size; at += group {
		out = append(out, flash.Extent{Offset: at, Length: min(group, size-at)})
	}
	return out
}
