package session

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// files writes files into a new folder.
func files(t *testing.T, list map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range list {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pkg is a maker's package for a phone with an MT6765.
func pkg() map[string]string {
	made := imgtest.SmallMT6765()
	return map[string]string{
		"MTK_AllInOne_DA.bin": string(agents()), made.ScatterName(): made.Scatter, "images/preloader_demo_k5.bin": string(made.Preloader),
		"images/preloader_other.bin": "no preloader", "auth_sv5.AUTH": "auth", "x.cert": "cert", "readme.txt": "text", "boot.img": "ANDROID!",
	}
}

func heard[N Notice](m met) (out []N) {
	for _, n := range m.heard {
		if n, ok := n.(N); ok {
			out = append(out, n)
		}
	}
	return out
}

// A phone that needs memory settings and the maker's files is started with those of the package, which are
// named before there is a phone.
func TestFirmware(t *testing.T) {
	dir := files(t, pkg())
	phone := &acquiretest.Phone{Parts: parts(), BootROM: true, TargetConfig: uint32(brom.DAA), Auth: []byte("auth"), Cert: []byte("cert")}
	m := meetOn(t, one(phone), Options{Firmware: dir}, 0)
	if m.err != nil {
		t.Fatal(m)
	}
	packed, ok := m.heard[0].(Packed)
	if !ok || len(packed.Lacks) != 0 {
		t.Fatalf("%+v", m.heard[0])
	}
	var roles []string
	for _, taken := range packed.Taken {
		roles = append(roles, string(taken.Role)+" "+taken.Name)
	}
	want := []string{"Download Agent MTK_AllInOne_DA.bin", "scatter file MT6765_Android_scatter.txt", "preloader images/preloader_demo_k5.bin",
		"authentication file auth_sv5.AUTH", "certificate x.cert"}
	if !slices.Equal(roles, want) {
		t.Errorf("took %q\nwant %q", roles, want)
	}
	if r, ok := m.heard[1].(Readable); !ok || len(r.Chips) != 1 || r.Chips[0].Name() != "MT6765" {
		t.Errorf("%+v", m.heard[1])
	}
	for what, lost := range map[string]string{"memory settings": "images/preloader_demo_k5.bin", "auth": "auth_sv5.AUTH"} {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(lost))); err != nil {
			t.Fatal(err)
		}
		if m := meetOn(t, one(phone), Options{Firmware: dir}, 0); m.err == nil {
			t.Errorf("without %s: %v", what, m)
		}
	}
}

// Of the package of another chip only the agents are used: its memory settings are of another board.
func TestForeignFirmware(t *testing.T) {
	list := pkg()
	list["MT6765_Android_scatter.txt"] = strings.ReplaceAll(list["MT6765_Android_scatter.txt"], "MT6765", "MT6580")
	dir := files(t, list)
	m := meetOn(t, one(&acquiretest.Phone{Parts: parts()}), Options{Firmware: dir}, 0)
	if f := heard[ForeignFirmware](m); m.err != nil || len(f) != 1 || f[0].For != "MT6580" || f[0].Has != "MT6765" {
		t.Error(m)
	}
	m = meetOn(t, one(&acquiretest.Phone{Parts: parts(), BootROM: true}), Options{Firmware: dir}, 0)
	if !errors.Is(m.err, da.ErrNeedDRAM) {
		t.Error(m)
	}
	m = meetOn(t, one(&acquiretest.Phone{Parts: parts(), BootROM: true}), Options{Firmware: dir, Preloader: filepath.Join(dir, "images", "preloader_demo_k5.bin")}, 0)
	if m.err != nil {
		t.Errorf("a preloader that was given: %v", m)
	}
}

// What the package has in doubt is not used, and what the options name is not taken.
func TestFirmwareDoubts(t *testing.T) {
	made := imgtest.SmallMT6765()
	for name, c := range map[string]struct {
		change func(map[string]string)
		o      Options
		want   Taken
	}{
		"two scatter files":    {func(l map[string]string) { l["b_scatter.txt"] = made.Scatter }, Options{}, Taken{RoleScatter, "", "the package has 2"}},
		"a damaged scatter":    {func(l map[string]string) { l["MT6765_Android_scatter.txt"] = "# nothing" }, Options{}, Taken{RoleScatter, "", "MT6765_Android_scatter.txt: "}},
		"a damaged preloader":  {func(l map[string]string) { l["images/preloader_demo_k5.bin"] = "no preloader" }, Options{}, Taken{RolePreloader, "", "preloader"}},
		"another preloader":    {func(l map[string]string) { delete(l, "images/preloader_demo_k5.bin") }, Options{}, Taken{RolePreloader, "", "names preloader_demo_k5.bin, which"}},
		"no name in a scatter": {func(l map[string]string) { delete(l, "MT6765_Android_scatter.txt") }, Options{}, Taken{RolePreloader, "", "the package has 2"}},
		"two auth files":       {func(l map[string]string) { l["b.auth"] = "x" }, Options{}, Taken{RoleAuth, "", "the package has 2"}},
		"an empty auth file":   {func(l map[string]string) { l["auth_sv5.AUTH"] = "" }, Options{}, Taken{RoleAuth, "", "is empty"}},
		"a huge cert":          {func(l map[string]string) { l["x.cert"] = string(make([]byte, maxSmall+1)) }, Options{}, Taken{RoleCert, "", "more than"}},
	} {
		list := pkg()
		c.change(list)
		c.o.Firmware = files(t, list)
		m := meetOn(t, one(&acquiretest.Phone{Parts: parts()}), c.o, 0)
		if m.err != nil {
			t.Errorf("%s: %v", name, m)
			continue
		}
		taken := heard[Packed](m)[0].Taken
		if !slices.ContainsFunc(taken, func(have Taken) bool {
			return have.Role == c.want.Role && have.Name == "" && strings.Contains(have.Why, c.want.Why)
		}) {
			t.Errorf("%s: %+v, want %+v", name, taken, c.want)
		}
	}
}

// A package without agents, or with none that is whole, is refused before a phone is waited for.
func TestFirmwareWithoutAgents(t *testing.T) {
	for name, agent := range map[string]string{"none": "", "cut": string(agents()[:0x300])} {
		list := pkg()
		if list["MTK_AllInOne_DA.bin"] = agent; agent == "" {
			delete(list, "MTK_AllInOne_DA.bin")
		}
		m := meetOn(t, &desk{}, Options{Firmware: files(t, list)}, 0)
		no, ok := errors.AsType[*NoAgentsError](m.err)
		if !ok || !no.Package || (len(no.Broken) == 1) != (agent != "") || len(m.heard) != 0 || IsTrouble(m.err) {
			t.Errorf("%s: %v", name, m)
		}
	}
}

// Of many files the one for the phone is used; of equal agents that of the newest file.
func TestChoiceOfFiles(t *testing.T) {
	file := func(id string, list ...acquiretest.Agent) string { return string(acquiretest.Container(id, list...)) }
	agent := func(code, hw uint16) acquiretest.Agent { return acquiretest.Agent{Code: code, HWVersion: hw} }
	list := map[string]string{
		"a_2020.bin": file("MTK_AllInOne_DA_v3.3001.2020-07-08", agent(0x6765, 0xca00)),
		"b_2019.bin": file("MTK_AllInOne_DA_v3.3001.2019-02-01", agent(0x6765, 0xca00)),
		"c.bin":      file("MTK_AllInOne_DA_v3", agent(0x6765, 0xcb00), agent(0x6592, 0xca00)),
		"d.bin":      file("MTK_DA_v6_2024", agent(0x1208, 0xca00)),
	}
	dir := files(t, list)
	for _, c := range []struct {
		phone acquiretest.Phone
		want  string
	}{
		{acquiretest.Phone{}, "a_2020.bin"},
		{acquiretest.Phone{HWVersion: 0xcb00}, "c.bin"},
		{acquiretest.Phone{HWCode: 0x1208, Protocol: acquiretest.XML}, "d.bin"},
	} {
		c.phone.Parts = parts()
		m := meetOn(t, one(&c.phone), Options{Agents: dir}, 0)
		if chosen := heard[Chosen](m); m.err != nil || len(chosen) != 1 || chosen[0].Agents.Name != c.want {
			t.Errorf("want %s: %v", c.want, m)
		}
	}
	m := meetOn(t, one(&acquiretest.Phone{HWCode: 0x6580, Protocol: acquiretest.Legacy, Parts: parts()}), Options{Agents: dir}, 0)
	if unfit, ok := errors.AsType[*UnfitError](m.err); !ok || len(unfit.Fit) > 0 || !IsTrouble(m.err) || !strings.Contains(m.err.Error(), "none of the 4 files") {
		t.Error(m)
	}
	m = meetOn(t, one(&acquiretest.Phone{Parts: parts()}), Options{Agents: filepath.Join(dir, "d.bin")}, 0)
	if unfit, ok := errors.AsType[*UnfitError](m.err); !ok || len(unfit.Fit) != 2 || filepath.Base(unfit.Fit[0]) != "a_2020.bin" {
		t.Errorf("%v: %+v", m, unfit)
	}
}

// A search is bounded, and reads only what begins as a file of agents.
func TestSearchBounds(t *testing.T) {
	list := map[string]string{"a/b/c/d/deep.bin": string(agents()), "a/b/c/d/e/deeper.bin": string(agents()), ".hidden/DA.bin": string(agents())}
	dir := files(t, list)
	if err := os.Symlink(filepath.Join(files(t, map[string]string{"out.bin": string(agents())}), "out.bin"), filepath.Join(dir, "link.bin")); err != nil {
		t.Skip("this system has no links:", err)
	}
	huge := filepath.Join(dir, "huge.bin")
	if err := os.WriteFile(huge, agents(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, maxAgentFile+1); err != nil {
		t.Fatal(err)
	}
	s, err := FindAgents(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(s.Files) != 1 || s.Files[0].Name != "a/b/c/d/deep.bin" || !s.More || len(s.Broken) != 1 || s.Broken[0].Path != huge {
		t.Errorf("%+v", s)
	}
	for i := range maxAgents + 1 {
		list[string(rune('A'+i%26))+strings.Repeat("x", i/26)+".bin"] = string(agents())
	}
	many, err := FindAgents(t.Context(), files(t, list))
	if err != nil {
		t.Fatal(err)
	}
	defer many.Close()
	if len(many.Files) != maxAgents || !many.More {
		t.Errorf("%d files", len(many.Files))
	}
}
