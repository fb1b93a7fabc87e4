// Package archive makes backups of phones and gives them back: Create packs a dump into one
// file, Verify proves it, Restore writes the dump again.
package archive
