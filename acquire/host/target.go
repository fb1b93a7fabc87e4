package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LookAt tells what kind of place a folder for a dump is. It need not be there yet: its
// parent is asked then.
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
