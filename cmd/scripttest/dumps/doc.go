// Package dumps tests the program on dumps as a whole: damaged and changed ones, those of real
// phones (MTKKIT_CORPUS), and runs that are killed.
package dumps
