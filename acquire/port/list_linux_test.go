package port

import (
	"os"
	"path/filepath"
	"testing"
)

// A made /dev and /sys, in the shape the kernel gives them: the device link of a CDC ACM
// port leads to its interface, whose parent has the ids.
func TestListLinux(t *testing.T) {
	root := t.TempDir()
	defer func(d, c string) { devices, classes = d, c }(devices, classes)
	devices, classes = filepath.Join(root, "dev"), filepath.Join(root, "class")
	usb := filepath.Join(root, "devices", "1-2")
	for _, d := range []string{devices, filepath.Join(usb, "1-2:1.1"), filepath.Join(classes, "ttyACM3")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		filepath.Join(devices, "ttyACM3"): "", filepath.Join(devices, "ttyACM90"): "", filepath.Join(devices, "ttyS0"): "",
		filepath.Join(usb, "idVendor"): "0e8d\n", filepath.Join(usb, "idProduct"): "2000\n", filepath.Join(usb, "product"): "MT65xx Preloader\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(usb, "1-2:1.1"), filepath.Join(classes, "ttyACM3", "device")); err != nil {
		t.Fatal(err)
	}
	got, err := list()
	want := []Info{{Name: filepath.Join(devices, "ttyACM3"), VID: 0x0e8d, PID: 0x2000, Product: "MT65xx Preloader"},
		{Name: filepath.Join(devices, "ttyACM90")}}
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v, %v", got, err)
	}
}
