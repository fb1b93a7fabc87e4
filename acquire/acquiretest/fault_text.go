package acquiretest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// actionNames are the actions by their names for ParseFault.
var actionNames = map[string]Action{
	"disconnect": Disconnect, "drop": Drop, "repeat": Repeat, "flip": Flip, "insert": Insert, "replace": Replace,
	"fill": Fill, "stall": Stall, "trickle": Trickle, "split": Split, "echo": Echo,
}

// ParseFault parses a fault:
//
//	ACTION[=VALUE]@PLACE[:NTH][+BYTE]
//
//	disconnect@data:7+999    the cable is pulled out after 999 bytes of the seventh packet of data
//	flip@data:3              one bit of the third is wrong
//	stall=30s@data.status:5  nothing is sent for 30 seconds before the fifth status
//	insert=41540d@start      "AT\r" is sent before each answer to the start command
//
// The value is a time (stall, trickle, split), a number of bytes (drop, repeat), a byte (fill) or
// hexadecimal bytes (insert, replace). Without NTH the fault applies to every message.
func ParseFault(s string) (Fault, error) {
	bad := func(why string) (Fault, error) {
		return Fault{}, fmt.Errorf("acquiretest: fault %q: %s (as in disconnect@data:7+999)", s, why)
	}
	what, where, ok := strings.Cut(s, "@")
	if !ok || where == "" {
		return bad("no place")
	}
	name, value, _ := strings.Cut(what, "=")
	f := Fault{Do: actionNames[name]}
	if f.Do == 0 {
		return bad("no such action")
	}
	for _, tail := range []struct {
		mark string
		into *int
	}{{"+", &f.Byte}, {":", &f.Nth}} {
		i := strings.LastIndex(where, tail.mark)
		if i < 0 {
			continue
		}
		n, err := strconv.Atoi(where[i+1:])
		if err != nil || n < 0 {
			return bad("no number after " + tail.mark)
		}
		*tail.into, where = n, where[:i]
	}
	f.Place = where
	var err error
	switch f.Do {
	case Stall, Trickle, Split:
		f.For, err = time.ParseDuration(value)
	case Drop, Repeat, Fill:
		if value != "" {
			f.N, err = strconv.Atoi(value)
		}
	case Insert, Replace:
		f.Bytes, err = hex.DecodeString(value)
	default:
		if value != "" {
			return bad("this action takes no value")
		}
	}
	if err != nil || f.N < 0 || f.For < 0 {
		return bad("the value is invalid")
	}
	return f, nil
}

// AddFault adds a fault in the format of ParseFault.
func (p *Phone) AddFault(s string) error {
	f, err := ParseFault(s)
	if err == nil {
		p.Faults = append(p.Faults, f)
	}
	return err
}

// AddBad adds an unreadable range of the user area in the format of flash.ParseExtent. Parts must
// be set before.
func (p *Phone) AddBad(s string) error {
	e, err := flash.ParseExtent(s)
	if err != nil {
		return err
	}
	for _, q := range p.Parts {
		if !q.Region.IsUser() {
			continue
		}
		if p.Bad == nil {
			p.Bad = map[flash.Region][]flash.Extent{}
		}
		p.Bad[q.Region] = append(p.Bad[q.Region], e)
		return nil
	}
	return errors.New("acquiretest: the phone has no user area")
}
