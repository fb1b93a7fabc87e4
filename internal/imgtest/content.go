package imgtest

import "fmt"

// The contents below are what rows of these names hold on phones: right magic, right
// lengths, nonsense inside. What on a phone would be private says that it is not.

// only is a row with one image at its start.
func only(image []byte) content {
	return func(int64) []piece { return []piece{{0, image}} }
}

// ext4 is a file system with data at its start, in its middle and in its last block.
func ext4(label string, properties ...string) content {
	return func(size int64) []piece {
		text := ""
		for _, p := range properties {
			text += p + "\n"
		}
		return []piece{
			{0, Ext4(size, label)},
			{0x10000, []byte(text)},
			{size / 2, Noise(label+" middle", 8192)},
			{size - 4096, Noise(label+" end", 4096)},
		}
	}
}

// newImage is a MediaTek image of the new form.
func newImage(name, label string, n int) content {
	return only(MTKImage(name, Noise(label, n), false))
}

// signedImage is a program with its two certificates.
func signedImage(name, label string, n int) content {
	return only(signed(name, label, n))
}

func signed(name, label string, n int) []byte {
	return Chain(MTKImage(name, Noise(label, n), false),
		MTKImage("cert1", Noise(label+" cert1", 0x5d0), false),
		MTKImage("cert2", Noise(label+" cert2", 0x3e0), false))
}

// bootloader is an lk with the strings it is known by.
func bootloader(board string, old bool) []byte {
	payload := Noise(board+" lk", 0x6000)
	copy(payload[0x1000:], "lk_"+board+"\x00sample bootloader, not from a phone\x00")
	name := "lk"
	if old {
		name = "LK"
	}
	return MTKImage(name, payload, old)
}

func boot(label string, mtkHeaders bool, ramdiskName string) content {
	return only(BootImage(Noise(label+" kernel", 0x8000), Noise(label+" ramdisk", 0x5000),
		mtkHeaders, ramdiskName))
}

// nvram is calibration data on a phone, with its IMEI and radio addresses.
func nvram(board string) content {
	text := fmt.Sprintf("SAMPLE NVRAM of %s: made for tests, not from a phone. "+
		"IMEI 000000000000000, Wi-Fi 02:00:00:00:00:00, Bluetooth 02:00:00:00:00:01.\n", board)
	return func(size int64) []piece {
		return []piece{{0, []byte(text)}, {0x20000, Noise(board+" nvram", 0x2000)}, {size - 512, Noise(board+" nvram end", 512)}}
	}
}

// proinfo begins with the serial number.
func proinfo(board string) content {
	return only([]byte("SAMPLE0000000000\x00made for tests: " + board))
}

// seccfg is the lock state; the row's last sector holds data too.
func seccfg() content {
	return func(size int64) []piece {
		b := make([]byte, 0x200)
		copy(b, "AND_SECCFG_v")
		return []piece{{0, b}, {size - 512, Noise("seccfg end", 512)}}
	}
}

// misc holds the bootloader message that asks for recovery.
func misc() content { return only([]byte("boot-recovery")) }
