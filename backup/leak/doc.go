// Package leak searches a file that will be shared for private data: identifiers and
// blocks of the phone's private partitions. It is a search, not a proof.
//
//	nvram, proinfo …                         the shared file
//	├ 356938035643809  an IMEI, by its sum   ─┐
//	├ the same as packed digits               ├─ last 7 bytes of each ──► every offset of
//	├ 0123456789ABCDEF the serial number      │   (a table, a filter      every member
//	└ 64 bytes, 64 bytes, 64 bytes …         ─┘    before it)
//
// It does not find data that are encrypted or packed again, or digits in another order. It
// reports what it searched for and the number of hits, never the identifiers.
//
// The check digit of an IMEI is Luhn's (3GPP TS 23.003, Annex B); packed digits are
// searched in both orders, because tools differ.
package leak
