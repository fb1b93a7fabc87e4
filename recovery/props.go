package recovery

import (
	"bytes"
	"slices"
	"strings"
)

// identity has the prefixes of the properties that identify the phone. In a merged file
// they come from the phone, all others from the donor.
var identity = []string{
	"ro.product.", "ro.build.product", "ro.build.fingerprint", "ro.build.description", "ro.board.", "ro.hardware",
	"ro.mediatek.", "ro.mtk_", "ro.sf.lcd_density", "ro.mount.fs", "ro.bootimage.",
}

// rooted has the properties that give a root shell over USB, with their values.
var rooted = [][2]string{
	{"ro.secure", "0"}, {"ro.adb.secure", "0"}, {"ro.debuggable", "1"}, {"persist.sys.usb.config", "mtp,adb"},
}

// property separates a line of a .prop file; ok is false for comments and other lines.
func property(l string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(strings.TrimSpace(l), "=")
	key = strings.TrimSpace(key)
	return key, strings.TrimSpace(value), ok && key != "" && key[0] != '#'
}

// properties returns a file's properties in order.
func properties(b []byte) (out [][2]string) {
	for l := range strings.Lines(string(b)) {
		if k, v, ok := property(l); ok {
			out = append(out, [2]string{k, v})
		}
	}
	return out
}

// setProperties gives properties of a file other values, in place or at its end. It
// returns the keys that changed.
func setProperties(b []byte, want [][2]string) (out []byte, changed []string) {
	left := map[string]string{}
	for _, p := range want {
		left[p[0]] = p[1]
	}
	var w bytes.Buffer
	done := map[string]bool{}
	for l := range strings.Lines(string(b)) {
		k, was, ok := property(l)
		now, wanted := left[k]
		if !ok || !wanted || was == now {
			w.WriteString(l)
		} else {
			w.WriteString(k + "=" + now + "\n")
			changed = append(changed, k)
		}
		done[k] = done[k] || ok
	}
	for _, p := range want {
		if done[p[0]] {
			continue
		}
		if w.Len() > 0 && !bytes.HasSuffix(w.Bytes(), []byte("\n")) {
			w.WriteByte('\n')
		}
		w.WriteString(p[0] + "=" + left[p[0]] + "\n")
		done[p[0]], changed = true, append(changed, p[0])
	}
	return w.Bytes(), changed
}

// phoneProperties returns the properties of a file that identify the phone.
func phoneProperties(b []byte) [][2]string {
	return slices.DeleteFunc(properties(b), func(p [2]string) bool {
		return !slices.ContainsFunc(identity, func(prefix string) bool { return strings.HasPrefix(p[0], prefix) })
	})
}
