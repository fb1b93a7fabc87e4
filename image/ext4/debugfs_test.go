package ext4

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/image/files/filestest"
)

// edit runs debugfs commands on an image.
func edit(t testing.TB, image string, commands ...string) string {
	t.Helper()
	cmd := exec.Command(tool(t, "debugfs"), "-w", "-f", "-", image)
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("debugfs %q: %v\n%s", commands, err, out)
	}
	return string(out)
}

// What mke2fs does not make of a folder, debugfs and e2fsck do: blocks that are reserved
// and hold old bytes, holes that were punched, hashed directories, trees of extents. The witness is debugfs' own reading.
func TestAgainstDebugfs(t *testing.T) {
	dir := filestest.Folder(t)
	filestest.Plain(t, dir)
	for name, args := range map[string]string{
		"extents":      "96M -t ext4 -b 1024",
		"block maps":   "96M -t ext2 -b 1024",
		"no checksums": "96M -t ext4 -b 4096 -O ^metadata_csum",
	} {
		t.Run(name, func(t *testing.T) {
			f := strings.Fields(args)
			image := make2fs(t, dir, f[0], f[1:]...)
			commands := []string{"punch /text 3 5", "punch /text 90 90", "punch /mixed 0 0"}
			for i := range 60 { // a hole behind every block: more extents than an inode holds
				commands = append(commands, fmt.Sprintf("punch /random %d %d", 2*i, 2*i))
			}
			if strings.Contains(args, "ext4") {
				commands = append(commands, "fallocate /sparse 0 4000", "fallocate /empty 0 9", "set_inode_field /empty size 9000")
			}
			edit(t, image, commands...)
			runFsck(t, image, "-fyD") // makes hashed directories
			out := t.TempDir()
			edit(t, image, "rdump / "+out)
			removeSpecial(t, out)
			filestest.Compare(t, open(t, image), out)
		})
	}
}

// runFsck allows for "errors corrected".
func runFsck(t testing.TB, image, options string) {
	t.Helper()
	out, err := exec.Command(tool(t, "e2fsck"), options, image).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() > 1) {
		t.Fatalf("e2fsck: %v\n%s", err, out)
	}
}

// removeSpecial takes away what rdump writes and a folder of Folder does not have.
func removeSpecial(t testing.TB, dir string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, "lost+found")); err != nil {
		t.Fatal(err)
	}
}

// A hashed directory really is one, or the test above says nothing.
func TestHashedDirectory(t *testing.T) {
	dir := filestest.Folder(t)
	image := make2fs(t, dir, "64M", "-t", "ext4", "-b", "1024")
	runFsck(t, image, "-fyD")
	tree := open(t, image)
	many, err := tree.Find("many")
	if err != nil {
		t.Fatal(err)
	}
	if !sysOf(many).has(flagIndex) {
		t.Skip("this e2fsck made no index")
	}
	filestest.Compare(t, tree, dir)
}

// Encrypted directories show their names as base64url, and say why no more can be had.
func TestEncrypted(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "secret"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret", "\x01\xFF"), []byte("ciphertext"), 0o600); err != nil {
		t.Fatal(err)
	}
	image := make2fs(t, dir, "8M", "-t", "ext4", "-O", "encrypt,^metadata_csum")
	edit(t, image, "set_inode_field /secret flags 0x80800")
	tree := open(t, image)
	secret, err := tree.Find("secret")
	if err != nil {
		t.Fatal(err)
	}
	list, err := tree.List(secret)
	if err != nil || len(list) != 1 || list[0].Name != "Af8" || !secret.Encrypted {
		t.Errorf("%+v, %v; want the one name Af8", list, err)
	}
}
