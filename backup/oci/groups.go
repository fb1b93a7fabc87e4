package oci

import "github.com/mtkkit/mtkkit/flash"

// The sizes of groups. Small ones share better; but every blob is a question to the
// registry, skopeo needs minutes for 4,000 of them, and a manifest must stay below
// 4 MiB. What no two phones share is cut coarsely.
const (
	coarseMin  = 256 << 20 // bytes
	coarseMax  = 1 << 30
	aimOfBlobs = 700 // of the coarse files of a phone
	maxBlobs   = 4000
)

// coarseSize returns how large the groups of coarse files are: the smallest that keeps
// the number of blobs down. It depends on the sizes alone, so that phones of one model
// are cut alike.
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

// cut divides a file into groups.
func cut(size, group int64) []flash.Extent {
	var out []flash.Extent
	for at := int64(0); at < size; at += group {
		out = append(out, flash.Extent{Offset: at, Length: min(group, size-at)})
	}
	return out
}
