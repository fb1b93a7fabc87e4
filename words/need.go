package words

import (
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/acquire/host"
)

// needWords says how the user gives the program what helps, or which command shows it. Words
// that begin with a space or a colon continue the sentence of the advice; others are a clause of
// their own.
var needWords = map[codes.Need]string{
	codes.NeedLoader:    ": mtkkit acquire --da FILE",
	codes.NeedADB:       "a rooted phone can be read as it is: mtkkit acquire --from adb",
	codes.NeedReading:   "mtkkit acquire reads back in this way, and writes nothing to the phone",
	codes.NeedPreloader: "--preloader FILE gives it",
	codes.NeedAgents:    "mtkkit da info FOLDER shows which file has an agent for which chip; --da FOLDER uses the right one",
	codes.NeedFirmware:  "--firmware PACKAGE takes what is needed from the firmware of this model",
	codes.NeedAuth:      "--auth FILE gives the maker's authentication file",
	codes.NeedCert:      "--cert FILE its certificate",
	codes.NeedSerial:    " with --serial SERIAL",
	codes.NeedComputer:  "mtkkit doctor looks for the cause on this computer",
	codes.NeedHolder:    "mtkkit ports names the program that has the port open",
	codes.NeedRules:     "mtkkit udev prints the rules that open the port and keep ModemManager off it (Linux)",
	codes.NeedFolder:    "-o FOLDER names it",
	codes.NeedScatter:   "mtkkit scatter check compares them",
}

// Advised returns a library's advice with the commands and options that it needs.
func Advised(a codes.Advice) string {
	text := a.Text
	for _, n := range a.Needs {
		words := needWords[n]
		if !strings.HasPrefix(words, " ") && !strings.HasPrefix(words, ":") {
			text += "; "
		}
		text += words
	}
	return text
}

// InstallRules is the command that installs the udev rules.
const InstallRules = "mtkkit udev | sudo tee /etc/udev/rules.d/51-mtkkit.rules >/dev/null && sudo udevadm control --reload && sudo udevadm trigger"

// Fixes adds the commands to the fixes of findings. Where the udev rules help, they come first,
// and the other fix second.
func Fixes(found []host.Finding) []host.Finding {
	for i, f := range found {
		switch {
		case !slices.Contains(f.Needs, codes.NeedRules):
			found[i].Fix = Advised(codes.Advice{Text: f.Fix, Needs: f.Needs})
		case f.Fix == "":
			found[i].Fix = InstallRules
		default:
			found[i].Fix = InstallRules + "; or: " + f.Fix
		}
	}
	return found
}
