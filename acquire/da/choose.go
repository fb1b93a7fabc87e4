package da

import (
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/acquire/brom"
)

// Choice is the agent of a container for one phone.
type Choice struct {
	Entry
	Index    int           // in Container.Entries
	Chip     brom.Chip     // of the phone
	Protocol brom.Protocol // of the agent
}

// For returns the agent for a phone whose loader reports these codes. It is the newest one that is not
// newer than the phone. A version of 0 is unknown and accepts any agent. The error wraps
// ErrUnknownChip, or ErrNoAgent with the versions that the file has.
func (c *Container) For(hwCode, hwVersion, swVersion uint16) (Choice, error) {
	chip, known := brom.Lookup(hwCode)
	if !known && !c.IsXML() {
		return Choice{}, fmt.Errorf("da: %w: 0x%x", ErrUnknownChip, hwCode)
	}
	if !known {
		chip = brom.Chip{HWCode: hwCode, Protocol: brom.XML, DACode: hwCode}
	}
	if c.IsXML() { // the file decides: some chips had XFlash agents first and have XML agents now
		chip.Protocol = brom.XML
	}
	i, err := c.choose(chip.DACode, hwVersion, swVersion)
	if err != nil && c.IsXML() { // XML files may use either code
		if other, otherErr := c.choose(hwCode, hwVersion, swVersion); otherErr == nil {
			i, err = other, nil
		}
	}
	if err != nil {
		return Choice{}, err
	}
	return Choice{c.Entries[i], i, chip, chip.Protocol}, nil
}

// choose returns the index of the newest entry for a chip that is not newer than the phone's hardware
// and software versions. code is the chip's code in agent files (brom.Chip.DACode). The error wraps
// ErrNoAgent and lists the available versions.
func (c *Container) choose(code, hwVersion, swVersion uint16) (int, error) {
	fits := func(have, phone uint16) bool { return phone == 0 || have <= phone }
	best := -1
	for i, e := range c.Entries {
		if e.Code != code || !fits(e.HWVersion, hwVersion) || !fits(e.SWVersion, swVersion) || len(e.Regions) < 3 {
			continue
		}
		if best < 0 || e.newer(c.Entries[best]) {
			best = i
		}
	}
	if best >= 0 {
		return best, nil
	}
	var have string
	for _, e := range c.Entries {
		if e.Code == code {
			have += fmt.Sprintf(" 0x%x/0x%x", e.HWVersion, e.SWVersion)
		}
	}
	if have != "" {
		return -1, fmt.Errorf("da: %w: the phone is 0x%x/0x%x, the file has versions%s of chip 0x%x", ErrNoAgent, hwVersion, swVersion, have, code)
	}
	return -1, fmt.Errorf("da: %w: chip 0x%x is not among the chips of its agents (%d)", ErrNoAgent, code, len(c.Entries))
}

// newer reports whether e is for a newer version of a chip than o.
func (e Entry) newer(o Entry) bool {
	return e.HWVersion > o.HWVersion || e.HWVersion == o.HWVersion && e.SWVersion > o.SWVersion
}

// Chips returns the chips that an entry of the container is chosen for, for at least one version of
// the chip. An XML agent for a chip without a name is chosen by the code alone.
func (c *Container) Chips(entry int) (out []brom.Chip) {
	e := c.Entries[entry]
	picks := func(hwCode uint16) (Choice, bool) {
		for _, v := range [][2]uint16{{e.HWVersion, e.SWVersion}, {max(e.HWVersion, 1), max(e.SWVersion, 1)}} {
			if got, err := c.For(hwCode, v[0], v[1]); err == nil && got.Index == entry {
				return got, true
			}
		}
		return Choice{}, false
	}
	for _, chip := range brom.Chips() {
		if got, ok := picks(chip.HWCode); ok {
			out = append(out, got.Chip)
		}
	}
	if len(out) > 0 {
		return out
	}
	if got, ok := picks(e.Code); ok {
		out = append(out, got.Chip)
	}
	return out
}

// AllChips returns the chips that the container has an agent for, in the order of its entries.
func (c *Container) AllChips() (out []brom.Chip) {
	for i := range c.Entries {
		for _, chip := range c.Chips(i) {
			if !slices.ContainsFunc(out, func(have brom.Chip) bool { return have.HWCode == chip.HWCode }) {
				out = append(out, chip)
			}
		}
	}
	return out
}
