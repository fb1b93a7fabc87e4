// Package oci keeps the backups of many phones in a store: a repository of an OCI registry, or
// an OCI image layout folder. Phones of one model share equal data.
//
//	oci:./backups:blu-s5260-2026-11-22              a layout folder and a tag in it
//	registry.example/phones/blu-s5260:2026-11-22    a repository of a registry, and a tag
//
// A tag names one backup, which is an OCI image manifest:
//
//	artifactType  application/vnd.mtkkit.backup.v1
//	config        {}                                            the empty config
//	layers   [0]  application/vnd.mtkkit.index.v1+json          index.json: files, their groups, the sums of their chunks
//	         [1]  application/vnd.mtkkit.manifest.v1+json       manifest.json: the manifest of the parts folder
//	         [2]  text/plain                                    SHA256SUMS
//	         [3…] application/vnd.mtkkit.group.v1+zstd          nvram.bin.zst, userdata.img.zst.0000 …
//
//	a file   |........ chunk ........|..... chunk .....| … |.. last ..|     4 MiB each
//	         |<------------- group ------------->|<---- group --- …         64 MiB; more of large files
//	a blob   | zstd frame | zstd frame | …                                  a frame for each chunk of the group
//
// A group belongs to one file, so an equal partition of another phone gives an equal group. A
// group is identified by its plain sum: the SHA-256 over the SHA-256 sums of its chunks. A push
// searches the manifests of all tags for it, and then uses the existing blob, whatever its
// compression.
//
// Every reader holds a file that it reads completely against the file's own SHA-256, because the
// sums of chunks do not show that the index gives a file its own groups. The documents of a
// backup must agree.
//
// Private files are sealed for the backup's own key, and this key is sealed for the recipients
// (package seal). The documents in the clear then only describe the other files.
//
// docs/oci.md describes the format and its annotations. The specification is
// https://github.com/opencontainers/image-spec, version 1.1.
package oci
