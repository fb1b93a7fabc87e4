package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
)

// Role is what a file is used for at the start of a phone.
type Role string

// The roles of files in a firmware package.
const (
	RoleAgents    Role = "Download Agent"
	RolePreloader Role = "preloader"
	RoleAuth      Role = "authentication file"
	RoleCert      Role = "certificate"
	RoleScatter   Role = "scatter file"
)

// Taken is a role of a file in a firmware package, and the file that has it.
type Taken struct {
	Role Role
	Name string // "" if no file is used
	Why  string // why it is used, or why none is; "" if there is none
}

// firmware is what a phone is started with from its maker's package. What the options name themselves is
// not taken.
type firmware struct {
	path     string
	members  *source.Members
	taken    []Taken
	given    []Role       // that the options name themselves
	agents   *AgentSearch // nil if the options name agents
	dram     *preloader.DRAM
	auth     []byte
	cert     []byte
	platform string // the chip that its scatter file is for, "" if unknown
	scatter  string // name of the scatter file that is used, "" for none
	text     flash.Image
}

// The limits of a package's files, bytes.
const (
	maxPreloader = 16 << 20
	maxScatters  = 16 // files
)

// openFirmware opens a firmware package and finds the files in it. It is a folder, a zip or a tar archive.
func openFirmware(ctx context.Context, o *Options) (f *firmware, err error) {
	members, err := source.OpenMembers(ctx, o.Firmware, source.Options{}, source.Deep)
	if err != nil {
		return nil, err
	}
	f = &firmware{path: o.Firmware, members: members}
	if o.Agents == "" {
		err = f.takeAgents(ctx)
	}
	if err == nil {
		err = f.takeRest(ctx, o)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Close closes the package; f may be nil.
func (f *firmware) Close() {
	if f != nil {
		f.members.Close() // it was only read
	}
}

func (f *firmware) take(role Role, name, format string, a ...any) {
	f.taken = append(f.taken, Taken{role, name, fmt.Sprintf(format, a...)})
}

// takeAgents finds the agents. Without one the package is of no use to start a phone.
func (f *firmware) takeAgents(ctx context.Context) error {
	s, err := agentsIn(ctx, f.path, f.members)
	if bad, ok := errors.AsType[*FileError](err); ok {
		bad.Kind = FirmwareFile
	}
	if err != nil {
		return err
	}
	if len(s.Files) == 0 {
		return &NoAgentsError{f.path, true, s.Broken, s.Others}
	}
	f.agents = s
	for _, a := range s.Files {
		f.take(RoleAgents, a.Name, "%s", a.Container.ID)
	}
	return nil
}

// takeRest finds the other files. The package of a phone that needs none of them has none.
func (f *firmware) takeRest(ctx context.Context, o *Options) error {
	named, err := f.takeScatter(ctx, o.HaveTable)
	if err != nil {
		return err
	}
	if o.HaveTable {
		f.given = append(f.given, RoleScatter)
	}
	if o.Preloader != "" {
		f.given = append(f.given, RolePreloader)
	} else {
		if err := f.takePreloader(ctx, named); err != nil {
			return err
		}
	}
	for _, small := range []struct {
		role   Role
		ending string
		given  string
		to     *[]byte
	}{{RoleAuth, ".auth", o.Auth, &f.auth}, {RoleCert, ".cert", o.Cert, &f.cert}} {
		if small.given != "" {
			f.given = append(f.given, small.role)
			continue
		}
		if *small.to, err = f.takeSmall(ctx, small.role, small.ending); err != nil {
			return err
		}
	}
	return nil
}

// matching returns the files whose base names match.
func (f *firmware) matching(name *regexp.Regexp) (out []*source.Member) {
	for _, m := range f.members.List {
		if name.MatchString(path.Base(m.Name)) {
			out = append(out, m)
		}
	}
	return out
}

// The names of files in packages.
var (
	scatterName   = regexp.MustCompile(`(?i)scatter.*\.(txt|xml)$`)
	preloaderName = regexp.MustCompile(`(?i)^preloader.*\.(bin|img)$`)
)

// takeScatter finds the package's scatter file. It returns the preloader's file that all scatter files of
// the package name, "" if there is none. With several scatter files none is used for names.
func (f *firmware) takeScatter(ctx context.Context, haveTable bool) (named string, err error) {
	found := map[string]flash.Image{}
	agree := true
	for _, m := range f.matching(scatterName) {
		if len(found) == maxScatters {
			break
		}
		img, err := m.Open(ctx, scatter.MaxSize)
		if err != nil {
			f.take(RoleScatter, "", "%v", err)
			continue
		}
		file, err := scatter.Read(img)
		if err != nil {
			f.take(RoleScatter, "", "%s: %v", m.Name, err)
			continue
		}
		platform, loader := flash.KnownChip(strings.ToUpper(file.Info.Platform)), preloaderIn(file)
		agree = agree && (len(found) == 0 || platform == f.platform && loader == named)
		f.platform, named, found[m.Name], f.scatter, f.text = platform, loader, img, m.Name, img
	}
	if !agree {
		f.platform, named = "", ""
	}
	switch {
	case len(found) > 1:
		f.take(RoleScatter, "", "the package has %d, and it is not known which one is of this phone", len(found))
		f.scatter, f.text = "", nil
	case haveTable:
		f.scatter, f.text = "", nil
	case len(found) == 1:
		f.take(RoleScatter, f.scatter, "it is for %s", cmp.Or(f.platform, "a chip that it does not name"))
	}
	return named, nil
}

// preloaderIn returns the name of the preloader's file in a scatter file.
func preloaderIn(file *scatter.File) string {
	for _, p := range file.Table(0).Partitions {
		if p.File != "" && strings.HasPrefix(strings.ToLower(p.Name), "preloader") {
			return p.File
		}
	}
	return ""
}

// takePreloader finds the memory settings: those of the preloader that the scatter file names, or of the
// only one.
func (f *firmware) takePreloader(ctx context.Context, named string) error {
	found := f.matching(preloaderName)
	why := "it is the only preloader"
	if named != "" && len(found) > 0 {
		i := slices.IndexFunc(found, func(m *source.Member) bool { return strings.EqualFold(path.Base(m.Name), named) })
		if i < 0 {
			f.take(RolePreloader, "", "the scatter file names %s, which the package does not have", named)
			return nil
		}
		found, why = found[i:i+1], "the scatter file names it"
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
	default:
		f.take(RolePreloader, "", "the package has %d, and no scatter file tells which one is of this phone", len(found))
		return nil
	}
	img, err := found[0].Open(ctx, maxPreloader)
	if err == nil {
		f.dram, err = dramIn(img, found[0].Name)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil { // it may not be needed
		f.take(RolePreloader, "", "%v", err)
		return nil
	}
	f.take(RolePreloader, found[0].Name, "%s; its memory settings are used if the phone starts from BootROM", why)
	return nil
}

// takeSmall reads the only file with an ending.
func (f *firmware) takeSmall(ctx context.Context, role Role, ending string) ([]byte, error) {
	found := f.matching(regexp.MustCompile(`(?i)` + regexp.QuoteMeta(ending) + `$`))
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
	default:
		f.take(role, "", "the package has %d, and it is not known which one is of this phone", len(found))
		return nil, nil
	}
	img, err := found[0].Open(ctx, maxSmall)
	var b []byte
	if err == nil {
		b, err = small(io.NewSectionReader(img, 0, img.Size()), found[0].Name)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		f.take(role, "", "%v", err)
		return nil, nil
	}
	f.take(role, found[0].Name, "it is sent if the phone asks for it")
	return b, nil
}

// takeFirmware completes the files with those of the firmware.
func (f *startFiles) takeFirmware() {
	if f.firmware == nil {
		return
	}
	if f.dram == nil {
		f.dram = f.firmware.dram
	}
	if f.auth == nil {
		f.auth = f.firmware.auth
	}
	if f.cert == nil {
		f.cert = f.firmware.cert
	}
}

// leaveForeign drops the files of a firmware package for another chip than the phone's, except its
// agents, and returns the notice about it; nil if the package may be of the phone.
func (f *startFiles) leaveForeign(chip brom.Chip) *ForeignFirmware {
	w := f.firmware
	if w == nil || w.platform == "" || chip.Is(w.platform) {
		return nil
	}
	if _, known := brom.ByName(w.platform); !known {
		return nil
	}
	if f.dram != nil && f.dram == w.dram {
		f.dram = nil
	}
	w.scatter, w.text = "", nil
	return &ForeignFirmware{w.path, w.platform, chip.Name()}
}

// lacks returns the roles for which the package has no file, and none was given.
func (f *firmware) lacks() (out []Role) {
	for _, role := range []Role{RolePreloader, RoleAuth, RoleCert, RoleScatter} {
		if !slices.Contains(f.given, role) && !slices.ContainsFunc(f.taken, func(t Taken) bool { return t.Role == role }) {
			out = append(out, role)
		}
	}
	return out
}
