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

// verifyShare searches an archive for what is private in a dump of the same phone.
func verifyShare(ctx context.Context, u *ui, o *backupVerifyOptions, path string) error {
	a, err := openArchive(ctx, &o.keyOptions, path)
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

// tellSearched gives the verdict on a shared archive.
func tellSearched(u *ui, s *archive.Searched) error {
	switch s.Owner {
	case archive.Unsigned:
		u.Say("owner: the archive was made without --owner-key, so nothing tells which phone it is of")
	case archive.Other:
		u.Say("owner: by this key it is not of this phone")
	case archive.Same:
		u.Say("owner: of this phone: the same are %s", strings.Join(s.Same, " "))
	}
	u.Problems(s.Problems)
	u.Say("searched for: digits that can be an IMEI: %d, texts that can be serial numbers: %d, blocks of 64 bytes: %d, hashes: %d (of %s)",
		s.For[leak.IMEI], s.For[leak.Serial], s.For[leak.Block], s.For[leak.Hash], strings.Join(s.Private, " "))
	switch s.Verdict {
	case archive.Leaks:
		return errors.New("do not share this file: it holds what identifies the phone, as named above")
	case archive.Doubtful:
		u.Say("found: blocks that are the same in a private partition; look at them before this is shared")
		return words.ErrProblems
	}
	u.Say("nothing of that was found: a search, not a proof (what is packed or encrypted once more is not seen)")
	return nil
}
