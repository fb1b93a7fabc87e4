package ui

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/mtkkit/mtkkit/disk"
)

const (
	maxRecent     = 12      // paths that are remembered
	maxRecentSize = 1 << 20 // of the file, bytes
)

// recent remembers the paths that were opened last. It is a convenience: what goes wrong is not
// told, and a list that cannot be read is empty. Two windows share the file, and the one that
// writes later wins.
type recent struct {
	dir string // "": there is no place for it
	mu  sync.Mutex
}

// recentPath is a path that was opened, as in the file.
type recentPath struct {
	Path   string    `json:"path"`  // absolute
	Title  string    `json:"title"` // what it was, for example the phone
	Opened time.Time `json:"opened"`
	Exists bool      `json:"-"`
}

// newRecent returns the list in a folder, which need not exist; "" is the folder of mtkkit among
// the user's settings.
func newRecent(dir string) *recent {
	if dir == "" {
		if config, err := os.UserConfigDir(); err == nil {
			dir = filepath.Join(config, "mtkkit")
		}
	}
	return &recent{dir: dir}
}

func (r *recent) file() string { return filepath.Join(r.dir, "recent.json") }

// add puts a path at the front. A path that is in the list already moves there.
func (r *recent) add(path, title string) {
	path, err := filepath.Abs(path)
	if err != nil || r.dir == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	others := slices.DeleteFunc(r.read(), func(p recentPath) bool { return p.Path == path })
	all := append([]recentPath{{Path: path, Title: title, Opened: time.Now().Round(time.Second)}}, others...)
	r.write(all[:min(len(all), maxRecent)])
}

// list returns the paths, the newest first, those that are not there now included: a drive may
// be back later.
func (r *recent) list() []recentPath {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.read()
	for i := range all {
		_, err := os.Stat(all[i].Path)
		all[i].Exists = err == nil
	}
	return all
}

// forget removes the list.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dir != "" {
		os.Remove(r.file())
	}
}

// read returns what the file has, nothing if it is damaged.
func (r *recent) read() []recentPath {
	if r.dir == "" {
		return nil
	}
	f, err := disk.OpenPlain(r.file())
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRecentSize))
	if err != nil {
		return nil
	}
	var all []recentPath
	if json.Unmarshal(text, &all) != nil {
		return nil
	}
	all = slices.DeleteFunc(all, func(p recentPath) bool { return !filepath.IsAbs(p.Path) })
	return all[:min(len(all), maxRecent)]
}

// write replaces the file. Other users cannot read it: names of files tell much.
func (r *recent) write(all []recentPath) {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil || os.MkdirAll(r.dir, 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(r.dir, "recent-*"+disk.PartSuffix) // mode 0600
	if err != nil {
		return
	}
	_ = disk.Fill(f, r.file(), disk.PublishOptions{}, func(f *os.File) error { // after an error, the older list stays
		_, err := f.Write(text)
		return err
	})
}
