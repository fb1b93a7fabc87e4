// Package files is the common part of the file systems in an image: inodes and
// directories, the walk along a path, and the walk through a tree. Limits: at most 40
// links on one path, 2^20 names in one directory, and 2048 nested directories; nothing
// is written.
//
//	image/ext4 image/erofs      a System: inode numbers in, bytes and names out
//	image/files                 a Tree over it: paths, links, lists
//
// Everything that it reads is untrusted. Links never lead out of the file system, and a
// directory that contains itself is walked once.
package files
