package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/leak"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

// An owner may want to know later which phone a shared archive is of. A hash of what
// identifies the phone would tell everybody, as an IMEI is guessed from it; an HMAC
// tells only who has the key, and that stays in a file of the owner's.

const ownerKeySize = 32 // bytes, in the file as hex

func ownerKeyFlag(usage string) cli.Flag { return &cli.StringFlag{Name: "owner-key", Usage: usage} }

// ownerKey reads the key of an owner; fresh makes the file when it is not there.
func ownerKey(path string, fresh bool) ([]byte, error) {
	text, err := readFew(path)
	if fresh && errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, ownerKeySize)
		rand.Read(key)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, err
		}
		_, err = fmt.Fprintf(f, "%x\n", key)
		return key, errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != ownerKeySize {
		return nil, fmt.Errorf("%s is no owner's key: %d bytes in hex, as backup create --share --owner-key makes them", path, ownerKeySize)
	}
	return key, nil
}

// readFew reads the beginning of a file that holds no more than a key.
func readFew(path string) ([]byte, error) {
	f, err := disk.OpenSmall(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSmall))
}

// ownerIDs are the HMACs of what makes a phone this phone, by partition. What holds one
// byte again and again says nothing.
func ownerIDs(ctx context.Context, key []byte, private []leak.Part) (map[string]string, error) {
	ids := map[string]string{}
	for _, p := range private {
		name := scatter.Canonical(p.Name)
		if _, yes := scatter.Identity(name); !yes {
			continue
		}
		h, same := hmac.New(sha256.New, key), sameBytes{}
		fmt.Fprintf(h, "mtkkit owner 1\n%s\n", name)
		if _, err := io.Copy(io.MultiWriter(h, &same), ctxReader{ctx, io.NewSectionReader(p.Image, 0, p.Image.Size())}); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if !same.only() {
			ids[name] = hex.EncodeToString(h.Sum(nil))
		}
	}
	return ids, nil
}

// ofThisPhone are the private parts of a plan.
func ofThisPhone(p *plan.Plan) (private []leak.Part) {
	for _, it := range p.OfThisPhone() {
		private = append(private, leak.Part{Name: it.Name, Image: it.Image})
	}
	return private
}

// sign notes in the record of a shared archive what its owner knows it by.
func (j *backupJob) sign(c *cli.Context, p *plan.Plan) error {
	path := c.String("owner-key")
	if path == "" {
		return nil
	}
	key, err := ownerKey(path, true)
	if err != nil {
		return err
	}
	ids, err := ownerIDs(c.Context, key, ofThisPhone(p))
	if err != nil {
		return err
	}
	j.record.Phone = &flash.ManifestPhone{IDs: ids}
	j.notes = append(j.notes, fmt.Sprintf("with the key in %s, and no other way, verify --share --against tells whether it is of a phone: keep that file, and share it with nobody", path))
	return nil
}

// owned says whether a shared archive is of the phone that it is held against: "same",
// "other", "unsigned" when it was made without a key, "" when nobody asks.
func owned(c *cli.Context, u *ui, a *archive, private []leak.Part) (string, error) {
	path := c.String("owner-key")
	if path == "" {
		return "", nil
	}
	key, err := ownerKey(path, false)
	if err != nil {
		return "", err
	}
	m, err := a.manifest()
	if err != nil {
		return "", err
	}
	if m == nil || m.Phone == nil || len(m.Phone.IDs) == 0 {
		u.say("owner: the archive was made without --owner-key, so nothing tells which phone it is of")
		return "unsigned", nil
	}
	ids, err := ownerIDs(c.Context, key, private)
	if err != nil {
		return "", err
	}
	var same []string
	for _, p := range private {
		name := scatter.Canonical(p.Name)
		if id := ids[name]; id != "" && hmac.Equal([]byte(id), []byte(m.Phone.IDs[name])) {
			same = append(same, p.Name)
		}
	}
	if len(same) == 0 {
		u.say("owner: by this key it is not of this phone")
		return "other", nil
	}
	u.say("owner: of this phone: the same are %s", strings.Join(same, " "))
	return "same", nil
}
