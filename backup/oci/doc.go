// Package oci keeps the backups of many phones in an OCI registry, or in an OCI image
// layout folder, where phones of one model share what they have in common.
//
//	oci:./backups:blu-s5260-2026-11-22              a layout folder and a tag in it
//	registry.example/phones/blu-s5260:2026-11-22    a repository of a registry, and a tag
//
// A tag names one backup, which is an OCI image manifest:
//
//	artifactType  application/vnd.mtkkit.backup.v1
//	config        {}                                            the empty config
//	layers   [0]  application/vnd.mtkkit.index.v1+json          index.json: files, their groups, the sums of their chunks
//	         [1]  application/vnd.mtkkit.manifest.v1+json       manifest.json: what the files are of the phone
//	         [2]  text/plain                                    SHA256SUMS
//	         [3…] application/vnd.mtkkit.group.v1+zstd          nvram.bin.zst, userdata.img.zst.0000 …
//
//	a file   |........ chunk ........|..... chunk .....| … |.. last ..|     4 MiB each
//	         |<------------- group ------------->|<---- group --- …         64 MiB; more of userdata
//	a blob   | zstd frame | zstd frame | …                                  a frame for each chunk of the group
//
// A group never crosses from one file to the next, so an equal partition of another
// phone is an equal group. A group is known by its plain sum: the SHA-256 over the
// SHA-256 sums of its chunks. A push looks for that in the manifests of all tags there
// are, and then uses the blob that is there, whatever it was compressed by.
//
// What only some may read is sealed for a key that the backup has of its own, and that
// is sealed for them (package seal); the documents in the clear then speak of the rest only.
//
// The format and its annotations are written down in docs/oci.md. The specification is
// https://github.com/opencontainers/image-spec, version 1.1.
package oci
