// Package files is what the file systems in an image have in common: inodes and
// directories, the walk along a path, and the walk through a tree.
//
//	image/ext4 image/erofs      a System: inode numbers in, bytes and names out
//	image/files                 a Tree over it: paths, links, lists
//
// Everything read through it is untrusted. Links are followed a bounded number
// of times and never leave the file system, directories are listed up to a bounded
// number of entries, and a directory that contains itself is walked once.
package files
