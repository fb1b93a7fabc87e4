package layers

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestModule(t *testing.T) {
	for _, v := range violations(t, os.DirFS("../..")) {
		t.Error(v)
	}
}

// The list of commands is the program's.
func TestCommands(t *testing.T) {
	var found []string
	files, err := fs.Glob(os.DirFS("../.."), "cmd/commands/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), path.Join("../..", name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if word := commandName(n); word != "" && word != "mtkkit" {
				found = append(found, word)
			}
			return true
		})
	}
	slices.Sort(found)
	if found = slices.Compact(found); !slices.Equal(found, commands) {
		t.Errorf("the commands are %q, the list in house_test.go is %q", found, commands)
	}
}

// commandName is the name of the command that a literal makes, "" for any other node: it has
// a name, and something to do or commands below it.
func commandName(n ast.Node) (name string) {
	lit, ok := n.(*ast.CompositeLit)
	if !ok {
		return ""
	}
	acts := false
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return ""
		}
		switch key, _ := pair.Key.(*ast.Ident); {
		case key == nil:
		case key.Name == "Action" || key.Name == "Subcommands" || key.Name == "ArgsUsage":
			acts = true
		case key.Name == "Name":
			if word, ok := pair.Value.(*ast.BasicLit); ok {
				name, _ = strconv.Unquote(word.Value)
			}
		}
	}
	if !acts {
		return ""
	}
	return name
}

// An exception that nothing needs any more is taken out.
func TestForeignWords(t *testing.T) {
	for _, w := range foreignWords {
		text, err := os.ReadFile(path.Join("../..", w.file))
		if err != nil || !bytes.Contains(text, []byte(w.text)) || w.why == "" {
			t.Errorf("%s: %q is not in it, or has no reason (%v)", w.file, w.text, err)
		}
	}
}

// source is one Go file of the module, seen from the rules.
type source struct {
	name   string // slash-separated, from the module's root
	folder string
	test   bool
	module string // "github.com/mtkkit/mtkkit"
	tree   *ast.File
	lines  int
}

// violations lists every broken rule as FILE:LINE and a sentence.
func violations(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		t.Fatal(err)
	}
	module := strings.Fields(string(mod))[1]
	var out []string
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(fsys, name, d)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s := source{name, path.Dir(name), strings.HasSuffix(name, "_test.go"), module, tree, bytes.Count(text, []byte("\n"))}
		report := func(at token.Pos, format string, args ...any) {
			out = append(out, fmt.Sprintf("%s:%d: ", name, files.Position(at).Line)+fmt.Sprintf(format, args...))
		}
		s.checkPlace(report)
		s.checkImports(report)
		s.checkSilence(report)
		s.checkWords(report)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// skip passes over folders that hold no code of the house.
func skip(fsys fs.FS, name string, d fs.DirEntry) error {
	if name == "." {
		return nil
	}
	_, err := fs.Stat(fsys, path.Join(name, "go.mod")) // a module of its own
	hidden := strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_")
	if err == nil || hidden || d.Name() == "testdata" || slices.Contains(notCode, name) {
		return fs.SkipDir
	}
	return nil
}

type reporter func(at token.Pos, format string, args ...any)

// checkPlace looks at where the file lies and how long it is.
func (s source) checkPlace(report reporter) {
	if floor(s.folder) < 0 && !isHelper(s.folder) {
		report(s.tree.Package, "folder %s is in no list: give it a floor in internal/layers/house_test.go, and a line in ARCHITECTURE.md", room(s.folder))
	}
	if !s.test && s.lines > maxLines {
		report(s.tree.Package, "%d lines, more than %d: split the file by concept", s.lines, maxLines)
	}
}

func (s source) checkImports(report reporter) {
	for _, spec := range s.tree.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			report(spec.Pos(), "import %s: %v", spec.Path.Value, err)
			continue
		}
		if folder, ours := strings.CutPrefix(to, s.module+"/"); ours {
			if why := s.wrongArrow(folder); why != "" {
				report(spec.Pos(), "%s imports %s: %s", s.folder, folder, why)
			}
			continue
		}
		if first, _, _ := strings.Cut(to, "/"); strings.Contains(first, ".") && floor(s.folder) == 0 && !within(to, lowest[room(s.folder)]) {
			report(spec.Pos(), "%s imports %s: the lowest floor uses the standard library only", s.folder, to)
		}
		for _, r := range reserved {
			if within(to, r.module) && !within(s.folder, r.folder) && !s.test {
				report(spec.Pos(), "%s imports %s, which is for %s: %s", s.folder, to, r.folder, r.why)
			}
		}
		if to == "log" && s.isLibrary() {
			report(spec.Pos(), "%s imports log: libraries return errors and problems", s.folder)
		}
	}
}

// wrongArrow says why s may not import folder to, or "" when it may. Tests obey the
// same arrows; helpers are theirs as well.
func (s source) wrongArrow(to string) string {
	from := s.folder
	switch {
	case from == to:
		return "" // an external test of its own package
	case isHelper(to):
		if s.test || slices.Contains(helpers[from], to) || slices.Contains(exceptions[to], s.name) {
			return ""
		}
		return "it is for tests only"
	case isHelper(from):
		if slices.Contains(helpers[from], to) || s.test && floor(to) < floor("cmd") {
			return ""
		}
		return "a test helper imports only what its line in the table names"
	case room(from) == room(to):
		if step(from) > step(to) {
			return ""
		}
		return "within a room, only those further down its list are seen"
	case floor(from) > floor(to):
		return ""
	case floor(from) == floor(to):
		return fmt.Sprintf("both are on floor %d, and packages on one floor do not import each other", floor(to))
	}
	return fmt.Sprintf("floor %d does not look up to floor %d", floor(from), floor(to))
}

// talk lists what a library never touches, by package.
var talk = map[string][]string{
	"fmt": {"Print", "Printf", "Println"},
	"os":  {"Exit", "Stdout", "Stderr"},
}

// checkSilence finds calls in a library that print or end the program.
func (s source) checkSilence(report reporter) {
	if !s.isLibrary() {
		return
	}
	imported := map[string]string{} // local name → import path
	for _, spec := range s.tree.Imports {
		to, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(to)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = to
	}
	ast.Inspect(s.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && slices.Contains(talk[imported[x.Name]], n.Sel.Name) {
				report(n.Pos(), "%s uses %s.%s: libraries neither print nor exit (programs are listed in house_test.go)", s.folder, imported[x.Name], n.Sel.Name)
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println") {
				report(n.Pos(), "%s calls %s: libraries do not print", s.folder, f.Name)
			}
		}
		return true
	})
}

// options finds what looks like an option of a program: --name, or -n alone.
var options = regexp.MustCompile(`(?:^|[^-\w])(--[A-Za-z][\w-]*)|(?:^|[\s(\'"])(-[A-Za-z])(?:$|[\s,;:.)\'"])`)

// ownCommands finds the program's name before one of its commands.
var ownCommands = regexp.MustCompile(`\bmtkkit (?:` + strings.Join(commands, "|") + `)\b`)

// checkWords finds strings of a library that name an option or a command: those are words of
// the front end.
func (s source) checkWords(report reporter) {
	if !s.isLibrary() || speakers[room(s.folder)] != "" {
		return
	}
	ast.Inspect(s.tree, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			return true
		}
		for _, w := range foreignWords {
			if w.file == s.name {
				text = strings.ReplaceAll(text, w.text, "")
			}
		}
		found := ownCommands.FindString(text)
		if m := options.FindStringSubmatch(text); m != nil {
			found = m[1] + m[2]
		}
		if found != "" {
			report(lit.Pos(), "%s names %q: options and commands are for words and cmd (exceptions are in house_test.go)", s.folder, found)
		}
		return true
	})
}

// library reports whether s must keep silent: tests and programs need not.
func (s source) isLibrary() bool {
	return !s.test && !slices.ContainsFunc(programs, func(p string) bool { return within(s.folder, p) })
}

// room returns the top-level folder of a folder.
func room(folder string) string {
	top, _, _ := strings.Cut(folder, "/")
	return top
}

// floor returns the floor of a folder's room, -1 when it has none.
func floor(folder string) int {
	return slices.IndexFunc(floors, func(f []string) bool { return slices.Contains(f, room(folder)) })
}

// step returns how far up within its room a folder stands: 0 when it is not listed.
func step(folder string) int {
	top, rest, inside := strings.Cut(folder, "/")
	if !inside {
		return len(subfolders[top]) + 1
	}
	for ; rest != "."; rest = path.Dir(rest) { // a folder below a listed one stands where that stands
		if n := slices.Index(subfolders[top], rest); n >= 0 {
			return n + 1
		}
	}
	return 0
}

func isHelper(folder string) bool {
	_, ok := helpers[folder]
	return ok
}

// within reports whether name is folder or lies below it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}
