package oci

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// memory is a store that gives the same bytes for every blob.
type memory []byte

func (m memory) get(context.Context, ocispec.Descriptor) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m)), nil
}

// A backup of many files is verified in the memory of one.
func TestVerifyHoldsNothing(t *testing.T) {
	repo := open(t, "oci:"+filepath.Join(t.TempDir(), "place"), Options{Write: true})
	mustPush(t, repo, "a", phone(1), PushOptions{})
	b, err := repo.Open(t.Context(), "a")
	check(t, err)
	check(t, b.Verify(t.Context(), nil))
	for _, o := range b.Outputs {
		if m := o.Image.(*image); m.buf != nil || m.blob != nil {
			t.Errorf("%s holds a buffer still", o.Name)
		}
	}
}
