package whatis

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// packages are the firmware packages of makers and the backups of other programs, by
// their first bytes.
//
// Sources: AOSP's update_engine (payload_metadata, CrAU), bkerler's oppo_ozip_decrypt
// (OPPOENCRYPT!), kdzutils' three headers of a .kdz and that of a .dz, divinebird's pacextractor (the version in
// UTF-16 that begins a .pac), and the PAR 2.0 specification.
var packages = []struct {
	kind   Kind
	magic  string
	denies func(b []byte) bool // true if the rest contradicts the magic; nil for no check
}{
	{Payload, "CrAU", notPayload},
	{OZip, "OPPOENCRYPT!", nil},
	{KDZ, "\x28\x05\x00\x00\x24\x38\x22\x25", nil},
	{KDZ, "\x28\x05\x00\x00\x34\x31\x25\x80", nil},
	{KDZ, "\x18\x05\x00\x00\x32\x79\x44\x50", nil},
	{DZ, "\x32\x96\x18\x74", nil},
	{PAC, "B\x00P\x00_\x00R\x00", nil},
	{PAR2, "PAR2\x00PKT", nil},
}

// ofPackage recognises firmware packages and backups of other programs; nil for other
// files.
func ofPackage(head []byte, name string) *Thing {
	for _, p := range packages {
		if bytes.HasPrefix(head, []byte(p.magic)) && (p.denies == nil || !p.denies(head)) {
			return &Thing{Kind: p.kind}
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte(androidBackupMagic)):
		return androidBackup(head)
	case isUpdateApp(head):
		return &Thing{Kind: UpdateApp}
	case encryptedEndings[strings.ToLower(filepath.Ext(name))] != "" && !isText(head) && !isPacked(head):
		return &Thing{Kind: encryptedEndings[strings.ToLower(filepath.Ext(name))]}
	case brotliName.MatchString(filepath.Base(name)) && !isText(head): // brotli has no magic
		return &Thing{Kind: BrotliData}
	}
	return nil
}

// encryptedEndings are the endings of packages that are encrypted from their first byte on, so that only
// the name says what they are. Sources: bkerler's oppo_decrypt (.ofp, .ops), samloader (.enc2, .enc4).
var encryptedEndings = map[string]Kind{".ofp": OFP, ".ops": OPS, ".enc2": SamsungEncrypted, ".enc4": SamsungEncrypted}

// isPacked reports whether a file begins like an archive or a compressed file. Some files with the names
// of encrypted packages are zip archives.
func isPacked(head []byte) bool {
	return slices.ContainsFunc(packings, func(p packing) bool { return bytes.HasPrefix(head, []byte(p.magic)) })
}

// brotliName is the name of a data image in an update package that is compressed with
// brotli: the update script looks for this name.
var brotliName = regexp.MustCompile(`(?i)^[a-z0-9_]+\.new\.dat\.br$`)

// notPayload reports whether the version, in big-endian order, is not 1 or 2.
func notPayload(b []byte) bool {
	if len(b) < 12 {
		return true
	}
	v := binary.BigEndian.Uint64(b[4:])
	return v < 1 || v > 2
}

// isUpdateApp recognises an UPDATE.APP of Huawei: 92 bytes of zeros, then the mark of
// the first entry. Source: McSpoon's split_updata.pl, which skips the same number of
// bytes.
func isUpdateApp(b []byte) bool {
	const blank, mark = 92, "\x55\xAA\x5A\xA5"
	return len(b) >= blank+len(mark) && len(bytes.Trim(b[:blank], "\x00")) == 0 && string(b[blank:blank+len(mark)]) == mark
}

// androidBackupMagic begins a file of adb backup. The next lines are the version,
// whether it is compressed, and the cipher. Source: AOSP's BackupManagerService.
const androidBackupMagic = "ANDROID BACKUP\n"

func androidBackup(head []byte) *Thing {
	t := &Thing{Kind: AndroidBackup}
	lines := strings.SplitN(string(head[:min(len(head), 128)]), "\n", 5)
	if len(lines) < 5 {
		t.problem(flash.Warning, "its header is cut off")
		return t
	}
	t.add("version", "%s", printable(lines[1]))
	if cipher := printable(lines[3]); cipher != "none" {
		t.Kind = AndroidBackupLocked
		t.add("cipher", "%s", cipher)
	}
	return t
}

// transferList matches the beginning of the list of block ranges for a .new.dat file: a
// version from 1 to 4, the number of blocks, from version 2 on two numbers for the
// stash, and the first command. Source: AOSP's blockimg.py, which writes it.
var transferList = regexp.MustCompile(`^[1-4]\r?\n[0-9]+\r?\n(?:[0-9]+\r?\n[0-9]+\r?\n)?(?:erase|new|zero|stash|move|bsdiff|imgdiff|free) `)

// ageKey matches the beginning of a private key of age, or of a file of age-keygen. The
// key itself is never shown.
var ageKey = regexp.MustCompile(`^(?:#[^\n]*\n|[ \t\r]*\n)*AGE-SECRET-KEY-1`)

// sshKey matches the first line of a private key of ssh.
var sshKey = regexp.MustCompile(`^-----BEGIN (?:OPENSSH|RSA) PRIVATE KEY-----`)
