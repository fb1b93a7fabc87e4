package source

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// mapSuffix is what follows the name of a region in the name of its map. Users of ddrescue often
// name their own maps so, too.
const mapSuffix = ".map"

// readMap reads a mapfile; nil if there is none. A file of that name that is not a map gets a
// warning, because the ranges that were read are then unknown. A damaged map is an error.
func (s *Source) readMap(ctx context.Context, m *member) (*mapfile.Map, error) {
	if m == nil {
		return nil, nil
	}
	img, err := s.openRaw(ctx, m)
	if err != nil {
		return nil, err
	}
	if !mapfile.Sniff(img) {
		s.problem(flash.Warning, m.name, "cannot be read as a map of ddrescue: which bytes of the dump were read is unknown")
		return nil, nil
	}
	m.used = true
	rescueMap, err := mapfile.Read(img)
	if damage, ok := errors.AsType[*flash.FormatError](err); ok {
		return nil, &UnreadableError{m.name, fmt.Sprintf("which bytes of the dump were read is unknown: %v", damage)}
	}
	return rescueMap, err
}

// honourMaps applies the maps beside the files of a folder. Files that were named one by one
// have their maps beside them.
func (s *Source) honourMaps(ctx context.Context, f *folder) error {
	for i, j := 0, 0; i < len(s.Parts); i = j {
		name := s.Parts[i].Source
		for j = i + 1; j < len(s.Parts) && s.Parts[j].Source == name; j++ {
		}
		parts, m := s.Parts[i:j], f.find(name) // all of one file
		rescueMap := f.find(strings.TrimSuffix(name, partSuffix) + mapSuffix)
		if rescueMap == nil && f.path == "" && m != nil && m.path != "" {
			if err := s.honourMapBeside(ctx, m.path, parts); err != nil {
				return err
			}
			continue
		}
		read, err := s.readMap(ctx, rescueMap)
		if err != nil {
			return err
		}
		s.honour(parts, read)
	}
	return nil
}

// honourMapBeside applies the maps beside a file to the regions in it.
func (s *Source) honourMapBeside(ctx context.Context, file string, parts []flash.Part) error {
	if file == Stdin {
		return nil
	}
	for _, name := range mapsOf(file) {
		st, err := s.statBeside(name)
		if strange := (*disk.KindError)(nil); errors.As(err, &strange) {
			s.problem(flash.Warning, filepath.Base(name), "%s: which bytes of the dump were read is unknown", strange.Text)
		}
		if err != nil || !st.Mode().IsRegular() {
			continue
		}
		m := &member{name: filepath.Base(name), path: name}
		m.raw = func(ctx context.Context) (flash.Image, error) { return s.openFile(ctx, name) }
		rescueMap, err := s.readMap(ctx, m)
		if err != nil {
			return err
		}
		s.honour(parts, rescueMap)
	}
	return nil
}

// packedEndings are the endings of files that were packed as a whole, after they were rescued.
var packedEndings = []string{".zst", ".gz", ".xz", ".lz4", ".bz2"}

// mapsOf lists the possible names of the map of a file: the file's name with the suffix, the
// name of the whole file if it is a numbered part or packed, and the names beside the target of
// a link.
func mapsOf(file string) (names []string) {
	files := []string{file}
	if real, err := filepath.EvalSymlinks(file); err == nil && real != filepath.Clean(file) {
		files = append(files, real)
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f, partSuffix)+mapSuffix)
		if m := partNumber.FindStringSubmatch(f); m != nil {
			names = append(names, m[1]+mapSuffix)
		}
		if ext := filepath.Ext(f); slices.Contains(packedEndings, ext) {
			names = append(names, strings.TrimSuffix(f, ext)+mapSuffix)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// honour applies the map of a file to the regions in it. Ranges behind the end of the file
// belong to the region that ends there.
func (s *Source) honour(parts []flash.Part, rescueMap *mapfile.Map) {
	if rescueMap == nil || len(parts) == 0 {
		return
	}
	last := &parts[0]
	for i := range parts {
		p := &parts[i]
		here := flash.Extent{Offset: p.Base, Length: p.Image.Size()}
		p.Unread = flash.Union(p.Unread, moved(flash.Within(rescueMap.Unread(here.End()), here), -p.Base))
		if here.End() > last.Base+last.Image.Size() {
			last = p
		}
	}
	last.Beyond = flash.Union(last.Beyond, moved(behind(rescueMap, last.Base+last.Image.Size()), -last.Base))
	if n := len(rescueMap.Blocks); n > 0 && rescueMap.Blocks[n-1].End() == math.MaxInt64 && rescueMap.Blocks[n-1].Status != mapfile.Finished {
		s.problem(flash.Warning, last.Source, "its map does not say how much there is to read: it is unknown whether this is all")
	}
}

// behind returns the ranges of a map behind the end of a file: they were not read, or the file
// was cut later. For a source of unknown size, ddrescue writes the largest possible size; this
// is ignored.
func behind(rescueMap *mapfile.Map, end int64) (out []flash.Extent) {
	for _, b := range rescueMap.Blocks {
		if b.End() > end && b.End() < math.MaxInt64 {
			at := max(b.Offset, end)
			out = append(out, flash.Extent{Offset: at, Length: b.End() - at})
		}
	}
	return flash.Union(out)
}

func moved(list []flash.Extent, by int64) []flash.Extent {
	out := slices.Clone(list)
	for i := range out {
		out[i].Offset += by
	}
	return out
}
