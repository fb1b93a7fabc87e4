package oci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/errcode"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// remoteStore is a repository of a registry.
type remoteStore struct {
	repo *remote.Repository
	temp string
}

const (
	userAgent   = "mtkkit"
	maxTagPages = 10000
	tries       = 3 // attempts to send or fetch one blob
	pause       = 300 * time.Millisecond
)

// openRegistry prepares the access to a repository; it sends nothing. Credentials are those of
// docker login: ~/.docker/config.json and the helpers that it names.
func openRegistry(ref Ref, opt Options) (*remoteStore, error) {
	repo, err := remote.NewRepository(ref.Registry + "/" + ref.Repository)
	if err != nil {
		return nil, err
	}
	logins, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
	if err != nil {
		return nil, fmt.Errorf("docker's credentials: %w", err)
	}
	client := &auth.Client{Client: patient(), Cache: auth.NewCache(), Credential: credentials.Credential(logins)}
	client.SetUserAgent(userAgent)
	repo.Client, repo.PlainHTTP, repo.TagListMaxPages = client, opt.PlainHTTP, maxTagPages
	return &remoteStore{repo, opt.TempDir}, nil
}

// patient returns a client that repeats requests like oras, except a HEAD that is answered with
// 500: docker-registry does this every time if its record of a blob is wrong.
func patient() *http.Client {
	policy := *retry.DefaultPolicy.(*retry.GenericPolicy)
	policy.Retryable = func(resp *http.Response, err error) (bool, error) {
		if err == nil && resp.StatusCode == http.StatusInternalServerError && resp.Request.Method == http.MethodHead {
			return false, nil
		}
		return retry.DefaultPredicate(resp, err)
	}
	c := retry.NewClient()
	c.Transport.(*retry.Transport).Policy = func() retry.Policy { return &policy }
	return c
}

func (r *remoteStore) close() error { return nil }

// has asks for a blob. If the registry cannot answer, because its record of the blob is wrong or
// it does not support HEAD, the blob is sent: this repairs docker-registry's record. The blob is
// also sent if the registry reports another length.
func (r *remoteStore) has(ctx context.Context, d ocispec.Descriptor) (presence, error) {
	size, err := r.length(ctx, d)
	switch {
	case err == nil && size == d.Size:
		return sound, nil
	case err != nil && !errors.Is(err, errdef.ErrNotFound) && final(ctx, err):
		return absent, err
	}
	return absent, nil
}

// length returns the length of a blob by HEAD.
func (r *remoteStore) length(ctx context.Context, d ocispec.Descriptor) (int64, error) {
	got, err := r.repo.Blobs().Resolve(ctx, d.Digest.String())
	return got.Size, err
}

// confirm asks for a blob that was sent. A simultaneous push may make docker-registry forget a
// blob for a moment, so it asks more than once.
func (r *remoteStore) confirm(ctx context.Context, d ocispec.Descriptor) (err error) {
	for try := range tries {
		if try > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(try) * pause):
			}
		}
		if err = r.kept(ctx, d); err == nil || !errors.Is(err, ErrNotKept) {
			return err
		}
	}
	return err
}

// kept asks for a blob once. If HEAD gives no answer, it uses GET. If HEAD reports another
// length than was sent, it reads the blob.
func (r *remoteStore) kept(ctx context.Context, d ocispec.Descriptor) error {
	size, err := r.length(ctx, d)
	told := err == nil
	switch {
	case told && size == d.Size:
		return nil
	case errors.Is(err, errdef.ErrNotFound):
		return fmt.Errorf("%w: the registry has no blob %s", ErrNotKept, d.Digest)
	case err != nil && final(ctx, err):
		return err
	}
	rc, err := r.repo.Blobs().Fetch(ctx, d)
	if err == nil {
		defer rc.Close()
	}
	switch {
	case errors.Is(err, errdef.ErrNotFound):
		return fmt.Errorf("%w: the registry has no blob %s", ErrNotKept, d.Digest)
	case !told:
		return err
	case err == nil:
		v := content.NewVerifyReader(rc, d)
		if _, err = io.Copy(io.Discard, v); err == nil {
			err = v.Verify()
		}
	}
	if err == nil || final(ctx, err) {
		return err
	}
	return fmt.Errorf("%w: the registry reports %d bytes for blob %s, but %d were sent", ErrNotKept, size, d.Digest, d.Size)
}

func (r *remoteStore) get(ctx context.Context, d ocispec.Descriptor) (io.ReadCloser, error) {
	rc, err := r.repo.Blobs().Fetch(ctx, d)
	if err != nil {
		return nil, err
	}
	return &refetch{ReadCloser: rc, ctx: ctx, left: tries - 1, again: func() (io.ReadCloser, error) { return r.repo.Blobs().Fetch(ctx, d) }}, nil
}

// refetch is a blob that is being fetched. If the connection breaks, it requests the rest.
type refetch struct {
	io.ReadCloser
	ctx   context.Context
	again func() (io.ReadCloser, error)
	at    int64
	left  int // attempts left
}

func (r *refetch) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	r.at += int64(n)
	if err == nil || err == io.EOF || n > 0 || r.left == 0 || r.ctx.Err() != nil {
		if n > 0 && err != io.EOF {
			err = nil // the next call returns it again
		}
		return n, err
	}
	r.left--
	rc, aerr := r.again()
	if aerr != nil {
		return 0, err
	}
	r.ReadCloser.Close()
	r.ReadCloser = rc
	if s, ok := rc.(io.Seeker); ok {
		_, err = s.Seek(r.at, io.SeekStart)
	} else {
		_, err = io.CopyN(io.Discard, rc, r.at)
	}
	return 0, err
}

// spool makes a temporary file. If the system allows it, the file has no name, and ends with the
// process.
func (r *remoteStore) spool() (*os.File, error) {
	f, err := os.CreateTemp(r.temp, "mtkkit-push-*")
	if err == nil {
		os.Remove(f.Name())
	}
	return f, err
}

func (r *remoteStore) drop(f *os.File) {
	f.Close()
	os.Remove(f.Name())
}

func (r *remoteStore) put(ctx context.Context, d ocispec.Descriptor, f *os.File) error {
	defer r.drop(f)
	var err error
	for range tries {
		err = r.repo.Blobs().Push(ctx, d, io.NewSectionReader(f, 0, d.Size))
		if err == nil || ctx.Err() != nil || refusedByServer(err) {
			return err
		}
	}
	return err
}

// setTag checks the tag before it writes; a registry has no safer way. During simultaneous
// pushes, docker-registry may not know for a moment a blob that both have sent, so it asks
// again.
func (r *remoteStore) setTag(ctx context.Context, tag string, d ocispec.Descriptor, b []byte, replace bool) error {
	if !replace {
		if _, err := r.resolve(ctx, tag); err == nil {
			return errExists()
		} else if !errors.Is(err, errdef.ErrNotFound) {
			return err
		}
	}
	var err error
	for range tries {
		if err = r.repo.Manifests().PushReference(ctx, d, bytes.NewReader(b), tag); !isCode(err, errcode.ErrorCodeManifestBlobUnknown) {
			break
		}
	}
	if s := Status(err); s >= 400 && s < 500 && !IsDenied(err) && s != http.StatusNotFound && s != http.StatusTooManyRequests {
		err = fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return err
}

func (r *remoteStore) tags(ctx context.Context) ([]string, error) {
	out, err := registry.Tags(ctx, r.repo)
	if errors.Is(err, errdef.ErrNotFound) || isCode(err, errcode.ErrorCodeNameUnknown) {
		return nil, nil // a repository exists after its first push
	}
	return out, err
}
