package whatis

// Kind is the kind of a file, as a word for programs.
type Kind string

// Use is what a kind of file can be used for.
type Use int

// The uses of a file.
const (
	Nothing Use = iota // not part of a phone, and useless for one
	Wrapped            // may contain a dump, but another program must open it first
	Packed             // may contain a dump, and can be opened here
	Phone              // of a phone, or made for one: an image, a table, an agent
	Own                // written by this program
)

// The kinds.
const (
	Unknown     Kind = "unknown"
	Empty       Kind = "empty"
	Zeros       Kind = "zeros"
	Erased      Kind = "erased"
	HighEntropy Kind = "high-entropy"
	Text        Kind = "text"

	AndroidBoot  Kind = "android-boot"
	VendorBoot   Kind = "vendor-boot"
	VBMeta       Kind = "vbmeta"
	DTBO         Kind = "dtbo"
	DeviceTree   Kind = "device-tree"
	Kernel       Kind = "kernel"
	MTKImage     Kind = "mediatek-image"
	Logo         Kind = "logo"
	Preloader    Kind = "preloader"
	BootRegion   Kind = "boot-region"
	SecRO        Kind = "secro"
	SignedImage  Kind = "signed-image"
	Ext4         Kind = "ext4"
	EROFS        Kind = "erofs"
	F2FS         Kind = "f2fs"
	FAT          Kind = "fat"
	SquashFS     Kind = "squashfs"
	UBI          Kind = "ubi"
	UBIFS        Kind = "ubifs"
	Super        Kind = "super"
	Sparse       Kind = "android-sparse"
	SparsePiece  Kind = "android-sparse-piece"
	PartTable    Kind = "partition-table"
	Scatter      Kind = "scatter"
	List         Kind = "partition-list"
	Agent        Kind = "download-agent"
	AuthFile     Kind = "auth-file"
	CertFile     Kind = "cert-file"
	RescueMap    Kind = "ddrescue-map"
	Manifest     Kind = "manifest"
	Document     Kind = "mtkkit-document"
	Sums         Kind = "checksums"
	BlocksMap    Kind = "blocks-map"
	ComparePage  Kind = "compare-page"
	Archive      Kind = "mtkkit-archive"
	Parity       Kind = "mtkkit-parity"
	Journal      Kind = "mtkkit-journal"
	Marker       Kind = "mtkkit-unfinished"
	Layout       Kind = "oci-layout"
	Age          Kind = "age-encrypted"
	AgeArmored   Kind = "age-armored"
	Gzip         Kind = "gzip"
	XZ           Kind = "xz"
	LZ4          Kind = "lz4"
	Zstd         Kind = "zstd"
	Bzip2        Kind = "bzip2"
	Zip          Kind = "zip"
	SevenZip     Kind = "7z"
	RAR          Kind = "rar"
	Tar          Kind = "tar"
	Cabinet      Kind = "cab"
	ISO          Kind = "iso"
	EWF          Kind = "ewf"
	AFF          Kind = "aff"
	VMDK         Kind = "vmdk"
	VHD          Kind = "vhd"
	VHDX         Kind = "vhdx"
	VDI          Kind = "vdi"
	QCOW2        Kind = "qcow2"
	DMG          Kind = "dmg"
	LUKS         Kind = "luks"
	LFSPointer   Kind = "git-lfs-pointer"
	WebPage      Kind = "web-page"
	JPEG         Kind = "jpeg"
	PNG          Kind = "png"
	GIF          Kind = "gif"
	WebP         Kind = "webp"
	HEIC         Kind = "heic"
	TIFF         Kind = "tiff"
	BMP          Kind = "bmp"
	Video        Kind = "video"
	Audio        Kind = "audio"
	PDF          Kind = "pdf"
	OfficeFile   Kind = "office"
	APK          Kind = "apk"
	JAR          Kind = "jar"
	WindowsExe   Kind = "windows-program"
	ELF          Kind = "elf-program"
	MachO        Kind = "mach-o-program"
	SQLite       Kind = "sqlite"
	PGP          Kind = "pgp"
	OtherProgram Kind = "script"

	Payload             Kind = "ota-payload"
	OZip                Kind = "ozip"
	OFP                 Kind = "ofp"
	OPS                 Kind = "ops"
	KDZ                 Kind = "kdz"
	DZ                  Kind = "dz"
	SamsungEncrypted    Kind = "samsung-encrypted"
	PAC                 Kind = "pac"
	UpdateApp           Kind = "update-app"
	TransferList        Kind = "transfer-list"
	BrotliData          Kind = "new-dat-brotli"
	PAR2                Kind = "par2"
	AndroidBackup       Kind = "android-backup"
	AndroidBackupLocked Kind = "android-backup-encrypted"
	PrivateKey          Kind = "private-key"
)

// about has the text of each kind, as it follows "is", and its use.
var about = map[Kind]struct {
	words string
	use   Use
}{
	Unknown:     {"of an unknown kind", Nothing},
	Empty:       {"an empty file", Nothing},
	Zeros:       {"only zeros, as far as it was read", Nothing},
	Erased:      {"only erased flash (0xFF), as far as it was read", Nothing},
	HighEntropy: {"without any structure: encrypted, or compressed without a header", Nothing},
	Text:        {"plain text", Nothing},

	AndroidBoot: {"an Android boot image", Phone},
	VendorBoot:  {"an Android vendor boot image", Phone},
	VBMeta:      {"a vbmeta image (verified boot)", Phone},
	DTBO:        {"a dtbo image (device tree table)", Phone},
	DeviceTree:  {"a device tree", Phone},
	Kernel:      {"a Linux kernel", Phone},
	MTKImage:    {"a MediaTek image", Phone},
	Logo:        {"a MediaTek logo image", Phone},
	Preloader:   {"a MediaTek preloader", Phone},
	BootRegion:  {"a MediaTek boot region", Phone},
	SecRO:       {"a MediaTek secro image", Phone},
	SignedImage: {"a MediaTek signed image", Phone},
	Ext4:        {"an image of an ext4 file system", Phone},
	EROFS:       {"an image of an EROFS file system", Phone},
	F2FS:        {"an image of an F2FS file system", Phone},
	FAT:         {"an image of a FAT file system", Phone},
	SquashFS:    {"an image of a SquashFS file system", Phone},
	UBI:         {"an image of UBI volumes", Phone},
	UBIFS:       {"an image of a UBIFS file system", Phone},
	Super:       {"a super image (logical partitions)", Phone},
	Sparse:      {"an Android sparse image", Phone},
	SparsePiece: {"a piece of an Android sparse image", Phone},
	PartTable:   {"a partition table", Phone},
	Scatter:     {"a scatter file", Phone},
	List:        {"a list of partitions", Phone},
	Agent:       {"a MediaTek Download Agent", Phone},
	AuthFile:    {"an authentication file of flash tools", Phone},
	CertFile:    {"a certificate file of flash tools", Phone},
	RescueMap:   {"a mapfile of GNU ddrescue", Phone},

	Manifest:    {"a manifest that mtkkit wrote", Own},
	Document:    {"a JSON document that mtkkit wrote", Own},
	Sums:        {"a list of SHA-256 sums", Own},
	BlocksMap:   {"a map of a dump that mtkkit wrote", Own},
	ComparePage: {"a comparison of two dumps that mtkkit wrote", Own},
	Archive:     {"an archive that mtkkit wrote", Own},
	Parity:      {"a parity file that mtkkit wrote", Own},
	Journal:     {"a journal of a dump that is being read", Own},
	Marker:      {"a marker of an unfinished folder or file", Own},
	Layout:      {"a part of an OCI layout (a store of backups)", Own},

	Age:        {"encrypted by age", Packed},
	AgeArmored: {"encrypted by age, as text", Wrapped},
	Gzip:       {"compressed by gzip", Packed},
	XZ:         {"compressed by xz", Packed},
	LZ4:        {"compressed by lz4", Packed},
	Zstd:       {"compressed by zstd", Packed},
	Bzip2:      {"compressed by bzip2", Packed},
	Zip:        {"a zip archive", Packed},

	SevenZip: {"a 7z archive", Wrapped},
	RAR:      {"a RAR archive", Wrapped},
	Tar:      {"a tar archive", Packed},
	Cabinet:  {"a cabinet archive", Wrapped},
	ISO:      {"an ISO 9660 image (CD, DVD)", Nothing},
	EWF:      {"an EnCase image (E01, EWF)", Wrapped},
	AFF:      {"an AFF image", Wrapped},
	VMDK:     {"a VMDK disk image", Wrapped},
	VHD:      {"a VHD disk image", Wrapped},
	VHDX:     {"a VHDX disk image", Wrapped},
	VDI:      {"a VDI disk image", Wrapped},
	QCOW2:    {"a qcow2 disk image", Wrapped},
	DMG:      {"an Apple disk image", Wrapped},
	LUKS:     {"encrypted by LUKS", Wrapped},
	PGP:      {"encrypted or signed by PGP", Wrapped},

	LFSPointer:   {"a Git LFS pointer, not the file itself", Nothing},
	WebPage:      {"a web page saved under this name", Nothing},
	JPEG:         {"a JPEG picture", Nothing},
	PNG:          {"a PNG picture", Nothing},
	GIF:          {"a GIF picture", Nothing},
	WebP:         {"a WebP picture", Nothing},
	HEIC:         {"a HEIF picture", Nothing},
	TIFF:         {"a TIFF picture", Nothing},
	BMP:          {"a BMP picture", Nothing},
	Video:        {"a video", Nothing},
	Audio:        {"a sound file", Nothing},
	PDF:          {"a PDF document", Nothing},
	OfficeFile:   {"an office document", Nothing},
	APK:          {"an Android app (APK)", Nothing},
	JAR:          {"a Java archive", Nothing},
	WindowsExe:   {"a Windows program", Nothing},
	ELF:          {"an ELF program", Nothing},
	MachO:        {"a Mach-O program", Nothing},
	SQLite:       {"an SQLite database", Nothing},
	OtherProgram: {"a script", Nothing},

	Payload:             {"an A/B update package (payload.bin)", Packed},
	OZip:                {"an encrypted update package of OPPO (ozip)", Wrapped},
	OFP:                 {"an encrypted firmware package of OPPO or realme (ofp, by its name)", Wrapped},
	OPS:                 {"an encrypted firmware package of OnePlus (ops, by its name)", Wrapped},
	KDZ:                 {"a firmware package of LG (kdz)", Wrapped},
	DZ:                  {"a firmware package of LG (dz)", Wrapped},
	SamsungEncrypted:    {"an encrypted download of Samsung's firmware (by its name)", Wrapped},
	PAC:                 {"a firmware package for Spreadtrum chips (pac)", Nothing},
	UpdateApp:           {"a firmware package of Huawei (UPDATE.APP)", Wrapped},
	TransferList:        {"the transfer list of an update package", Wrapped},
	BrotliData:          {"data of an update package, compressed by brotli (by its name)", Wrapped},
	PAR2:                {"a PAR2 recovery file", Nothing},
	AndroidBackup:       {"a backup of apps that adb backup wrote", Nothing},
	AndroidBackupLocked: {"an encrypted backup of apps that adb backup wrote", Nothing},
	PrivateKey:          {"a private key", Nothing},
}

// String returns the text of the kind, as it follows "is".
func (k Kind) String() string { return about[k].words }

// Use returns what the kind can be used for.
func (k Kind) Use() Use { return about[k].use }
