// Package leak searches what is to be shared for what must not be: identifiers and
// blocks of the phone's private partitions.
//
//	nvram, proinfo …                         the shared file
//	├ 356938035643809  an IMEI, by its sum   ─┐
//	├ the same as packed digits               ├─ last 7 bytes of each ──► every offset of
//	├ 0123456789ABCDEF the serial number      │   (a table, a filter      every member
//	└ 64 bytes, 64 bytes, 64 bytes …         ─┘    before it)
//
// It is a search, not a proof: what is encrypted or packed once more, or written in
// digits of another order, is not found. It says what it searched for, and how often
// that was found, never the identifiers themselves.
//
// The check digit of an IMEI is Luhn's (3GPP TS 23.003, Annex B); packed digits stand
// in both orders, for tools differ.
package leak
