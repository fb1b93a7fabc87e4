package image

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// TestFind wants the contents of made phones found where they are, without any table.
func TestFind(t *testing.T) {
	for name, phone := range map[string]*imgtest.Phone{
		"MT6592": imgtest.MT6592(), "MT6765": imgtest.MT6765(), "MT6893": imgtest.MT6893(),
	} {
		found, err := Find(context.Background(), phone.User, nil)
		if err != nil {
			t.Fatal(err)
		}
		at := map[int64]Content{}
		for _, f := range found {
			at[f.Offset] = f.Content
		}
		for _, row := range phone.Rows {
			if row.Region.IsBoot() || row.Reserved {
				continue
			}
			c := Sniff(phone.Image(row.Name))
			if !anchors[c.Kind] {
				continue
			}
			got, ok := at[row.Offset]
			if !ok || got.Kind != c.Kind || got.Label != c.Label {
				t.Errorf("%s: %s at 0x%x: found %+v, want %+v", name, row.Name, row.Offset, got, c)
			}
			delete(at, row.Offset)
		}
		for off, c := range at {
			t.Errorf("%s: at 0x%x %+v, where no row begins", name, off, c)
		}
	}
}

// TestFindPassesOver: what lies inside a file system is not a partition.
func TestFindPassesOver(t *testing.T) {
	s := imgtest.NewSparse(64 << 20)
	s.Put(1<<20, imgtest.Ext4(16<<20, "system"))
	s.Put(5<<20, imgtest.MTKImage("lk", []byte("a file"), true))
	s.Put(17<<20, imgtest.MTKImage("logo", []byte("behind it"), true))
	found, err := Find(context.Background(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].Label != "system" || found[1].Label != "logo" || found[1].Offset != 17<<20 {
		t.Errorf("found %+v", found)
	}
}

func TestFindStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Find(ctx, imgtest.MT6592().User, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func gzipped(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

// cpio writes names with no content: enough for who looks for names.
// archive is a ramdisk of files that hold little.
func archive(names ...string) []byte {
	var list []imgtest.CPIOFile
	for _, n := range names {
		list = append(list, imgtest.CPIOFile{Name: n, Mode: 0o100755, Data: "data"})
	}
	return imgtest.CPIO(list...)
}

func TestBootRole(t *testing.T) {
	big := imgtest.CPIOFile{Name: "init", Mode: 0o100755, Data: string(imgtest.Noise("init", 300<<10))}
	words := imgtest.CPIOFile{Name: "init", Mode: 0o100755, Data: "\x7FELF /sbin/recovery\x00/system/bin/recovery\x00070701 sbin/recovery\x00"}
	program := imgtest.CPIOFile{Name: "sbin/recovery", Mode: 0o100755, Data: "\x7FELF"}
	far := gzipped(imgtest.CPIO(big, program))
	for name, c := range map[string]struct {
		ramdisk []byte
		headers bool
		word    string
		want    string
	}{
		"old boot":                   {[]byte("rd"), true, "ROOTFS", "boot"},
		"old recovery":               {[]byte("rd"), true, "RECOVERY", "recovery"},
		"boot":                       {gzipped(archive("init", "init.rc", "sbin/adbd")), false, "", "boot"},
		"recovery":                   {gzipped(archive("init", "sbin/recovery")), false, "", "recovery"},
		"newer recovery":             {gzipped(archive("init", "system/bin/recovery")), false, "", "recovery"},
		"names with ./":              {gzipped(archive("./init", "./sbin/recovery")), false, "", "recovery"},
		"not compressed":             {archive("init", "sbin/recovery"), false, "", "recovery"},
		"init has the words":         {gzipped(imgtest.CPIO(words)), false, "", "boot"},
		"a file of a longer name":    {gzipped(archive("init", "vendor/sbin/recovery", "sbin/recovery.sh", "etc/recovery.fstab")), false, "", "boot"},
		"a folder of the name":       {gzipped(imgtest.CPIO(imgtest.CPIOFile{Name: "sbin/recovery", Mode: 0o040755})), false, "", "boot"},
		"boot with the recovery too": {gzipped(archive("init", "first_stage_ramdisk", "system/bin/recovery")), false, "", "boot"},
		"second archive":             {append(gzipped(archive("init")), gzipped(archive("sbin/recovery"))...), false, "", "recovery"},
		"far recovery":               {far, false, "", "recovery"},
		"cut":                        {far[:len(far)/2], false, "", ""},
		"no archive":                 {[]byte("not gzip"), false, "", ""},
	} {
		img := imgtest.BootImage([]byte("kernel"), c.ramdisk, c.headers, c.word)
		if got := BootRole(bytes.NewReader(img)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := BootRole(flash.Slice(bytes.NewReader(nil), flash.Extent{})); got != "" {
		t.Errorf("empty: %q", got)
	}
}

// The ramdisks of real phones are what their files' names say.
func TestBootRoleCorpus(t *testing.T) {
	root := os.Getenv("MTKKIT_CORPUS")
	if root == "" {
		t.Skip("MTKKIT_CORPUS is not set: no real images to look at")
	}
	found, err := filepath.Glob(filepath.Join(root, "*", "*__ramdisk.packed"))
	if err != nil || len(found) < 7 {
		t.Fatalf("%d ramdisks, %v", len(found), err)
	}
	for _, name := range found {
		want := "boot"
		if strings.HasPrefix(filepath.Base(name), "recovery") {
			want = "recovery"
		}
		if got := roleOfFiles(flashtest.File(t, name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func FuzzBootRole(f *testing.F) {
	f.Add(imgtest.BootImage([]byte("k"), gzipped(archive("sbin/recovery")), false, ""))
	f.Add(imgtest.BootImage([]byte("k"), []byte("r"), true, "RECOVERY"))
	f.Fuzz(func(t *testing.T, b []byte) {
		switch got := BootRole(bytes.NewReader(b)); got {
		case "", "boot", "recovery":
		default:
			t.Errorf("%q", got)
		}
	})
}
