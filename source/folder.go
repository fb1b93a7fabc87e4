package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/ebr"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/split"
)

// folder is a set of files: those of a folder, or of an archive.
type folder struct {
	name    string
	path    string    // "" for an archive
	proves  bool      // its bytes are proven when they are read
	store   bool      // its list of sums is not a file; it compares that itself
	members []*member // by name; a split file is one member
	joined  *member   // made from the pieces of a sparse image; nil for none
	scatter *member   // nil for none
	refused []string  // images whose pieces contradict each other

	unusable []*UnreadableError // updates that cannot be read; other images of the package can
}

// member is a file of a folder. It is opened once, when it is needed.
type member struct {
	name string
	dir  string // folder in the archive, "" for its top
	path string // "" in an archive
	size int64  // bytes, as packed; for a split file, of its first part
	raw  func(context.Context) (flash.Image, error)

	// stream returns a compressed file of an archive from its start; nil for one that is read in place.
	stream openFunc

	starts func(magic string) bool // reports whether its bytes begin with magic; nil if not needed

	packed, img flash.Image // as it is, and unwrapped; nil until it is opened
	used        bool
}

func (f *folder) add(m *member) { f.members = append(f.members, m) }

// find returns the member with a name, in upper or lower case, or nil.
func (f *folder) find(name string) *member {
	for _, m := range f.members {
		if strings.EqualFold(m.name, name) {
			return m
		}
	}
	return nil
}

func (f *folder) largest() *member {
	return slices.MaxFunc(f.members, func(a, b *member) int { return int(min(max(a.size-b.size, -1), 1)) })
}

// readFolder lists the files of a folder. Numbered parts, and volumes, are one member.
func (s *Source) readFolder(path string) (*folder, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	f, seen := &folder{name: filepath.Base(path), path: path}, map[string]bool{} // a folder can have very many files
	if split.Unfinished(path) {
		s.unfinished(f.name, NeverFinished+", or is being written: some of its files may be missing or cut")
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		st, ok := s.isFile(e)
		if !ok {
			continue
		}
		name := e.Name()
		if m := partNumber.FindStringSubmatch(name); m != nil && !isChunk(name) {
			name = m[1]
		} else if m := zipVolume.FindStringSubmatch(name); m != nil {
			name = m[1] + ".zip"
		}
		if !seen[strings.ToLower(name)] {
			seen[strings.ToLower(name)] = true
			f.add(s.memberAt(name, filepath.Join(path, e.Name()), st.Size()))
		}
	}
	if len(f.members) == 0 {
		if len(s.outside) > 0 {
			return nil, &UnreadableError{path, "it contains no files" + s.notFollowed()}
		}
		if inner := foldersOf(entries); len(inner) > 0 {
			return nil, &UnreadableError{path, fmt.Sprintf("it contains no files, only folders (%s): name one of them", list(inner))}
		}
		return nil, &UnreadableError{path, "an empty folder"}
	}
	return f, nil
}

// memberAt makes a member of a file, or of all files of which it is the first.
func (s *Source) memberAt(name, path string, size int64) *member {
	m := &member{name: name, path: path, size: size}
	m.raw = func(ctx context.Context) (flash.Image, error) {
		if isChunk(name) { // its number is not that of a part of a file
			return s.openFile(ctx, path)
		}
		return s.openPath(ctx, path)
	}
	m.starts = func(magic string) bool { return fileStarts(path, magic) }
	return m
}

// openRaw opens a member without unwrapping it.
func (s *Source) openRaw(ctx context.Context, m *member) (flash.Image, error) {
	if m.packed == nil {
		img, err := m.raw(ctx)
		if err != nil {
			return nil, err
		}
		m.packed = img
	}
	return m.packed, nil
}

// open opens a member and unwraps it.
func (s *Source) open(ctx context.Context, m *member) (flash.Image, error) {
	if m.img != nil {
		return m.img, nil
	}
	raw, err := s.openRaw(ctx, m)
	if err == nil {
		m.img, err = s.unwrap(ctx, raw, m.name)
	}
	return m.img, err
}

// sized opens a member that must have size bytes. If it has exactly this size it is not unwrapped,
// because the partition may contain packed data.
func (s *Source) sized(ctx context.Context, m *member, size int64) (flash.Image, error) {
	raw, err := s.openRaw(ctx, m)
	if err != nil || raw.Size() == size {
		return raw, err
	}
	return s.open(ctx, m)
}

// folderKinds are the forms of folders that tools write. The first one that recognises the folder
// opens it.
var folderKinds = []struct {
	what string
	open func(*Source, context.Context, *folder) (bool, error)
}{
	{"a dump folder of mtkkit, finished or not", (*Source).openDump},
	{"a parts folder of mtkkit", (*Source).openManifest},
	{"a firmware package, by its names alone: nothing else of it is opened", (*Source).openFirmware},
	{"regions: ROM_0 … of SP Flash Tool, user.bin and boot1.bin of mtkclient", (*Source).openRegions},
	{"partitions, and a table with their offsets", (*Source).openPartitions},
	{"images without a table", (*Source).openPackage},
}

// openFolder makes a device from a folder.
func (s *Source) openFolder(ctx context.Context, f *folder) error {
	if err := s.findScatter(ctx, f); err != nil {
		return err
	}
	for _, k := range folderKinds {
		ok, err := k.open(s, ctx, f)
		if err == nil && ok {
			err = s.honourMaps(ctx, f)
		}
		if err != nil || ok {
			return err
		}
	}
	if m := f.joined; m != nil && m == f.largest() {
		m.used = true
		s.Unpacked = true
		s.take(place(m.packed, true), m.name)
		return nil
	}
	if len(f.refused) > 0 {
		return &UnreadableError{f.name, strings.Join(f.refused, "; ")}
	}
	return &UnreadableError{f.name, fmt.Sprintf("none of its %d files is a dump with a partition table, or a table with the offsets of the others (gpt.bin, a scatter file)", len(f.members)) + s.notFollowed()}
}

// notFollowed names the links that leave the folder. They may be why nothing else was found.
func (s *Source) notFollowed() string {
	if len(s.outside) == 0 {
		return ""
	}
	return fmt.Sprintf("; links that leave the folder are not followed: %s", list(s.outside))
}

// notImages are endings of files that are often beside dumps and are not images.
var notImages = regexp.MustCompile(`(?i)\.(txt|md5|sha1|sha256|info|json|xml|ini|log|tar|apk|html?|csv|bat|sh|exe|dll|map|chunks|journal)$|^SHA256SUMS$|^phone\.|^\.`)

// findScatter finds the scatter file of a folder. If there are several, none is used, because it is
// unknown which one is the phone's.
func (s *Source) findScatter(ctx context.Context, f *folder) error {
	var found []*member
	for _, m := range f.members {
		if ext := strings.ToLower(filepath.Ext(m.name)); ext != ".txt" && ext != ".xml" || m.size > scatter.MaxSize {
			continue
		}
		img, err := s.openRaw(ctx, m)
		if err != nil {
			return err
		}
		if scatter.Sniff(img) {
			m.used = true
			found = append(found, m)
		}
	}
	if len(found) > 1 && sameTables(found) { // makers give the text and the XML form of one table
		found = found[:1]
	}
	switch len(found) {
	case 0:
	case 1:
		f.scatter, s.Scatter, s.ScatterText = found[0], cmp.Or(found[0].path, found[0].name), found[0].packed
	default:
		s.problem(flash.Note, f.name, "contains %d scatter files (%s): none is used", len(found), names(found))
	}
	return nil
}

func names(ms []*member) string {
	var out []string
	for _, m := range ms {
		out = append(out, m.name)
	}
	return list(out)
}

// list joins names, and shortens a long list.
func list(names []string) string {
	const most = 8
	if n := len(names) - most; n > 1 {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("and %d more", n))
	}
	return strings.Join(names, ", ")
}

// openRegions opens a folder of whole regions: SP Flash Tool's ROM_0, ROM_1 …, BOOT_1 and the like.
// The content of a file decides which region it is.
func (s *Source) openRegions(ctx context.Context, f *folder) (bool, error) {
	if err := s.joinPieces(ctx, f); err != nil {
		return false, err
	}
	var users, boots, rest []*member
	found := map[*member]placement{}
	for _, m := range f.members {
		img, err := s.openRegion(ctx, f, m)
		if err != nil {
			return false, err
		}
		if img == nil {
			continue
		}
		medium, mayBeUser := preloader.Medium(img), regionNamed(m.name, flash.EMMC).IsUser()
		if medium != "" || mayBeUser || ebr.Sniff(img) || gpt.Sniff(img) {
			found[m] = place(img, medium != "" || mayBeUser)
		}
		switch {
		case found[m].table:
			users = append(users, m)
		case found[m].boot && medium != preloader.MediumGFH:
			boots = append(boots, m)
		default:
			rest = append(rest, m)
		}
	}
	if len(users) == 0 {
		return false, nil
	}
	if len(users) > 1 {
		return false, &UnreadableError{f.name, fmt.Sprintf("contains %d dumps (%s): name one of them", len(users), names(users))}
	}
	users[0].used = true
	s.take(found[users[0]], users[0].name)
	s.addBoots(boots)
	s.addNamed(rest)
	if err := s.takeSums(ctx, f); err != nil {
		return false, err
	}
	for _, p := range s.Parts {
		s.tellPart(p.Source)
	}
	s.tellUnused(f)
	return true, nil
}

// openRegion opens a member that may be a region; nil if it cannot be one. A file that looks
// packed is unpacked if it has the name of a region, or is the largest; otherwise it may be a
// partition with packed data.
func (s *Source) openRegion(ctx context.Context, f *folder, m *member) (flash.Image, error) {
	if m.used || notImages.MatchString(m.name) || isPartition(m) {
		return nil, nil
	}
	raw, err := s.openRaw(ctx, m)
	damaged := errors.As(err, new(*streamError)) && scatter.Known(partitionOf(m.name)) || errors.As(err, new(*UnreadableError))
	if damaged && regionNamed(m.name, flash.EMMC) == "" {
		return nil, nil // one damaged image of a package; it is reported there
	}
	if err != nil {
		return nil, err
	}
	head, err := headOf(raw)
	if err != nil {
		return nil, fmt.Errorf("source: %s: %w", m.name, err)
	}
	if openerOf(head) != nil && regionNamed(m.name, flash.EMMC) == "" && m != f.largest() {
		return nil, nil
	}
	img, err := s.open(ctx, m)
	if _, ok := errors.AsType[*UnreadableError](err); ok {
		return nil, nil
	}
	return img, err
}

// addBoots adds files that begin with a boot region. The first is BOOT_1, unless their names say
// otherwise.
func (s *Source) addBoots(boots []*member) {
	first, second := s.Storage.Boot1(), s.Storage.Boot2()
	slices.SortStableFunc(boots, func(a, b *member) int { // names with a number go first, in order
		return strings.Compare(rank(a.name), rank(b.name))
	})
	for _, m := range boots {
		region := regionNamed(m.name, s.Storage)
		if !region.IsBoot() || s.Part(region) != nil {
			if region = first; s.Part(first) != nil {
				region = second
			}
		}
		if s.Part(region) == nil {
			s.addPart(region, m)
		}
	}
}

// rank sorts the names of boot regions: BOOT_1, BOOT_2, then names without a number.
func rank(name string) string {
	if r := regionNamed(name, flash.EMMC); r.IsBoot() {
		return string(r)
	}
	return "~"
}

// addNamed adds files by their names, if their content does not identify them.
func (s *Source) addNamed(ms []*member) {
	for _, m := range ms {
		region := regionNamed(m.name, s.Storage)
		if region != "" && !region.IsUser() && s.Part(region) == nil {
			s.addPart(region, m)
		}
	}
}

func (s *Source) addPart(r flash.Region, m *member) {
	m.used = true
	s.Parts = append(s.Parts, flash.Part{Region: r, Image: m.img, Source: m.name})
}

// tellUnused reports the files of a folder that are not used.
func (s *Source) tellUnused(f *folder) {
	var unused []*member
	for _, m := range f.members {
		if !m.used && !notImages.MatchString(m.name) {
			unused = append(unused, m)
		}
	}
	gap := slices.ContainsFunc(unused, func(m *member) bool { return strings.HasPrefix(m.name, "gap_0x") })
	switch {
	case gap: // a parts folder
		s.problem(flash.Warning, f.name, "not used: %s; the offsets of gap files were only in manifest.json, which is missing", names(unused))
	case len(unused) > 0:
		s.problem(flash.Note, f.name, "not used: %s", names(unused))
	}
}
