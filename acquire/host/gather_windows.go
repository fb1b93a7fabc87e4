package host

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/windows"
)

// usbID matches the ids in a hardware id: USB\VID_0E8D&PID_2000&REV_0100.
var usbID = regexp.MustCompile(`(?i)^USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})`)

// comName matches the port in a friendly name: MediaTek PreLoader USB VCOM (COM5).
var comName = regexp.MustCompile(`\((COM\d{1,4})\)`)

// idsOf returns the ids in a hardware id.
func idsOf(hardware string) (vid, pid uint16, ok bool) {
	m := usbID.FindStringSubmatch(hardware)
	if m == nil {
		return 0, 0, false
	}
	v, _ := strconv.ParseUint(m[1], 16, 16)
	p, _ := strconv.ParseUint(m[2], 16, 16)
	return uint16(v), uint16(p), true
}

// Gather collects the facts of this computer: SetupAPI lists the connected devices and their
// drivers.
func Gather() (*Snapshot, error) {
	set, err := windows.SetupDiGetClassDevsEx(nil, "USB", 0, windows.DIGCF_ALLCLASSES|windows.DIGCF_PRESENT, 0, "")
	if err != nil {
		return nil, fmt.Errorf("host: listing devices: %w", err)
	}
	defer set.Close()
	f := &Snapshot{OS: "windows", Windows: Windows{Integrity: integrity(), Drivers: drivers()}}
	for i := 0; ; i++ {
		info, err := set.EnumDeviceInfo(i)
		if errors.Is(err, windows.ERROR_NO_MORE_ITEMS) {
			return f, nil
		}
		if err != nil {
			return nil, fmt.Errorf("host: listing devices: %w", err)
		}
		if d, ok := describe(set, info); ok && d.matters() {
			f.Devices = append(f.Devices, d)
		}
	}
}

// describe reads a device's properties. SetupAPI lists the parts of a composite device as separate
// devices.
func describe(set windows.DevInfo, info *windows.DevInfoData) (Device, bool) {
	text := func(p windows.SPDRP) string {
		v, err := set.DeviceRegistryProperty(info, p)
		if err != nil {
			return ""
		}
		switch v := v.(type) {
		case string:
			return v
		case []string:
			return strings.Join(v, "\n")
		}
		return ""
	}
	vid, pid, ok := idsOf(text(windows.SPDRP_HARDWAREID))
	if !ok {
		return Device{}, false
	}
	d := Device{VID: vid, PID: pid, Product: text(windows.SPDRP_FRIENDLYNAME),
		Place: text(windows.SPDRP_LOCATION_INFORMATION), Driver: text(windows.SPDRP_SERVICE)}
	if d.Product == "" {
		d.Product = text(windows.SPDRP_DEVICEDESC)
	}
	if com := comName.FindStringSubmatch(d.Product); com != nil {
		d.Ports = []Port{{Name: com[1]}}
	}
	if !d.Kind().IsLoader() {
		return d, true
	}
	var status uint32
	if windows.CM_Get_DevNode_Status(&status, &d.Problem, info.DevInst, 0) != nil {
		d.Problem = 0
	}
	if key := text(windows.SPDRP_DRIVER); key != "" { // {class}\0003
		d.Installed, _ = driverAt(classes + key)
	}
	for i := range d.Ports {
		if d.Problem == 0 {
			d.Ports[i].Holder = holder(d.Ports[i].Name)
		}
	}
	return d, true
}

// target returns the facts about the file system of an existing folder.
func target(path string) (*Target, error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(p, &free, nil, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	volume := make([]uint16, windows.MAX_PATH)
	if err := windows.GetVolumePathName(p, &volume[0], uint32(len(volume))); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	name := make([]uint16, windows.MAX_PATH)
	if err := windows.GetVolumeInformation(&volume[0], nil, 0, nil, nil, nil, &name[0], uint32(len(name))); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Target{FileSystem: windows.UTF16ToString(name), Free: int64(min(free, 1<<62))}, nil
}
