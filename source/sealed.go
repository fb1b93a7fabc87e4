package source

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// unseal opens what is encrypted, with the keys that the user gave; anything else is
// returned as it is. The error wraps seal.ErrKey when none fits. Nothing is unpacked: it is decrypted where it is read.
func (s *Source) unseal(in flash.Image, name string) (flash.Image, string, error) {
	if !seal.Sniff(in) {
		return in, name, nil
	}
	var keys []seal.Key
	if s.opt.Keys != nil {
		var err error
		if keys, err = s.opt.Keys(); err != nil {
			return nil, name, err
		}
	}
	plain, err := seal.Open(in, keys)
	damaged := (*flash.FormatError)(nil)
	switch {
	case errors.Is(err, seal.ErrKey):
		return nil, name, fmt.Errorf("source: %s is encrypted: %w", name, err)
	case errors.As(err, &damaged):
		return nil, name, &UnreadableError{name, err.Error()}
	case err != nil:
		return nil, name, err
	}
	return plain, strings.TrimSuffix(name, ".age"), nil
}
