// Package seal encrypts backups for the people who may read them, and reads them again
// at any offset.
//
//	age-encryption.org/v1
//	-> X25519 …                one stanza a recipient: the file key, wrapped
//	--- MAC
//	nonce ‖ 64 KiB ‖ 64 KiB ‖ …  the content, each piece with its own tag
//
// The format is age's (age-encryption.org/v1), and so is the code: a file of ours opens
// with "age -d", and one of age's opens here. A recipient is a public key (age1…, or an
// ssh key), a file with such lines, or a passphrase.
//
// The package neither asks for passphrases nor prints; who needs one hands a function
// in.
package seal
