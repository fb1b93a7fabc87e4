package oci

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// refusedByServer knows answers that a second try will not change.
func refusedByServer(err error) bool {
	s := Status(err)
	return s >= 400 && s < 500
}

// isCode knows an answer of registries by its code, among others.
func isCode(err error, code string) bool {
	if es, ok := errors.AsType[errcode.Errors](err); ok {
		return slices.ContainsFunc(es, func(e errcode.Error) bool { return e.Code == code })
	}
	var e errcode.Error
	return errors.As(err, &e) && e.Code == code
}

// Errors of registries that callers tell apart.
var (
	// ErrNoTLS means that a registry answered in plain HTTP where TLS was asked for.
	ErrNoTLS = errors.New("the registry does not speak TLS")
	// ErrOnlyTLS means that a registry answered with TLS where plain HTTP was asked for.
	ErrOnlyTLS = errors.New("the registry seems to speak TLS only")
	// ErrManifest means that a registry has the blobs and refuses what ties them together.
	ErrManifest = errors.New("the registry refuses the manifest of the backup")
	// ErrNotKept means that a store took what was pushed, and does not give it back.
	ErrNotKept = errors.New("what was pushed cannot be read back")
)

// Status is the HTTP status with which a registry refused, 0 when it was not that.
func Status(err error) int {
	if r, ok := errors.AsType[*errcode.ErrorResponse](err); ok {
		return r.StatusCode
	}
	return 0
}

// IsDenied reports whether a registry wants other credentials, or any.
func IsDenied(err error) bool {
	s := Status(err)
	return s == http.StatusUnauthorized || s == http.StatusForbidden || errors.Is(err, auth.ErrBasicCredentialNotFound)
}

// final reports whether asking in another way leads nowhere: it is known that there is
// nothing, the registry is not reached, or it wants to know who asks.
func final(ctx context.Context, err error) bool {
	var unreached *url.Error
	return ctx.Err() != nil || errors.Is(err, errdef.ErrNotFound) || errors.As(err, &unreached) || IsDenied(err)
}

// plainly recognises a server that speaks with TLS where plain HTTP is asked for, or the
// other way round. net/http knows the one way by its text, and only where the answer
// begins as one of HTTP does. Servers with TLS answer plain HTTP with an alert or, in
// words that differ, with 400.
func plainly(err error, plainHTTP bool) error {
	var (
		record tls.RecordHeaderError
		answer *errcode.ErrorResponse
	)
	switch {
	case err == nil || errors.Is(err, ErrNoTLS):
	case errors.As(err, &record) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return fmt.Errorf("%w: %w", ErrNoTLS, err)
	case plainHTTP && strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`),
		plainHTTP && errors.As(err, &answer) && answer.StatusCode == http.StatusBadRequest && answer.Method == http.MethodGet && len(answer.Errors) == 0:
		return fmt.Errorf("%w: %w", ErrOnlyTLS, err)
	}
	return err
}
