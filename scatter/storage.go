package scatter

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// section is the part of a file for one storage. Most files have one section; the V2
// text and XML have one for each kind of flash that the firmware supports.
type section struct {
	info Info
	head Row // the storage's own keys; empty if the file has only one header
	rows []Row
}

// Storages lists the kinds of flash for which the file has a table, in the order of the
// file. For a list without a header the only entry is "".
func (f *File) Storages() []flash.Storage {
	var out []flash.Storage
	for _, s := range f.sections {
		out = append(out, s.info.Storage)
	}
	return out
}

// Select returns the file for a phone with that storage: Info, Rows and Problems are
// those of its table, the bytes are still those of the whole file. It returns nil if
// the file has no such table. A file that does not name its storage fits every storage.
func (f *File) Select(storage flash.Storage) *File {
	for i, s := range f.sections {
		if s.info.Storage == storage || s.info.Storage == "" {
			g := *f
			g.use(i)
			g.Info.Storage = storage
			return &g
		}
	}
	return nil
}

// use makes Info, Rows and Problems those of the i-th table.
func (f *File) use(i int) {
	s := f.sections[i]
	f.Info, f.Rows, f.current = s.info, s.rows, i
	f.Problems = append([]flash.Problem(nil), f.common...)
	if !f.Dialect.bare() {
		f.checkStorage(&s)
		f.checkRows()
	}
}

// checkStorage reports faults in the storage's header.
func (f *File) checkStorage(s *section) {
	if b := f.find(s, "block_size"); b != nil && s.info.BlockSize == 0 {
		f.problem(flash.Warning, "", b.Line, "block_size %q is not a usable size", b.Value)
	}
	if s.info.Storage == flash.NAND {
		f.problem(flash.Note, "", 0, "no real scatter file of this dialect for NAND was available when this reader was written: the reading of NAND rows is unverified")
	}
}

// find returns a key of the storage's own header, or else of the file's header.
func (f *File) find(s *section, key string) *Field {
	if fd := s.head.Find(key); fd != nil {
		return fd
	}
	return f.Head.Find(key)
}

// readHead decodes the headers after all lines were read, and selects the first table.
func (f *File) readHead() {
	if len(f.sections) == 0 {
		f.sections = []section{{}}
	}
	f.dropRepeats()
	get := func(s *section, key string) string {
		if fd := f.find(s, key); fd != nil {
			return fd.Value
		}
		return ""
	}
	for i := range f.sections {
		s := &f.sections[i]
		s.info = Info{
			Version:     f.Head.Get("config_version"),
			Platform:    flash.KnownChip(f.Head.Get("platform")),
			Project:     f.Head.Get("project"),
			Storage:     flash.Storage(strings.ToUpper(get(s, "storage"))),
			BootChannel: get(s, "boot_channel"),
		}
		if s.info.Storage == "" {
			s.info.Storage = flash.Storage(strings.ToUpper(s.head.Get("storage_type")))
		}
		if n, ok := number(get(s, "block_size")); ok && n <= maxBlock {
			s.info.BlockSize = int64(n)
		}
	}
	switch v := strings.ToLower(f.Head.Get("config_version")); {
	case v == "":
		f.commonProblem(flash.Warning, "", 0, "header has no config_version; read as V1.1")
	case !strings.HasPrefix(v, "v1.") && !strings.HasPrefix(v, "v2."):
		f.commonProblem(flash.Warning, "", f.Head.Find("config_version").Line, "config_version %q is not known; read as V1.1", f.Head.Get("config_version"))
	}
	f.use(0)
}

// maxBlock bounds block_size in bytes, so that 0xFFFF blocks cannot overflow.
const maxBlock = 1 << 30
