package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LookAt returns the facts about a folder for a dump. If it does not exist, they are those of its
// nearest parent that exists.
func LookAt(path string) (*Target, error) {
	at, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	for {
		_, err := os.Stat(at)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(at) == at {
			return nil, fmt.Errorf("host: %w", err)
		}
		at = filepath.Dir(at)
	}
	t, err := target(at)
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	t.Path = path
	return t, nil
}
