package host

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// The keys of the registry. Integrity's is documented by Microsoft ("Enable memory integrity"); the class
// is that of ports, GUID_DEVCLASS_PORTS.
const (
	integrityKey = `SYSTEM\CurrentControlSet\Control\DeviceGuard\Scenarios\HypervisorEnforcedCodeIntegrity`
	classes      = `SYSTEM\CurrentControlSet\Control\Class\`
	portClass    = classes + `{4d36e978-e325-11ce-bfc1-08002be10318}`
)

// integrityRuns is CODEINTEGRITY_OPTION_HVCI_KMCI_ENABLED of SYSTEM_CODEINTEGRITY_INFORMATION
// (winternl.h).
const integrityRuns = 0x400

// integrity returns the state of Memory Integrity: what the kernel says that runs, and what the registry
// says that was chosen.
func integrity() Integrity {
	state := struct{ length, options uint32 }{length: 8}
	err := windows.NtQuerySystemInformation(windows.SystemCodeIntegrityInformation, unsafe.Pointer(&state), state.length, nil)
	if err == nil && state.options&integrityRuns != 0 {
		return IntegrityRuns
	}
	chosen := integerAt(integrityKey, "Enabled")
	switch {
	case chosen == 1 && err == nil:
		return IntegritySet
	case chosen == 1: // the kernel does not say whether it runs
		return IntegrityRuns
	case err == nil:
		return IntegrityOff
	}
	return ""
}

// integerAt returns a number of the registry, 0 for none.
func integerAt(path, name string) uint64 {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return 0
	}
	defer k.Close()
	n, _, err := k.GetIntegerValue(name)
	if err != nil {
		return 0
	}
	return n
}

// drivers returns the drivers that were installed for loaders. Windows keeps them under the class of
// ports while the phones are not plugged in.
func drivers() (out []Driver) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, portClass, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return nil
	}
	defer k.Close()
	names, err := k.ReadSubKeyNames(-1)
	if err != nil {
		return nil
	}
	for _, name := range names { // 0000, 0001 …, and Properties, which only the system may open
		d, id := driverAt(portClass + `\` + name)
		if vid, pid, ok := idsOf(id); ok && (Device{VID: vid, PID: pid}).Kind().IsLoader() {
			out = append(out, d)
		}
	}
	return out
}

// driverAt returns the driver in a key of its class, and the device id for which it was installed.
func driverAt(path string) (d Driver, id string) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return d, ""
	}
	defer k.Close()
	text := func(name string) string {
		s, _, err := k.GetStringValue(name)
		if err != nil {
			return ""
		}
		return s
	}
	return Driver{Provider: text("ProviderName"), Version: text("DriverVersion"), Inf: text("InfPath"), Date: text("DriverDate")}, text("MatchingDeviceId")
}

// holder returns who has a port open, "" for nobody. Windows opens a port for one program at a time and
// does not say which one. The port is opened for a moment; nothing is sent.
func holder(port string) string {
	name, err := windows.UTF16PtrFromString(`\\.\` + port)
	if err != nil {
		return ""
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	switch {
	case err == nil:
		_ = windows.CloseHandle(h)
	case errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_SHARING_VIOLATION):
		return "another program"
	}
	return ""
}
