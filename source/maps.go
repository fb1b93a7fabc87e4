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

// mapSuffix is the name of a region's map behind its own; people who use ddrescue
// itself often name theirs so.
const mapSuffix = ".map"

// readMap reads a mapfile, nil when there is none. Of a file of that name that is no map
// nobody knows what it says, which is told; a map that is damaged is not passed over.
func (s *Source) readMap(ctx context.Context, m *member) (*mapfile.Map, error) {
	if m == nil {
		return nil, nil
	}
	img, err := s.openRaw(ctx, m)
	if err != nil {
		return nil, err
	}
	if !mapfile.Sniff(img) {
		s.problem(flash.Warning, m.name, "cannot be read as a map of ddrescue: what it says of the dump is not known")
		return nil, nil
	}
	m.used = true
	rescueMap, err := mapfile.Read(img)
	if damage, ok := errors.AsType[*flash.FormatError](err); ok {
		return nil, &UnreadableError{m.name, fmt.Sprintf("what of the dump was read is not known: %v", damage)}
	}
	return rescueMap, err
}

// honourMaps applies the maps that stand beside the files of a folder. Files that were named
// one by one have theirs where they lie.
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

// honourMapBeside applies the maps that stand beside a file to the regions in it.
func (s *Source) honourMapBeside(ctx context.Context, file string, parts []flash.Part) error {
	if file == Stdin {
		return nil
	}
	for _, name := range mapsOf(file) {
		st, err := s.statBeside(name)
		if strange := (*disk.KindError)(nil); errors.As(err, &strange) {
			s.problem(flash.Warning, filepath.Base(name), "%s: what it says of the dump is not known", strange.Text)
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

// packedEndings are how files are called that were packed whole, after they were rescued.
var packedEndings = []string{".zst", ".gz", ".xz", ".lz4", ".bz2"}

// mapsOf lists the names that the map of a file may have: behind its own name, behind that
// of the whole of which it is a numbered part or that was packed, and beside what it is a
// link to.
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

// honour notes what the map of a file says of the regions in it, all of which are of that
// file. What the map has behind its end is missing of the region that ends there.
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
		s.problem(flash.Warning, last.Source, "its map does not say how much there is to read: nobody knows whether this is all")
	}
}

// behind is what a map has behind the end of a file: it was not read, or the file was cut
// since. Of a source whose size it does not know ddrescue writes the greatest there is, which
// says nothing.
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
