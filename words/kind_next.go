package words

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/whatis"
)

// next has the commands for a file of each kind. FILE stands for the file, DIR for its folder.
var next = map[whatis.Kind][]string{
	whatis.AndroidBoot: {"mtkkit image info FILE", "mtkkit recovery unpack FILE"},
	whatis.VendorBoot:  {"mtkkit image info FILE", "mtkkit recovery unpack FILE"},
	whatis.VBMeta:      {"mtkkit image info FILE"},
	whatis.DTBO:        {"mtkkit image info FILE"},
	whatis.DeviceTree:  {"mtkkit image info FILE"},
	whatis.Kernel:      {"mtkkit image info FILE"},
	whatis.MTKImage:    {"mtkkit image info FILE"},
	whatis.Logo:        {"mtkkit image info FILE"},
	whatis.SecRO:       {"mtkkit image info FILE"},
	whatis.SignedImage: {"mtkkit image info FILE"},
	whatis.F2FS:        {"mtkkit image info FILE"},
	whatis.FAT:         {"mtkkit image info FILE"},
	whatis.SquashFS:    {"mtkkit image info FILE"},
	whatis.UBI:         {"mtkkit image info FILE"},
	whatis.UBIFS:       {"mtkkit image info FILE"},
	whatis.Sparse:      {"mtkkit image info FILE"},
	whatis.SparsePiece: {"mtkkit image info with all pieces, in any order"},
	whatis.PartTable:   {"mtkkit list FILE"},
	whatis.Ext4:        {"mtkkit image ls FILE", "mtkkit image info FILE"},
	whatis.EROFS:       {"mtkkit image ls FILE", "mtkkit image info FILE"},
	whatis.Super:       {"mtkkit image super FILE", "mtkkit image info FILE"},
	whatis.Preloader:   {"mtkkit preloader info FILE"},
	whatis.BootRegion:  {"mtkkit preloader info FILE"},
	whatis.Scatter:     {"mtkkit scatter check FILE", "give it together with the dump: mtkkit list ROM_1 --scatter FILE"},
	whatis.List:        {"give it together with its dump: mtkkit list ROM_1 --table FILE", "mtkkit scatter diff compares it with a scatter file; to make a scatter file from it: mtkkit scatter create FILE"},
	whatis.Agent:       {"mtkkit acquire -o FOLDER --da FILE"},
	whatis.AuthFile:    {"mtkkit acquire -o FOLDER --da DA.bin --auth FILE"},
	whatis.CertFile:    {"mtkkit acquire -o FOLDER --da DA.bin --cert FILE"},
	whatis.RescueMap:   {"leave it beside its file, and name that file: mtkkit info FILE"},

	whatis.Manifest:    {"mtkkit info DIR", "mtkkit verify DIR"},
	whatis.Sums:        {"mtkkit verify DIR"},
	whatis.BlocksMap:   {"open it in a browser"},
	whatis.ComparePage: {"open it in a browser"},
	whatis.Archive:     {"mtkkit backup list FILE", "mtkkit backup verify FILE"},
	whatis.Parity:      {"leave it beside its file; to repair that file: mtkkit backup verify --repair BASE -o REPAIRED"},
	whatis.Document:    {"it is for programs: the command that wrote it shows the same to a person without --json"},
	whatis.Journal:     {"mtkkit acquire --resume DIR --da DA.bin"},
	whatis.Marker:      {"the files beside it are unfinished: run the command that made them once more"},
	whatis.Layout:      {"mtkkit backup tags oci:DIR"},

	whatis.Age:        {"give your private key: mtkkit info FILE --key KEYFILE"},
	whatis.AgeArmored: {"decrypt it first: age -d -i KEYFILE -o dump FILE"},
	whatis.SevenZip:   {"unpack it first: 7z x FILE"},
	whatis.RAR:        {"unpack it first: unrar x FILE"},
	whatis.Tar:        {"unpack it first: tar -xf FILE"},
	whatis.Cabinet:    {"unpack it first: cabextract FILE"},
	whatis.EWF:        {"make a raw image of it first: ewfexport -f raw -t dump FILE"},
	whatis.AFF:        {"make a raw image of it first: affconvert -r FILE"},
	whatis.VMDK:       {"make a raw image of it first: qemu-img convert -O raw FILE dump.img"},
	whatis.VHD:        {"make a raw image of it first: qemu-img convert -O raw FILE dump.img"},
	whatis.VHDX:       {"make a raw image of it first: qemu-img convert -O raw FILE dump.img"},
	whatis.VDI:        {"make a raw image of it first: qemu-img convert -O raw FILE dump.img"},
	whatis.QCOW2:      {"make a raw image of it first: qemu-img convert -O raw FILE dump.img"},
	whatis.DMG:        {"make a raw image of it first: dmg2img FILE dump.img"},
	whatis.LUKS:       {"open it with its passphrase first: cryptsetup open FILE dump"},
	whatis.PGP:        {"decrypt it first: gpg -o dump -d FILE"},
	whatis.LFSPointer: {"fetch the file itself: git lfs pull"},
	whatis.WebPage:    {"the download went wrong: fetch the file again, and look at its size"},

	whatis.Payload:             {"a full update of version 2 is a firmware package: mtkkit list FILE shows its images, if it is not damaged"},
	whatis.OZip:                {"decrypt it to a zip archive first: ozipdecrypt.py FILE", "then name that archive: mtkkit info ARCHIVE.zip"},
	whatis.OFP:                 {"mtkkit has no keys of makers: decrypt it first, as with ofp_mtk_decrypt.py FILE FOLDER", "then name the folder: mtkkit info FOLDER"},
	whatis.OPS:                 {"mtkkit has no keys of makers: decrypt it first, as with opscrypto.py decrypt FILE", "then name the folder: mtkkit info FOLDER"},
	whatis.KDZ:                 {"unpack it first: unkdz -f FILE -x, then undz with the .dz file that is in it", "then name the folder: mtkkit info FOLDER"},
	whatis.DZ:                  {"unpack it first: undz -f FILE -x", "then name the folder: mtkkit info FOLDER"},
	whatis.SamsungEncrypted:    {"the program that downloads it also decrypts it to a zip archive, as samloader does", "then name that archive: mtkkit info ARCHIVE.zip"},
	whatis.PAC:                 {"it is for phones without a MediaTek chip; to see its content: pacextractor FILE"},
	whatis.UpdateApp:           {"unpack its images first: splitupdate FILE"},
	whatis.TransferList:        {"leave it beside the data (STEM.new.dat or STEM.new.dat.br), and name the folder: mtkkit info DIR"},
	whatis.BrotliData:          {"leave it beside its list (STEM.transfer.list), and name the folder: mtkkit info DIR"},
	whatis.PAR2:                {"it repairs the files that it was made from: par2 repair FILE"},
	whatis.AndroidBackup:       {"it contains data of apps and no partitions; to see its content: java -jar abe.jar unpack FILE backup.tar"},
	whatis.AndroidBackupLocked: {"it contains data of apps and no partitions; to see its content: java -jar abe.jar unpack FILE backup.tar PASSWORD"},
	whatis.PrivateKey:          {"it opens files that were encrypted for it: mtkkit info DUMP.age --key FILE"},

	whatis.Empty:       {"nothing was written to it: copy or read the dump once more"},
	whatis.Zeros:       noTableHints,
	whatis.Erased:      noTableHints,
	whatis.Text:        noTableHints,
	whatis.Unknown:     noTableHints,
	whatis.HighEntropy: append([]string{"firmware packages of makers (.ofp, .ops …) are encrypted: unpack one with its maker's tool first"}, noTableHints...),
}

// noTableHints are for a file that may be part of a dump, or a dump that starts at another address.
var noTableHints = []string{
	"give the scatter file of this phone with --scatter FILE",
	"a dump begins at address 0 of the user area: did the read-back start at another address, is the file encrypted, or is it something else?",
}

// listWithoutStarts is for a list without offsets. A scatter file cannot be made from it alone.
var listWithoutStarts = []string{next[whatis.List][0], "with such a dump, a scatter file can be made: mtkkit scatter create ROM_1 --table FILE"}

func hasFact(t *whatis.Thing, key string) bool {
	return slices.ContainsFunc(t.Facts, func(f whatis.Fact) bool { return f.Key == key })
}

// notTheDump is for a file that cannot be a dump.
const notTheDump = "a dump is what a flash tool, mtkkit acquire or dd read from the phone: name that file"

// NextSteps returns the commands for a file of a known kind, with its path filled in.
func NextSteps(path string, t *whatis.Thing) (out []string) {
	if dump.Formless(t.Kind) {
		return next[t.Kind] // FILE is another file there
	}
	if t.Kind == whatis.RescueMap {
		path = strings.TrimSuffix(path, ".map")
	}
	name := Quoted(path)
	if _, err := os.Stat(path); err != nil {
		name = path // several files, one behind the other
	}
	r := strings.NewReplacer("KEYFILE", "KEYFILE", "BASE", Quoted(strings.TrimSuffix(path, ".par")), "FILE", name, "STEM", quotedStem(path), "DIR", Quoted(filepath.Dir(path)))
	steps := next[t.Kind]
	if hasFact(t, whatis.StartsKey) {
		steps = listWithoutStarts
	}
	for _, s := range steps {
		if t.Packed && !strings.HasPrefix(s, "mtkkit image info") {
			continue // it opens no packed files
		}
		out = append(out, r.Replace(s))
	}
	if t.Kind.Use() == whatis.Nothing && len(out) == 0 {
		return []string{notTheDump}
	}
	return out
}

// quotedStem returns the part of the name that the files of one image in an update package share.
func quotedStem(path string) string {
	for _, end := range []string{".transfer.list", ".new.dat.br", ".new.dat"} {
		if stem, ok := strings.CutSuffix(path, end); ok {
			return Quoted(stem)
		}
	}
	return "system"
}
