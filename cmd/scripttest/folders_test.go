package scripttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// Every folder of scripts needs a test package: without one, its scripts do not run.
func TestEveryFolderRuns(t *testing.T) {
	scripts := filepath.Join(Root(t), "testdata", "script")
	folders, err := os.ReadDir(scripts)
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, f := range folders {
		if !f.IsDir() {
			t.Errorf("%s is not in a subfolder of testdata/script: no package runs it", f.Name())
			continue
		}
		b, err := os.ReadFile(filepath.Join(f.Name(), "scripts_test.go"))
		if err != nil || !regexp.MustCompile(`scripttest\.Run\(t, "`+f.Name()+`"`).Match(b) {
			t.Errorf("no package runs testdata/script/%s: %v", f.Name(), err)
		}
	}
}

// If a tool of others is missing, testscript skips the lines that need it and prints nothing. Here each
// missing tool is a skipped test with a reason.
func TestToolsOfScripts(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join(Root(t), "testdata", "script", "*", "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	wanted := regexp.MustCompile(`\[!?exec:([^\]]+)\]`)
	for _, script := range scripts {
		b, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		lines := map[string]int{}
		for _, m := range wanted.FindAllSubmatch(b, -1) {
			lines[string(m[1])]++
		}
		for tool, n := range lines {
			t.Run(filepath.Base(script)+"/"+tool, func(t *testing.T) {
				if _, err := exec.LookPath(tool); err != nil {
					t.Skipf("%s is not installed: %d lines of the script are skipped", tool, n)
				}
			})
		}
	}
}
