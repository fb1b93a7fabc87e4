package ui

import (
	"encoding/json"
	"io"
	"io/fs"
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

// recent remembers the paths that were opened last, and the Download Agent. It is a convenience: what goes wrong is not
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

func (r *recent) agentFile() string { return filepath.Join(r.dir, "agent.json") }

// agent returns the Download Agent of last time, "" if there is none or it is gone.
func (r *recent) agent() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var path string
	if r.load(r.agentFile(), &path) != nil || !filepath.IsAbs(path) {
		return ""
	}
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// setAgent remembers a Download Agent.
func (r *recent) setAgent(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if path, err := filepath.Abs(path); err == nil && r.dir != "" {
		r.save(r.agentFile(), path)
	}
}

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

// forget removes the list, and the Download Agent.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dir != "" {
		os.Remove(r.file())
		os.Remove(r.agentFile())
	}
}

// read returns what the file has, nothing if it is damaged.
func (r *recent) read() []recentPath {
	var all []recentPath
	if r.load(r.file(), &all) != nil {
		return nil
	}
	all = slices.DeleteFunc(all, func(p recentPath) bool { return !filepath.IsAbs(p.Path) })
	return all[:min(len(all), maxRecent)]
}

// load reads a file into a value.
func (r *recent) load(file string, into any) error {
	if r.dir == "" {
		return fs.ErrNotExist
	}
	f, err := disk.OpenPlain(file)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRecentSize))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// write replaces the list.
func (r *recent) write(all []recentPath) { r.save(r.file(), all) }

// save replaces a file. Other users cannot read it: names of files tell much.
func (r *recent) save(file string, value any) {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil || os.MkdirAll(r.dir, 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(r.dir, "recent-*"+disk.PartSuffix) // mode 0600
	if err != nil {
		return
	}
	_ = disk.Fill(f, file, disk.PublishOptions{}, func(f *os.File) error { // after an error, the older list stays
		_, err := f.Write(text)
		return err
	})
}
