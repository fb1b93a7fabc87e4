package oci

import (
	"bytes"
	"context"
	"io"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// memory is a store that gives the same bytes for every blob.
type memory []byte

func (m memory) get(context.Context, ocispec.Descriptor) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m)), nil
}
