package layers

import "strings"

// floors lists the top-level folders that hold code, the lowest floor first. A new
// package is one word here.
var floors = [][]string{
	{"flash", "disk", "nfi"},
	{"scatter", "gpt", "ebr", "capture", "preloader", "image", "split", "backup", "acquire", "nand"},
	{"layout", "plan", "recovery", "report", "source", "whatis"},
	{"dump"},
	{"archive", "session", "compare", "stock"},
	{"words", "document"},
	{"ui"},
	{"cmd"},
}

// lowest names the only module that a room of the lowest floor may use in addition to
// the standard library.
var lowest = map[string]string{"disk": "golang.org/x/sys"}

// subfolders orders the folders within one room, the lowest first: each sees those before
// it, and the room itself sees all. Folders not listed see no other of their room.
var subfolders = map[string][]string{
	"acquire": {"mapfile", "codes", "port", "host", "brom", "da", "adb"},
	"backup":  {"seal", "oci"},
	"cmd":     {"flags", "screen", "commands", "mtkkit", "scripttest", "windowtest"},
	"image":   {"stream", "payload", "transfer", "ramdisk", "boot", "files", "ext4", "erofs", "slot", "buildprop", "imei"},
	"ui":      {"job", "text", "form"},
}

// helpers are for tests: only test files import them, or other helpers. What they
// import themselves is given here.
var helpers = map[string][]string{
	"flash/flashtest":       {"flash"},
	"acquire/acquiretest":   {"flash", "acquire/port"},
	"acquire/adbtest":       {"flash"},
	"image/files/filestest": {"flash", "flash/flashtest", "image/files"},
	"cmd/scripttest":        {"acquire/acquiretest", "acquire/adbtest", "acquire/port", "cmd/screen", "flash", "internal/imgtest", "scatter", "source", "words"},
	"internal/imgtest":      {"flash"},
	"report/pagetest":       {},
	"internal/imgtest/gen":  {"flash", "internal/imgtest"}, // a program that writes testdata
	"internal/layers":       {},
}

// exceptions names the files of the program that use a helper all the same: they play a phone
// for those who have none at hand, and nothing else of the program may lean on one.
var exceptions = map[string][]string{
	"acquire/acquiretest": {"cmd/commands/sim.go", "cmd/commands/simulate.go"},
	"internal/imgtest":    {"cmd/commands/sim.go"},
}

// reserved names the only folder that may import a module (or anything below it), and
// why.
var reserved = []struct{ module, folder, why string }{
	{"github.com/urfave/cli", "cmd", "only cmd knows the command line"},
	{"github.com/schollz/progressbar", "cmd", "only cmd knows the screen"},
	{"github.com/vbauerster/mpb", "cmd", "only cmd knows the screen"},
	{"golang.org/x/term", "cmd", "only cmd knows the screen"},
	{"filippo.io/age", "backup/seal", "one room knows keys"},
	{"oras.land/oras-go", "backup/oci", "one mover speaks to registries"},
	{"github.com/klauspost/reedsolomon", "backup/parity", "one mover mends files"},
	{"go.bug.st/serial", "acquire/port", "one file wraps the port's time-outs"},
}

// notCode are top-level folders that may hold Go programs of their own and are no part
// of the house.
var notCode = []string{"testdata", "bench"}

// programs may print, log and exit; everything else is a library.
var programs = []string{"cmd", "internal/imgtest/gen", "flash/zerogen"}

// speakers are the libraries that may name options and commands in their strings, and why.
var speakers = map[string]string{
	"words": "what a person is told about an error or a result names the commands and options that help, for every front end",
	"ui":    "its forms become command lines",
}

// commands are the names of the program's commands, those below another one included.
var commands = strings.Fields(`acquire backup blocks build cat check compare convert create da diff doctor explain fix gpt image
	info join list ls ports preloader prune pull push raw recovery repack repair restore scatter simulate sparse split super
	tags trim udev ui unpack verify version wrap`)

// foreignWords are the strings of libraries that look like an option or a command of ours,
// and are none: other programs' command lines, and signatures in files. The text is taken
// out of the file's strings before they are judged.
var foreignWords = []struct{ file, text, why string }{
	{"scatter/export.go", "sgdisk --clear --set-alignment=1", "a script that runs sgdisk"},
	{"scatter/export.go", "--new=%d:%d:%d --typecode=%d:%s --change-name=", "a script that runs sgdisk"},
	{"scatter/export.go", "--partition-guid=", "a script that runs sgdisk"},
	{"acquire/host/check.go", "--auto-attach", "usbipd's option"},
	{"acquire/adb/phone.go", "ls -l ", "a command on the phone"},
	{"acquire/adb/shell.go", "su -c", "a command on the phone"},
	{"acquire/adb/shell.go", "sh -c", "a command on the phone"},
	{"acquire/adbtest/phone.go", "su -c", "a command on the phone"},
	{"acquire/adbtest/shell.go", "su -c", "a command on the phone"},
	{"acquire/adbtest/shell.go", "-c", "the phone's shell takes it"},
	{"acquire/host/gather_darwin.go", "-p", "ioreg's option"},
	{"acquire/host/gather_darwin.go", "-l", "ioreg's option"},
	{"acquire/host/gather_darwin.go", "-w", "ioreg's option"},
	{"backup/seal/keys.go", "ssh-keygen -p", "a command of OpenSSH"},
	{"ui/browser_darwin.go", "-a", "open's option"},
	{"report/pagetest/page.go", "--", "Chromium's options"},
	{"report/html.go", "mtkkit blocks", "a signature, by which files are known"},
	{"whatis/text.go", "mtkkit blocks", "a signature, by which files are known"},
	{"compare/page.go", "mtkkit compare", "a signature, by which files are known"},
	{"whatis/text.go", "mtkkit compare", "a signature, by which files are known"},
}

// maxLines is how long a file that is not a test may be.
const maxLines = 450
