package source

import (
	"context"
	"errors"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// tableNames are the names of files with only a partition table: those of mtkclient, SP Flash Tool
// and firmware packages.
var tableNames = []string{"gpt.bin", "pgpt.bin", "pgpt", "pgpt.img", "gpt.img", "gpt"}

// openPartitions opens a folder with a file for each partition (mtkclient rl, MTK Droid Tools).
// The table in the folder gives their offsets. Ranges without a file are holes. The user area
// ends with the last file.
func (s *Source) openPartitions(ctx context.Context, f *folder) (bool, error) {
	table, from, err := s.folderTable(ctx, f)
	if err != nil || table == nil || from.Region == "" && !hasIdentity(f, table) {
		return false, err
	}
	user := flash.NewStitched(0)
	var boots []*member
	for _, m := range f.members {
		if r := regionNamed(m.name, s.Storage); !m.used && (r.IsBoot() || r == flash.EMMCRPMB) && rowFor(table, m) == nil {
			if img, err := s.open(ctx, m); err == nil && preloader.Medium(img) != preloader.MediumGFH {
				boots = append(boots, m)
			}
		}
	}
	found, missing, err := s.layRows(ctx, f, table, user)
	if err != nil {
		return false, err
	}
	if found == 0 {
		return false, nil
	}
	if from.Region != "" { // the table is the head of the user area
		user.Add(0, from.Image)
	}
	unread := s.tellMissing(missing, user)
	s.hole(s.Storage.User(), user.Gaps()...)
	s.problem(flash.Note, f.name, "%d partitions are put together with the offsets in %s", found, from.Source)
	s.Parts = append(s.Parts, flash.Part{Region: s.Storage.User(), Image: user, Source: f.name, Unread: unread})
	s.addNamed(boots)
	s.tellUnused(f)
	if f.find(flash.SumsName) != nil {
		s.problem(flash.Warning, flash.SumsName, "nothing was compared with it, because manifest.json is missing")
	}
	return true, nil
}

// hasIdentity reports whether a folder has a partition that only a phone has, and no firmware
// package.
func hasIdentity(f *folder, t *flash.Table) bool {
	for _, m := range f.members {
		if r := rowFor(t, m); r != nil {
			if _, yes := scatter.Identity(r.Name); yes {
				return true
			}
		}
	}
	return false
}

// tellMissing reports the rows without a file. A hole before the last file is missing data; rows
// behind it are only noted. It returns the missing ranges, which count as unread.
func (s *Source) tellMissing(rows []flash.Partition, user *flash.Stitched) (unread []flash.Extent) {
	size := user.Size()
	var behind []string
	for _, row := range rows {
		if row.Offset >= size {
			behind = append(behind, row.Name)
			continue
		}
		end := size
		if !row.ToEnd {
			end = min(row.End(), size)
		}
		s.Problems.AddAt(flash.Error, row.Name, row.Offset, "the folder has no file of it: %s are missing and read as zeros", flash.Size(end-row.Offset))
		unread = flash.Union(unread, flash.Within(user.Gaps(), flash.Extent{Offset: row.Offset, Length: end - row.Offset}))
	}
	if len(behind) > 0 {
		s.problem(flash.Note, string(s.Storage.User()), "ends at 0x%x: the folder has no files of the partitions behind it (%s)", size, list(behind))
	}
	return unread
}

// folderTable reads the table with the offsets of the files: the phone's own GPT, or else the
// scatter file. The part has the GPT's bytes, and the name of the table as Source.
func (s *Source) folderTable(ctx context.Context, f *folder) (*flash.Table, flash.Part, error) {
	s.Storage = flash.EMMC
	for _, name := range tableNames {
		m := f.find(name)
		if m == nil {
			continue
		}
		img, err := s.open(ctx, m)
		if err != nil {
			return nil, flash.Part{}, err
		}
		g, err := gpt.Read(img)
		if err != nil || g.Primary == nil || g.Primary.Template || g.Primary.Standalone {
			continue // a template or a part of a table has no offsets
		}
		if g.SectorSize == 4096 {
			s.Storage = flash.UFS
		}
		m.used = true
		return g.Table(s.Storage.User()), flash.Part{Region: s.Storage.User(), Image: img, Source: m.name}, nil
	}
	m := f.scatter
	if m == nil {
		return nil, flash.Part{}, nil
	}
	file, err := scatter.Read(m.packed)
	if errors.Is(err, flash.ErrNotThis) || errors.Is(err, scatter.ErrDialect) {
		return nil, flash.Part{}, nil
	}
	if err != nil {
		return nil, flash.Part{}, &UnreadableError{m.name, err.Error()}
	}
	if file.Info.Storage != "" {
		s.Storage = file.Info.Storage
	}
	return file.Table(0), flash.Part{Source: m.name}, nil
}

// layRows puts the file of each row of the user area at its offset.
func (s *Source) layRows(ctx context.Context, f *folder, t *flash.Table, user *flash.Stitched) (found int, missing []flash.Partition, err error) {
	for _, row := range t.Partitions {
		if !row.Region.IsUser() || !row.Placed() {
			continue
		}
		m := fileFor(f, t, row)
		if m == nil {
			if (row.Length > 0 || row.ToEnd) && !row.Reserved {
				missing = append(missing, row)
			}
			continue
		}
		img, err := s.sized(ctx, m, row.Length)
		if not, ok := errors.AsType[*UnreadableError](err); ok {
			s.problem(flash.Error, row.Name, "%s: %s", m.name, not.Text)
			missing = append(missing, row)
			continue
		}
		if err != nil {
			return found, missing, err
		}
		m.used = true
		found++
		if row.Length > 0 && img.Size() > row.Length {
			s.problem(flash.Warning, row.Name, "%s is longer than the partition: 0x%x bytes instead of 0x%x; the rest is not used", m.name, img.Size(), row.Length)
			img = flash.Slice(img, flash.Extent{Length: row.Length})
		}
		user.Add(row.Offset, img)
	}
	return found, missing, nil
}

// fileFor returns the member for a row: the one with the row's name, in the spelling of any
// generation, or with the name in the scatter file.
func fileFor(f *folder, t *flash.Table, row flash.Partition) *member {
	for _, m := range f.members {
		if r := rowFor(t, m); r != nil && r.Index == row.Index {
			return m
		}
	}
	return nil
}

// rowFor returns the row for a member's name, or nil. If several rows name a file (lk.img by lk and
// lk2), it is the row with the file's name.
func rowFor(t *flash.Table, m *member) *flash.Partition {
	if notImages.MatchString(m.name) {
		return nil
	}
	stem := scatter.Canonical(stemOf(m.name))
	var byFile *flash.Partition
	for i := range t.Partitions {
		row := &t.Partitions[i]
		if !row.Region.IsUser() {
			continue
		}
		if scatter.Canonical(row.Name) == stem {
			return row
		}
		if byFile == nil && row.File != "" && stemOf(row.File) == stemOf(m.name) {
			byFile = row
		}
	}
	return byFile
}
