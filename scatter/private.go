package scatter

import (
	"slices"
	"strings"
)

// Secret is the reason why a partition is private: what it holds of one phone or of its
// owner. "" is not private.
type Secret string

// The kinds of private content, as words without an article.
const (
	SecretIdentity Secret = "identity (IMEI, serial numbers, calibration)"
	SecretKey      Secret = "keys"
	SecretLock     Secret = "lock state"
	SecretMaker    Secret = "data that its maker wrote for it alone"
	SecretLog      Secret = "logs"
	SecretOwner    Secret = "data of its owner"
)

// secrets lists the private partitions under each reason, by canonical names. It has
// every partition that the themes mark as private, and no other.
var secrets = map[Secret]string{
	SecretIdentity: "proinfo nvram nvdata nvcfg protect1 protect2 persist persistbak efs sec_efs backup devinfo oeminfo utags rfcal lenovosku_1 lenovosku_2",
	SecretKey:      "dkb kb keystore oemkeystore metadata md_udc sdrpmb",
	SecretLock:     "seccfg frp persistent steady simlock lenovolock sec1",
	SecretMaker: "misc2 tdfs transec hw oppo_custom oplus_custom ocdt reserve1 reserve2 reserve3 reserve4 " +
		"opporeserve1 opporeserve2 opporeserve3 opporeserve5 opporeserve6 oplusreserve1 oplusreserve2 oplusreserve3 oplusreserve5 oplusreserve6 otp",
	SecretLog:   "expdb logdump log oops rrecord bfr mrdump",
	SecretOwner: "userdata fat",
}

// secretOf has the reason for each name.
var secretOf = func() map[string]Secret {
	m := map[string]Secret{}
	for s, names := range secrets {
		for name := range strings.FieldsSeq(names) {
			m[name] = s
		}
	}
	return m
}()

// Why returns what makes a partition private, "" if it is not private or not known.
func Why(name string) Secret {
	name = Canonical(name)
	if s, ok := secretOf[name]; ok {
		return s
	}
	base, _ := cutSlot(name)
	return secretOf[base]
}

// Identity reports whether a partition belongs to one phone alone (IMEI, calibration,
// keys, locks), so that no copy from another phone can replace it, and gives the
// reason.
func Identity(name string) (why string, yes bool) {
	k, ok := find(Canonical(name))
	if !ok || !k.private {
		return "", false
	}
	return reasonOf(name, k), slices.Contains([]string{howIdentity, howLock}, k.why)
}

// reasonOf returns the reason for a partition's values.
func reasonOf(name string, k reasoned) string {
	if s := Why(name); s != "" {
		return s.Own() + ": " + k.why
	}
	return k.why
}

// Own names the private content of a partition in a sentence.
func (s Secret) Own() string {
	if s == SecretOwner {
		return "the data of the phone's owner"
	}
	return "the phone's own " + string(s)
}

// ownedBy explains for whom the bytes of a private row are right.
func (s Secret) ownedBy() string {
	if s == SecretLog {
		return "the logs of one phone are useless on another"
	}
	return "right for this phone's backup, wrong for any other phone"
}
