package words

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/session"
)

// Notice returns the message for an event while the program waits for a phone and starts it. It
// returns "" for a notice that is a problem (session.Odd).
func Notice(n session.Notice) string {
	switch n := n.(type) {
	case session.Packed:
		return packedWords(n)
	case session.Readable:
		return readableWords(n)
	case session.ForeignFirmware:
		return fmt.Sprintf("%s is for %s, but the phone has %s: it is the firmware of another model; its preloader and its scatter file are not used", n.Package, n.For, n.Has)
	case session.Chosen:
		return fmt.Sprintf("%s is used: it has the agent for %s, hardware 0x%x, software 0x%x", n.Agents.Name, n.Agent.Chip.Name(), n.Agent.HWVersion, n.Agent.SWVersion)
	case session.Waiting:
		where := "any port"
		if n.Port != "" {
			where = n.Port
		}
		if n.Absent != nil {
			where += absentWords(*n.Absent)
		}
		return fmt.Sprintf("waiting for a phone on %s: switch it off, then plug it in (no key held)", where)
	case session.Absent:
		return fmt.Sprintf("the port is %s%s", n.Port, absentWords(n))
	case session.Running:
		return fmt.Sprintf("the phone on %s has started Android: switch it off and plug it in again", n.Port.Name)
	case session.Silent:
		return silentWords(n)
	case session.Left:
		return fmt.Sprintf("the phone on %s left before it could be spoken to: switch it off and plug it in again", n.Port.Name)
	case session.Met:
		loader := "preloader"
		if n.Loader.BootROM {
			loader = "BootROM"
		}
		return fmt.Sprintf("%s on %s, started from its %s: %s", n.Chip, n.Port, loader, n.Loader.Config)
	case session.AskingRoot:
		return "asking the phone for root: confirm on its screen if it asks"
	case session.Rooted:
		return fmt.Sprintf("%s, running: %s", strings.TrimSpace(n.Model+" "+n.Chip), n.Storage)
	}
	return ""
}

// absentWords lists the ports that exist, when the one that was asked for does not: the phone may
// not be plugged in yet, or the name may be mistyped.
func absentWords(a session.Absent) string {
	if len(a.Other) == 0 {
		return ", which is not there yet (there are no serial ports now)"
	}
	return fmt.Sprintf(", which is not there yet (there are %s)", strings.Join(a.Other[:min(len(a.Other), 6)], ", "))
}

// silentWords says why a port that opens may not answer.
func silentWords(n session.Silent) string {
	charging := "it may be charging"
	if n.Charging {
		charging = fmt.Sprintf("it may be charging (0e8d:%04x)", port.ChargingPID)
	}
	other := "or another program has the port open"
	if len(n.Others) > 0 {
		other = holdersWords(n.Others)
	}
	return fmt.Sprintf("the phone on %s does not answer: %s, or its loader timed out: switch it off, unplug it and plug it in again; %s", n.Port.Name, charging, other)
}

// holdersWords says which programs have a port open and what to do about it.
func holdersWords(who []host.Process) string {
	var names []string
	for _, p := range who {
		names = append(names, p.String())
	}
	if len(names) == 1 {
		return names[0] + " has the port open too: end it"
	}
	return strings.Join(names, " and ") + " have the port open too: end them"
}
