package oci

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"github.com/mtkkit/mtkkit/flash"
)

// resolve returns the digest of a tag's manifest. If HEAD is refused, or its answer has no
// digest, as with some registries and caches, the manifest itself is fetched and hashed.
func (r *remoteStore) resolve(ctx context.Context, tag string) (ocispec.Descriptor, error) {
	d, err := r.repo.Manifests().Resolve(ctx, tag)
	if err == nil && isManifest(d.MediaType) || err != nil && final(ctx, err) {
		return d, err
	}
	d, _, err = r.getManifest(ctx, tag)
	return d, err
}

// isManifest reports whether a media type is that of a manifest. With another type, the server
// does not know what it has.
func isManifest(mediaType string) bool {
	return strings.HasPrefix(mediaType, "application/vnd.oci.") || strings.HasPrefix(mediaType, "application/vnd.docker.")
}

func (r *remoteStore) manifest(ctx context.Context, d ocispec.Descriptor) (io.ReadCloser, error) {
	rc, err := r.repo.Manifests().Fetch(ctx, d)
	if err == nil || final(ctx, err) {
		return rc, err
	}
	got, b, err := r.getManifest(ctx, d.Digest.String()) // for instance an answer without its type
	if err == nil && got.Digest != d.Digest {
		err = ErrDamaged
	}
	return io.NopCloser(bytes.NewReader(b)), err
}

// getManifest fetches a manifest by tag or digest, whatever the headers of the answer are.
func (r *remoteStore) getManifest(ctx context.Context, reference string) (ocispec.Descriptor, []byte, error) {
	var d ocispec.Descriptor
	ref := r.repo.Reference
	ref.Reference = reference
	scheme := "https"
	if r.repo.PlainHTTP {
		scheme = "http"
	}
	ctx = auth.AppendRepositoryScope(ctx, ref, auth.ActionPull)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s://%s/v2/%s/manifests/%s", scheme, ref.Host(), ref.Repository, reference), nil)
	if err != nil {
		return d, nil, err
	}
	req.Header.Set("Accept", ocispec.MediaTypeImageManifest)
	resp, err := r.repo.Client.Do(req)
	if err != nil {
		return d, nil, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return d, nil, fmt.Errorf("%s: %w", ref, errdef.ErrNotFound)
	default:
		return d, nil, &errcode.ErrorResponse{Method: req.Method, URL: req.URL, StatusCode: resp.StatusCode}
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxManifest+1))
	if err == nil && len(b) > maxManifest {
		err = fmt.Errorf("the manifest is longer than %v", flash.Size(maxManifest))
	}
	if err != nil {
		return d, nil, err
	}
	d = ocispec.Descriptor{MediaType: typeOf(b, resp.Header.Get("Content-Type")), Digest: digest.FromBytes(b), Size: int64(len(b))}
	if want := resp.Header.Get("Docker-Content-Digest"); want != "" && want != d.Digest.String() {
		return d, nil, fmt.Errorf("manifest %s: %w", want, ErrDamaged)
	}
	return d, b, nil
}

// typeOf returns the media type in the manifest, or the one that came with it.
func typeOf(b []byte, header string) string {
	var m struct {
		MediaType string `json:"mediaType"`
	}
	if json.Unmarshal(b, &m) == nil && m.MediaType != "" {
		return m.MediaType
	}
	return header
}
