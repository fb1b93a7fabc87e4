// Package seal encrypts backups for recipients, and decrypts them at any offset.
//
//	age-encryption.org/v1
//	-> X25519 …                one stanza a recipient: the file key, wrapped
//	--- MAC
//	nonce ‖ 64 KiB ‖ 64 KiB ‖ …  the content, each piece with its own tag
//
// Format and code are age's (age-encryption.org/v1): "age -d" opens files of this package, and
// the reverse. A recipient is a public key (age1…, or an ssh key), a file with such lines, or a
// passphrase.
//
// Limits: the package does not ask for passphrases and does not print; the caller gives a
// function that returns the passphrase.
package seal
