package scatter

import (
	"slices"
	"strings"
)

// Secret is what makes a partition private: what it holds of one phone, or of its owner.
type Secret string

// The kinds of what is private, in words that follow "the phone's own".
const (
	SecretIdentity Secret = "identity (IMEI, serial numbers, calibration)"
	SecretKey      Secret = "keys"
	SecretLock     Secret = "lock state"
	SecretMaker    Secret = "data that its maker wrote for it alone"
	SecretLog      Secret = "logs"
	SecretOwner    Secret = "data of its owner"
)

// secrets is the one table of why partitions are private, by canonical names: all that the
// themes mark so, and no other.
var secrets = map[Secret]string{
	SecretIdentity: "proinfo nvram nvdata nvcfg protect1 protect2 persist persistbak efs sec_efs backup devinfo oeminfo utags rfcal lenovosku_1 lenovosku_2",
	SecretKey:      "dkb kb keystore oemkeystore metadata md_udc sdrpmb",
	SecretLock:     "seccfg frp persistent steady simlock lenovolock sec1",
	SecretMaker: "misc2 tdfs transec hw oppo_custom oplus_custom ocdt reserve1 reserve2 reserve3 reserve4 " +
		"opporeserve1 opporeserve2 opporeserve3 opporeserve5 opporeserve6 oplusreserve1 oplusreserve2 oplusreserve3 oplusreserve5 oplusreserve6 otp",
	SecretLog:   "expdb logdump log oops rrecord bfr mrdump",
	SecretOwner: "userdata fat",
}

// secretOf is the table by name.
var secretOf = func() map[string]Secret {
	m := map[string]Secret{}
	for s, names := range secrets {
		for name := range strings.FieldsSeq(names) {
			m[name] = s
		}
	}
	return m
}()

// Why returns what makes a partition private, "" for one that is not, or not known to be.
func Why(name string) Secret {
	name = Canonical(name)
	if s, ok := secretOf[name]; ok {
		return s
	}
	base, _ := cutSlot(name)
	return secretOf[base]
}

// Identity reports whether a partition makes the phone this phone (IMEI, calibration,
// keys, locks), so that nothing else can stand in for it, and why.
func Identity(name string) (why string, yes bool) {
	k, ok := find(Canonical(name))
	if !ok || !k.private {
		return "", false
	}
	return reasonOf(name, k), slices.Contains([]string{howIdentity, howLock}, k.why)
}

// reasonOf is why a partition has its values.
func reasonOf(name string, k reasoned) string {
	if s := Why(name); s != "" {
		return "the phone's own " + string(s) + ": " + k.why
	}
	return k.why
}

// ownedBy says of whom the bytes are that a download of a private row puts there.
func (s Secret) ownedBy() string {
	if s == SecretLog {
		return "they say nothing of another phone"
	}
	return "right for this phone's backup, wrong for any other phone"
}
