// Package stream opens compressed streams, each with a limit of the memory that it may need: zstd,
// gzip, xz, lz4 and bzip2. Streams that follow each other in one file are one stream.
// Limits: streams are read from the start only. Package source reads zstd files of many frames
// in place.
//
// Sources: RFC 8878, RFC 1952, xz-file-format.txt, lz4_Frame_format.md.
package stream
