// Package archive makes and restores backups of phones: one archive file with proofs, or many
// backups in a store in which phones share equal data. Limits: it reads and writes files and
// registries, never a phone. A search of a shared archive does not prove that it holds no
// private data. It lists the lost bytes of an archive and does not repair them (package
// backup/parity does).
//
//	dump, dump folder ──dump.Open──► plan ─┐                     ┌─► Restore     the dump, or the parts
//	parts folder, as it is ────────────────┼─Create─► ARCHIVE ───┼─► Verify      every byte is proven
//	                        private.go ────┤   one file, volumes ├─► FlashPlan   what a flash tool would do
//	            (what is of this phone?)   │                     └─► Search      is anything private in it?
//	                                       └─Push──► STORE ──────┬─► Pull        the parts, or the dump
//	                                      folder or registry     └─► VerifyStore
//	Compare: two dumps, whatever they are packed in
//
// An archive is opened once (Open), and its methods do the rest. Verify and Restore also exist
// as functions for a path. Results have facts and problems; the front end has the words.
//
// Only Decide says what is private, by a table with reasons. A shared archive leaves private
// data out, and EncryptPrivate encrypts them. docs/archive.md has the same table.
//
// Damage is data: Restore of a damaged archive writes what can be read and lists the lost bytes.
// An error means that nothing was made; the exception is *SidecarError. A *flash.Refusal means
// that the work was not started, to protect existing files.
package archive
