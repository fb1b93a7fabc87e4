package proofs

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// damage is one change of a folder.
type damage struct {
	name  string
	do    func(content)
	sound bool // every command may end with 0
}

// edit changes the manifest, as an editor or a faulty program would: without a check.
func edit(f func(m map[string]any)) func(content) {
	return func(c content) {
		var m map[string]any
		if err := json.Unmarshal(c[flash.ManifestName], &m); err != nil {
			panic(err)
		}
		f(m)
		b, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			panic(err)
		}
		c[flash.ManifestName] = b
	}
}

// rows returns the objects of a list in the manifest.
func rows(m map[string]any, list string) (out []map[string]any) {
	for _, r := range m[list].([]any) {
		out = append(out, r.(map[string]any))
	}
	return out
}

// row returns the object of a list with a name.
func row(m map[string]any, list, name string) map[string]any {
	for _, r := range rows(m, list) {
		if r["name"] == name {
			return r
		}
	}
	panic("no " + name + " in " + list)
}

// swap exchanges fields of two objects.
func swap(a, b map[string]any, fields ...string) {
	for _, f := range fields {
		a[f], b[f] = b[f], a[f]
	}
}

func flip(name string, at int) func(content) {
	return func(c content) { c[name][at] ^= 0x40 }
}

// sums changes the list of sums.
func sums(f func(lines []string) []string) func(content) {
	return func(c content) {
		lines := strings.Split(strings.TrimSuffix(string(c[flash.SumsName]), "\n"), "\n")
		c[flash.SumsName] = []byte(strings.Join(f(lines), "\n") + "\n")
	}
}

const (
	boot, recovery, scatterFile = "boot.img", "recovery.img", "MT0000_Android_scatter.txt"
	otherSum                    = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// damages are the damages of a parts folder.
var damages = []damage{
	{name: "none", do: func(content) {}, sound: true},
	{name: "a byte of boot", do: flip(boot, 700000)},
	{name: "a byte of lk, a small file", do: flip("lk.bin", 70000)},
	{name: "a byte of the last gap", do: func(c content) { c[lastGap(c)][100] ^= 1 }},
	{name: "a byte of the table", do: flip("pgpt.bin", 512+0x38)},
	{name: "a byte of the scatter file", do: func(c content) {
		c[scatterFile] = bytes.Replace(c[scatterFile], []byte("is_download: true"), []byte("is_download: True"), 1)
	}},
	{name: "boot is cut", do: func(c content) { c[boot] = c[boot][:1000000] }},
	{name: "boot has grown", do: func(c content) { c[boot] = append(c[boot], 1, 2, 3) }},
	{name: "boot is empty", do: func(c content) { c[boot] = nil }},
	{name: "boot is missing", do: func(c content) { delete(c, boot) }},
	{name: "boot and recovery exchanged", do: func(c content) { c[boot], c[recovery] = c[recovery], c[boot] }},
	{name: "scatter file is missing", do: func(c content) { delete(c, scatterFile) }},
	{name: "manifest is missing", do: func(c content) { delete(c, flash.ManifestName) }},
	{name: "manifest is empty", do: func(c content) { c[flash.ManifestName] = nil }},
	{name: "manifest is cut", do: func(c content) { c[flash.ManifestName] = c[flash.ManifestName][:len(c[flash.ManifestName])/2] }},
	{name: "manifest is rubbish", do: func(c content) { c[flash.ManifestName] = []byte("[[[ rubbish") }},
	{name: "manifest of another version", do: edit(func(m map[string]any) { m["schema"] = "mtkkit.manifest/99" })},
	{name: "entry boot is missing", do: edit(func(m map[string]any) {
		m["entries"] = slices.DeleteFunc(m["entries"].([]any), func(e any) bool { return e.(map[string]any)["name"] == "boot" })
	})},
	{name: "source is larger", do: edit(func(m map[string]any) {
		s := rows(m, "sources")[0]
		s["size"] = s["size"].(float64) + 4096
	})},
	{name: "source is smaller", do: edit(func(m map[string]any) {
		s := rows(m, "sources")[0]
		s["size"] = s["size"].(float64) - 4096
	})},
	{name: "an entry overlaps boot", do: edit(func(m map[string]any) {
		more := maps.Clone(row(m, "entries", "recovery"))
		more["name"], more["offset"] = "other", row(m, "entries", "boot")["offset"]
		m["entries"] = append(m["entries"].([]any), more)
	})},
	{name: "names of boot and recovery exchanged", do: edit(func(m map[string]any) {
		swap(row(m, "entries", "boot"), row(m, "entries", "recovery"), "name")
	})},
	{name: "offsets of boot and recovery exchanged", do: edit(func(m map[string]any) {
		swap(row(m, "entries", "boot"), row(m, "entries", "recovery"), "offset")
	})},
	{name: "files of boot and recovery exchanged", do: edit(func(m map[string]any) {
		swap(row(m, "entries", "boot"), row(m, "entries", "recovery"), "file", "sha256")
	})},
	{name: "sums of boot and recovery exchanged", do: edit(func(m map[string]any) {
		swap(row(m, "entries", "boot"), row(m, "entries", "recovery"), "sha256")
		swap(row(m, "files", boot), row(m, "files", recovery), "sha256")
	})},
	{name: "two sums for boot", do: edit(func(m map[string]any) { row(m, "entries", "boot")["sha256"] = otherSum })},
	{name: "another sum for boot in the manifest", do: edit(func(m map[string]any) {
		row(m, "entries", "boot")["sha256"], row(m, "files", boot)["sha256"] = otherSum, otherSum
	})},
	{name: "another sum for boot everywhere", do: func(c content) {
		edit(func(m map[string]any) {
			row(m, "entries", "boot")["sha256"], row(m, "files", boot)["sha256"] = otherSum, otherSum
		})(c)
		sums(func(lines []string) []string {
			for i, l := range lines {
				if strings.HasSuffix(l, "  "+boot) {
					lines[i] = otherSum + "  " + boot
				}
			}
			return lines
		})(c)
	}},
	{name: "another size for boot", do: edit(func(m map[string]any) { row(m, "files", boot)["size"] = 1000000 })},
	{name: "boot is skipped and the record complete", do: edit(func(m map[string]any) {
		e := row(m, "entries", "boot")
		e["skipped"] = true
		delete(e, "file")
		delete(e, "sha256")
	})},
	{name: "boot is called zeros", do: edit(func(m map[string]any) {
		e := row(m, "entries", "boot")
		e["zero"] = true
		delete(e, "file")
		delete(e, "sha256")
	})},
	{name: "scatter file is in the sums alone", do: edit(func(m map[string]any) {
		m["files"] = slices.DeleteFunc(m["files"].([]any), func(f any) bool { return f.(map[string]any)["name"] == scatterFile })
	})},
	{name: "the record is not complete", do: edit(func(m map[string]any) { m["complete"] = false })},
	{name: "a file outside of the folder", do: edit(func(m map[string]any) { row(m, "files", boot)["name"] = "../" + boot })},
	{name: "no sums", do: func(c content) { delete(c, flash.SumsName) }},
	{name: "sums are rubbish", do: func(c content) { c[flash.SumsName] = []byte("rubbish\n") }},
	{name: "sums lack boot", do: sums(func(l []string) []string {
		return slices.DeleteFunc(l, func(s string) bool { return strings.HasSuffix(s, boot) })
	})},
	{name: "sums of boot and recovery exchanged in the list", do: sums(func(l []string) []string {
		for i := range l {
			switch {
			case strings.HasSuffix(l[i], "  "+boot):
				l[i] = strings.TrimSuffix(l[i], boot) + recovery
			case strings.HasSuffix(l[i], "  "+recovery):
				l[i] = strings.TrimSuffix(l[i], recovery) + boot
			}
		}
		return l
	})},
}

// lastGap returns the name of the last range without a name.
func lastGap(c content) (last string) {
	for name := range c {
		if strings.HasPrefix(name, "gap_0x") {
			last = max(last, name)
		}
	}
	return last
}
