package commands

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// reindex changes the members in the index of an archive, in both copies, and makes its sum and
// the seek table right.
func reindex(t *testing.T, b []byte, lie func(members map[string]map[string]any)) []byte {
	t.Helper()
	le := binary.LittleEndian
	at := bytes.Index(b, []byte{0x5d, 0x2a, 0x4d, 0x18})
	body := b[at+8 : at+8+int(le.Uint32(b[at+4:]))]
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	text, err := dec.DecodeAll(body[48:], nil)
	if err != nil {
		t.Fatal(err)
	}
	var x map[string]any
	if err := json.Unmarshal(text, &x); err != nil {
		t.Fatal(err)
	}
	members := map[string]map[string]any{}
	for _, m := range x["members"].([]any) {
		members[m.(map[string]any)["name"].(string)] = m.(map[string]any)
	}
	lie(members)
	if text, err = json.Marshal(x); err != nil {
		t.Fatal(err)
	}
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	frame := enc.EncodeAll(text, append(bytes.Clone(body[:16]), sum[:]...))
	frame = append(le.AppendUint32(le.AppendUint32(nil, 0x184D2A5D), uint32(len(frame))), frame...)
	table := bytes.Clone(b[bytes.LastIndex(b, []byte{0x5e, 0x2a, 0x4d, 0x18}):])
	for i := range 2 {
		le.PutUint32(table[len(table)-9-8*(i+1):], uint32(len(frame)))
	}
	return append(append(append(bytes.Clone(b[:at]), frame...), frame...), table...)
}

// repacked writes the members of an archive again, each with the content that change returns.
func repacked(t *testing.T, path string, change func(name string, b []byte) []byte) []byte {
	t.Helper()
	a, err := archive.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var outputs []flash.Output
	for i, ms := 0, a.Members(); i < len(ms); i++ {
		b, err := flash.ReadFull(a.Image(&ms[i]), 0, int(ms[i].Size))
		if err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, flash.Output{Name: ms[i].Name, Image: bytes.NewReader(change(ms[i].Name, b))})
	}
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, backup.Options{Created: time.Unix(1_700_000_000, 0)})
	if err == nil {
		_, err = w.Copy(t.Context(), outputs)
	}
	if err == nil {
		err = w.Finish()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// exchange swaps a field of two members in the index.
func exchange(field string) func(members map[string]map[string]any) {
	return func(m map[string]map[string]any) {
		a, b := m["boot.img"], m["recovery.img"]
		a[field], b[field] = b[field], a[field]
	}
}

// swapSums swaps the sums of two files where a manifest or a list of sums has them.
func swapSums(t *testing.T, path string) func(name string, b []byte) []byte {
	a, err := archive.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	boot, recovery := a.Member("boot.img").SHA256, a.Member("recovery.img").SHA256
	swap := strings.NewReplacer(boot, recovery, recovery, boot)
	return func(name string, b []byte) []byte {
		if name == flash.ManifestName {
			return []byte(swap.Replace(string(b)))
		}
		return b
	}
}

// No command ends well with an archive that contradicts itself, and none writes what is not true.
func TestContradictions(t *testing.T) {
	dir := t.TempDir()
	if err := imgtest.SmallMT6765().WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	run := func(args ...string) (words.Code, string) {
		var out, errs bytes.Buffer
		code := Run(t.Context(), append([]string{"mtkkit"}, args...), screen.Streams{Out: &out, Err: &errs}, nil)
		return code, errs.String()
	}
	rom, good := in("ROM_1"), in("good.tar.zst")
	if code, says := run("backup", "create", rom, "-o", good, "--no-siblings"); code != words.ExitOK {
		t.Fatal(code, says)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(rom)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"names in the index": reindex(t, whole, exchange("name")),
		"sums in the index":  reindex(t, whole, exchange("sha256")),
		"size in the index": reindex(t, whole, func(m map[string]map[string]any) {
			m["boot.img"]["size"] = m["boot.img"]["size"].(float64) + 4096
		}),
		"sums in the manifest": repacked(t, good, swapSums(t, good)),
	} {
		path := in("lie.tar.zst")
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		for i, c := range [][]string{
			{"info", path}, {"list", path}, {"blocks", path}, {"cat", path, "boot"}, {"split", path, "-o", in("split")},
			{"backup", "list", path}, {"backup", "cat", path, "boot.img"}, {"backup", "verify", path},
			{"backup", "restore", path, "-o", in("restored")}, {"backup", "restore", path, "--parts", "-o", in("parts")},
			{"backup", "restore", path, "--plan"}, {"backup", "diff", path, rom, "--no-siblings"},
			{"backup", "create", path, "-o", in("again.tar.zst")}, {"backup", "push", path, "oci:" + in("store") + ":lie"},
			{"backup", "verify", "--share", path, "--against", rom, "--no-siblings"},
		} {
			if code, says := run(c...); code != words.ExitProblems && code != words.ExitFailed || !strings.Contains(says, "boot.img") && !strings.Contains(says, "recovery.img") {
				t.Errorf("%s: %d: %v: exit %d\n%s", name, i, c[:2], code, says)
			}
		}
		if got, err := os.ReadFile(in("restored")); err == nil && !bytes.Equal(got, want) {
			t.Errorf("%s: another dump is restored", name)
		}
		for _, folder := range []string{"parts", "split"} {
			if code, says := run("join", in(folder), "-o", in("joined")); code != words.ExitOK && code != words.ExitProblems && code != words.ExitFailed {
				t.Errorf("%s: join of %s: %d\n%s", name, folder, code, says)
			} else if got, err := os.ReadFile(in("joined")); err == nil && !bytes.Equal(got, want) {
				t.Errorf("%s: %s gives another dump", name, folder)
			}
			os.Remove(in("joined"))
		}
		for _, made := range []string{"restored", "restored.map", "parts", "split", "again.tar.zst", "store"} {
			os.RemoveAll(in(made))
		}
	}
}
