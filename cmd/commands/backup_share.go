package commands

import (
	"context"
	"errors"
	"strings"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/leak"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/words"
)

// verifyShare searches an archive for private data of a dump of the same phone.
func verifyShare(ctx context.Context, u *ui, o *backupVerifyOptions, path string) error {
	a, err := openArchive(ctx, u, &o.keyOptions, path)
	if err != nil {
		return err
	}
	defer a.Close()
	record, err := a.Record()
	if err != nil {
		return err
	}
	table, err := a.Table()
	if err != nil {
		return err
	}
	d, err := openWith(ctx, u, &o.dumpOptions, func(opt *dump.Options) {
		opt.Image, opt.Recorded, opt.Alone = true, table, opt.Alone || record != nil
	}, o.against)
	if err != nil {
		return err
	}
	defer d.Close()
	s, err := a.Search(ctx, d.Dump, archive.SearchOptions{OwnerKey: o.ownerKey, Progress: u.Bars.Event})
	u.Bars.Clear()
	if err != nil {
		return words.Backup(err)
	}
	if u.JSON {
		if err := u.Document(document.NewSearched(a.Path, d.Path, s)); err != nil {
			return err
		}
	}
	return tellSearched(u, s)
}

// tellSearched prints the verdict on a shared archive.
func tellSearched(u *ui, s *archive.Searched) error {
	switch s.Owner {
	case archive.Unsigned:
		u.Say("owner: the archive was made without --owner-key, so it cannot be checked which phone it is of")
	case archive.Other:
		u.Say("owner: by this key, the archive is not of this phone")
	case archive.Same:
		u.Say("owner: the archive is of this phone: %s are equal", strings.Join(s.Same, " "))
	}
	u.Problems(s.Problems)
	u.Say("searched for: digits that can be an IMEI: %d, texts that can be serial numbers: %d, blocks of 64 bytes: %d, hashes: %d (of %s)",
		s.For[leak.IMEI], s.For[leak.Serial], s.For[leak.Block], s.For[leak.Hash], strings.Join(s.Private, " "))
	switch s.Verdict {
	case archive.Leaks:
		return errors.New("do not share this file: it contains the data named above, which identify the phone")
	case archive.Doubtful:
		u.Say("found: blocks that are also in a private partition; look at them before you share this file")
		return words.ErrProblems
	}
	u.Say("none of these was found: this is a search, not a proof (it does not see data that are packed or encrypted again)")
	return words.Verdict(s.Problems)
}
