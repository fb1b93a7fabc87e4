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

// refusedByServer reports whether a second attempt cannot change the answer.
func refusedByServer(err error) bool {
	s := Status(err)
	return s >= 400 && s < 500
}

// isCode reports whether an answer of a registry has an error code.
func isCode(err error, code string) bool {
	if es, ok := errors.AsType[errcode.Errors](err); ok {
		return slices.ContainsFunc(es, func(e errcode.Error) bool { return e.Code == code })
	}
	var e errcode.Error
	return errors.As(err, &e) && e.Code == code
}

// Errors of registries that callers can test for.
var (
	// ErrNoTLS means that a registry answered with plain HTTP to a TLS request.
	ErrNoTLS = errors.New("the registry does not use TLS")
	// ErrOnlyTLS means that a registry answered with TLS to a plain HTTP request.
	ErrOnlyTLS = errors.New("the registry seems to accept only TLS")
	// ErrManifest means that a registry has the blobs, but refuses the manifest of the backup.
	ErrManifest = errors.New("the registry refuses the manifest of the backup")
	// ErrNotKept means that a store accepted the pushed data, but does not return them.
	ErrNotKept = errors.New("the pushed data cannot be read back")
)

// Status returns the HTTP status with which a registry refused, 0 for other errors.
func Status(err error) int {
	if r, ok := errors.AsType[*errcode.ErrorResponse](err); ok {
		return r.StatusCode
	}
	return 0
}

// IsDenied reports whether a registry wants credentials, or other ones.
func IsDenied(err error) bool {
	s := Status(err)
	return s == http.StatusUnauthorized || s == http.StatusForbidden || errors.Is(err, auth.ErrBasicCredentialNotFound)
}

// final reports whether another way of asking is useless: the data do not exist, the registry
// cannot be reached, or it wants credentials.
func final(ctx context.Context, err error) bool {
	var unreached *url.Error
	return ctx.Err() != nil || errors.Is(err, errdef.ErrNotFound) || errors.As(err, &unreached) || IsDenied(err)
}

// plainly recognises a server that uses TLS for a plain HTTP request, or the reverse. net/http
// reports only one of the cases, by its text, and only if the answer begins like HTTP. A server
// with TLS answers plain HTTP with an alert or, with various texts, with 400.
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
