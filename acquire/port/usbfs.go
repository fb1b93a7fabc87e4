package port

import (
	"encoding/binary"
	"errors"
)

// usbDevice is what the descriptors of a USB device say of its line.
type usbDevice struct {
	vid, pid uint16
	control  int // interface that takes the settings of the line, -1 for none
	data     int // interface with the two bulk endpoints
	in, out  byte
	packet   int // size of a packet of in, bytes
}

// Descriptors of USB 2.0, chapter 9.6: each begins with its length and its type.
const (
	typeDevice    = 1
	typeInterface = 4
	typeEndpoint  = 5

	classCommunication = 0x02
	bulk               = 2
	fromPhone          = 0x80
)

var (
	errNoDevice = errors.New("not a USB device")
	errNoLine   = errors.New("the USB device has no line of a phone's loader: no interface with two bulk endpoints")
)

// readDescriptors finds the line in the descriptors of a device: the device descriptor and those of its
// first configuration, as usbfs gives them. A loader has a CDC ACM line: an interface for settings and
// one for data.
func readDescriptors(b []byte) (d usbDevice, err error) {
	if len(b) < 18 || b[0] != 18 || b[1] != typeDevice {
		return d, errNoDevice
	}
	d = usbDevice{vid: binary.LittleEndian.Uint16(b[8:]), pid: binary.LittleEndian.Uint16(b[10:]), control: -1, data: -1}
	number := -1
	for b = b[18:]; len(b) >= 2 && int(b[0]) >= 2 && int(b[0]) <= len(b); b = b[b[0]:] {
		switch {
		case b[1] == typeInterface && b[0] >= 9:
			if d.in != 0 && d.out != 0 {
				return d, nil
			}
			number, d.in, d.out = int(b[2]), 0, 0
			if b[3] != 0 { // another setting of the interface
				number = -1
			}
			if number >= 0 && b[5] == classCommunication {
				d.control = number
			}
		case b[1] == typeEndpoint && b[0] >= 7 && number >= 0 && b[3]&3 == bulk:
			d.take(number, b[2], int(binary.LittleEndian.Uint16(b[4:])&0x7FF))
		}
	}
	if d.in == 0 || d.out == 0 {
		return d, errNoLine
	}
	return d, nil
}

// take notes a bulk endpoint.
func (d *usbDevice) take(number int, address byte, packet int) {
	switch {
	case packet == 0:
	case address&fromPhone != 0 && d.in == 0:
		d.in, d.packet, d.data = address, packet, number
	case address&fromPhone == 0 && d.out == 0:
		d.out, d.data = address, number
	}
}
