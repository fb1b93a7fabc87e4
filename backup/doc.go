// Package backup packs files into one archive and reads them again: a tar archive in
// zstd frames that ordinary tools unpack and that can be read at any offset.
//
//	┌ frame ─┬ frame ─┬ frame ───┬ frame ───┬─ … ─┬ frame ─┬ skippable ┬ skippable ┬ skippable ─┐
//	│ pax    │ header │ 0..4 MiB │ 4..8 MiB │     │ end of │ index     │ index     │ seek table │
//	│ global │ of a   │ of the   │ of the   │     │ tar    │           │ again     │ (of zstd's │
//	│ header │ member │ member   │ member   │     │        │           │           │  contrib)  │
//	└────────┴────────┴──────────┴──────────┴─ … ─┴────────┴───────────┴───────────┴────────────┘
//
// Every frame is compressed separately and has its checksum and the length of its content. A
// member's header and each 4 MiB of its content have frames of their own, so a damaged byte
// costs 4 MiB, all cores can compress, and one member can be read without the others. Content
// that looks encrypted is stored uncompressed.
//
// Ranges of at least 64 KiB of zeros are not stored: the member is then a sparse file of GNU tar
// (PAX 1.0), with the map of its data between header and content.
//
//	pax header  GNU.sparse.major=1 minor=0 name=… realsize=…
//	header      GNUSparseFile.0/NAME
//	map         "2\n0\n65536\n1048576\n0\n", padded to 512 bytes
//	content     the ranges of data, one after the other
//
// The index is JSON: the members with their maps and sums and, for every frame, its length and
// the state of the member's SHA-256 behind it, so that one hash proves the member and each chunk
// alone. It has no offsets: they are sums of the lengths.
//
// Limits: the package does not parse the bytes that it moves: a member is a name and an Image.
// It opens no files: it writes to an io.Writer and reads from a flash.Image.
//
// Sources: RFC 8878 (zstd), POSIX pax and the GNU tar manual, "Storing Sparse Files,
// PAX Format, Version 1.0"; zstd's contrib/seekable_format/zstd_seekable_compression_format.md.
package backup
