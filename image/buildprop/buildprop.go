// Package buildprop reads the version, build and model of an Android partition's
// software from the file build.prop, lines of KEY=VALUE. Limits: files of at most 256
// KiB, and only the keys of Build.
//
//	/build.prop          system, vendor and others mounted by themselves
//	/system/build.prop   a system partition that is the phone's root (Android 9 and later)
//	/etc/build.prop      product, system_ext, odm (Android 11 and later)
//
// Since Android 9 each partition has keys with its own name
// (ro.vendor.build.fingerprint), and the keys without a name may be missing.
package buildprop

import (
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// Build holds the values of a build.prop. Missing values are empty. Texts are
// printable.
type Build struct {
	Path        string // path of the file in the file system
	Fingerprint string // brand/product/device:version/id/incremental:type/keys
	ID          string // ro.build.display.id, shown by the phone as its build number
	Android     string // version, "8.1.0"
	Patch       string // security patch level, "2018-07-05"
	Brand       string
	Model       string
	Device      string
	Platform    string // of the chip, "mt6765": the name of its family
}

var paths = []string{"/system/build.prop", "/build.prop", "/etc/build.prop"}

const (
	maxFile  = 256 << 10 // a build.prop has some KiB
	maxValue = 200
)

// Read reads the first build.prop of a file system. It returns nil if there is none, or
// none is readable.
func Read(tree *files.Tree) *Build {
	for _, path := range paths {
		img, err := tree.Open(path)
		if err != nil {
			continue
		}
		b, err := flash.ReadFull(img, 0, int(min(img.Size(), maxFile)))
		if err != nil && err != io.EOF {
			continue
		}
		if build := Parse(b); build != nil {
			build.Path = path
			return build
		}
	}
	return nil
}

// Parse reads the text of a build.prop; nil if it has no value of Build. If a key is
// repeated, the first line is used, as on the phone.
func Parse(text []byte) *Build {
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if key = strings.TrimSpace(key); !ok || strings.HasPrefix(key, "#") || !wanted(key) {
			continue
		}
		if _, again := values[key]; !again {
			values[key] = clean(value)
		}
	}
	first := func(keys ...string) string {
		for _, k := range keys {
			if v := values[k]; v != "" {
				return v
			}
		}
		return ""
	}
	b := &Build{
		Fingerprint: first(withPartitions("ro.build.fingerprint", "ro.%.build.fingerprint")...),
		ID:          first(withPartitions("ro.build.display.id", "ro.%.build.display.id")...),
		Android:     first(withPartitions("ro.build.version.release", "ro.%.build.version.release")...),
		Patch:       first(withPartitions("ro.build.version.security_patch", "ro.%.build.security_patch")...),
		Brand:       first(withPartitions("ro.product.brand", "ro.product.%.brand")...),
		Model:       first(withPartitions("ro.product.model", "ro.product.%.model")...),
		Device:      first(withPartitions("ro.product.device", "ro.product.%.device")...),
		Platform:    first(platforms...),
	}
	if *b == (Build{}) {
		return nil
	}
	return b
}

// platforms are the keys that name the chip, the most exact first.
var platforms = []string{"ro.mediatek.platform", "ro.vendor.mediatek.platform", "ro.board.platform", "ro.hardware"}

var partitions = []string{"system", "product", "vendor", "odm", "system_ext"}

// withPartitions returns a key and its forms for each partition.
func withPartitions(key, form string) []string {
	keys := []string{key}
	for _, p := range partitions {
		keys = append(keys, strings.Replace(form, "%", p, 1))
	}
	return keys
}

// wanted reports whether a key is needed; others are not stored, so that a hostile file
// needs no memory.
func wanted(key string) bool {
	return strings.HasPrefix(key, "ro.") && (strings.Contains(key, "build.") || strings.HasPrefix(key, "ro.product.") || slices.Contains(platforms, key))
}

// clean makes a value printable on one line of a terminal.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	return strings.ToValidUTF8(s[:min(len(s), maxValue)], "")
}
