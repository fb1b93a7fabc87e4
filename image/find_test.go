package image

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
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
func cpio(names ...string) []byte {
	var b bytes.Buffer
	for _, n := range names {
		b.WriteString("070701" + "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"[:104])
		b.WriteString(n + "\x00\x00\x00\x00")
	}
	return b.Bytes()
}

func TestBootRole(t *testing.T) {
	noise := make([]byte, 300<<10) // so that the name lies across reads
	r := rand.New(rand.NewPCG(3, 4))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for name, c := range map[string]struct {
		ramdisk []byte
		headers bool
		word    string
		want    string
	}{
		"old boot":     {[]byte("rd"), true, "ROOTFS", "boot"},
		"old recovery": {[]byte("rd"), true, "RECOVERY", "recovery"},
		"boot":         {gzipped(cpio("init", "init.rc", "sbin/adbd")), false, "", "boot"},
		"recovery":     {gzipped(cpio("init", "sbin/recovery")), false, "", "recovery"},
		"far recovery": {gzipped(append(cpio("init", string(noise)), cpio("system/bin/recovery")...)), false, "", "recovery"},
		"cut":          {gzipped(append(cpio("init", string(noise)), cpio("sbin/recovery")...))[:200<<10], false, "", ""},
		"no archive":   {[]byte("not gzip"), false, "", ""},
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

func FuzzBootRole(f *testing.F) {
	f.Add(imgtest.BootImage([]byte("k"), gzipped(cpio("sbin/recovery")), false, ""))
	f.Add(imgtest.BootImage([]byte("k"), []byte("r"), true, "RECOVERY"))
	f.Fuzz(func(t *testing.T, b []byte) {
		switch got := BootRole(bytes.NewReader(b)); got {
		case "", "boot", "recovery":
		default:
			t.Errorf("%q", got)
		}
	})
}
