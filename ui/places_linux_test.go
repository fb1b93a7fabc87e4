package ui

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlacesToStart(t *testing.T) {
	const mounted = `/dev/sda1 / ext4 rw 0 0
proc /proc proc rw 0 0
/dev/sdb1 /media/ana/My\040Stick vfat rw 0 0
/dev/sdc1 /run/media/ana/CARD exfat rw 0 0
/dev/sdd1 /media/bob/SECRET vfat rw 0 0
/dev/sde1 /mnt/c 9p rw 0 0
/dev/sde1 /mnt/c 9p rw 0 0
/dev/sdf1 /mnt/c/deeper 9p rw 0 0
/dev/sdg1 /media/cdrom iso9660 ro 0 0
tmpfs /media/ana tmpfs rw 0 0
short
`
	const moved = `# written by xdg-user-dirs-update
XDG_DESKTOP_DIR="$HOME/Escritorio"
XDG_DOWNLOAD_DIR="/data/missing"
XDG_DOCUMENTS_DIR="$HOME/"
`
	drives := []place{{placeDrive, "My Stick", "/media/ana/My Stick"}, {placeDrive, "CARD", "/run/media/ana/CARD"}, {placeDrive, "c", "/mnt/c"}, {placeDrive, "cdrom", "/media/cdrom"}, {placeRoot, "/", "/"}}
	for _, c := range []struct {
		name, moved string
		folders     []string
		want        []place // paths below the home folder
	}{
		{"English", "", []string{"Desktop/", "Documents/"}, []place{{placeHome, "", ""}, {placeDesktop, "", "Desktop"}, {placeDocuments, "", "Documents"}}},
		{"Spanish, some not there", moved, []string{"Escritorio/", "Desktop/", "Documents/", "Downloads/"}, []place{{placeHome, "", ""}, {placeDesktop, "", "Escritorio"}}},
		{"a file is no place", "", []string{"Desktop"}, []place{{placeHome, "", ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := t.TempDir()
			fill(t, home, append(c.folders, ".config/")...)
			if c.moved != "" {
				if err := os.WriteFile(filepath.Join(home, ".config/user-dirs.dirs"), []byte(c.moved), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			old := mounts
			defer func() { mounts = old }()
			mounts = filepath.Join(home, "mounts")
			if err := os.WriteFile(mounts, []byte(mounted), 0o600); err != nil {
				t.Fatal(err)
			}
			for name, value := range map[string]string{"HOME": home, "USER": "root", "SUDO_USER": "ana", "XDG_CONFIG_HOME": ""} {
				t.Setenv(name, value)
			}
			var want []place
			for _, p := range c.want {
				p.Path = filepath.Join(home, p.Path)
				want = append(want, p)
			}
			if diff := cmp.Diff(append(want, drives...), placesToStart()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("no home", func(t *testing.T) {
		t.Setenv("HOME", "")
		old := mounts
		defer func() { mounts = old }()
		mounts = "/missing"
		if diff := cmp.Diff([]place{{placeRoot, "/", "/"}}, placesToStart()); diff != "" {
			t.Error(diff)
		}
	})
}
