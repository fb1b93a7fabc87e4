package imgtest

import "fmt"

// The contents below are those of rows with these names on phones: the right magic and
// length, and nonsense inside. Content that is private on a phone says that it is a
// sample.

// only returns a row with one image at its start.
func only(image []byte) content {
	return func(int64) []piece { return []piece{{0, image}} }
}

// ext4 returns a file system with files, and with data in its middle and in its last
// block.
func ext4(label string, list ...CPIOFile) content {
	return func(size int64) []piece {
		var files []fsFile
		for _, f := range append(list, folder("sample")) {
			files = append(files, fsFile{CPIOFile: f})
		}
		return ext4Image(size, label, append(files,
			fsFile{text("sample/middle", string(Noise(label+" middle", 8192))), size / 2 / 4096},
			fsFile{text("sample/end", string(Noise(label+" end", 4096))), size/4096 - 1})...)
	}
}

// newImage returns a MediaTek image of the new form.
func newImage(name, label string, n int) content {
	return only(MTKImage(name, Noise(label, n), false))
}

// signedImage returns a program with its two certificates.
func signedImage(name, label string, n int) content {
	return only(signed(name, label, n))
}

func signed(name, label string, n int) []byte {
	return chain(MTKImage(name, Noise(label, n), false),
		MTKImage("cert1", Noise(label+" cert1", 0x5d0), false),
		MTKImage("cert2", Noise(label+" cert2", 0x3e0), false))
}

// bootloader returns an lk with the strings by which it is recognised.
func bootloader(board string, old bool) []byte {
	payload := Noise(board+" lk", 0x6000)
	copy(payload[0x1000:], "lk_"+board+"\x00sample bootloader, not from a phone\x00")
	name := "lk"
	if old {
		name = "LK"
	}
	return MTKImage(name, payload, old)
}

// nvram returns a row that is calibration data on a phone, with its IMEI and radio
// addresses.
func nvram(board string) content {
	text := fmt.Sprintf("SAMPLE NVRAM of %s: made for tests, not from a phone. "+
		"IMEI %s, Wi-Fi 02:00:00:00:00:00, Bluetooth 02:00:00:00:00:01.\n", board, testIMEIs[0])
	return func(size int64) []piece {
		return []piece{{0, []byte(text)}, {0x20000, Noise(board+" nvram", 0x2000)}, {size - 512, Noise(board+" nvram end", 512)}}
	}
}

// proinfo returns a row that begins with a serial number.
func proinfo(board string) content {
	return only([]byte("SAMPLE0000000000\x00made for tests: " + board))
}

// seccfg returns a lock state; the row's last sector also has data.
func seccfg() content {
	return func(size int64) []piece {
		b := make([]byte, 0x200)
		copy(b, "AND_SECCFG_v")
		return []piece{{0, b}, {size - 512, Noise("seccfg end", 512)}}
	}
}

// misc returns a row with the bootloader message that starts the recovery.
func misc() content { return only([]byte("boot-recovery")) }
