package codes

// The remedies. Other packages use the Cure of the same entry for their own errors, so that the
// advice for a problem is always the same.
var (
	// Handshake is for a start command that no loader answered.
	Handshake = &Remedy{
		"no loader answered the start command: the phone was switched on, its window of 1 to 2.5 seconds was over, another program (ModemManager) sent something first, or the driver is missing",
		Advise("switch the phone off, start mtkkit, then plug the phone in; check that no other program (ModemManager) has the port open; if the phone does not answer, hold a volume key while you plug it in", NeedComputer),
	}
	// Port is for a serial port that cannot be opened or is lost.
	Port = &Remedy{
		"another program has the port open, this user may not open it, or the phone disconnected",
		Advise("close other flash tools, terminals and other programs that have the port open; then use another cable or socket, without a hub", NeedHolder, NeedComputer),
	}
	// Link is for bytes that were lost or changed on the way.
	Link = &Remedy{
		"bytes were lost or changed between computer and phone: by the cable, the hub, the socket, or a weak battery",
		Advise("use another cable or socket, without a hub, and start again"),
	}
	// Silence is for an agent that does not answer any more.
	Silence = &Remedy{
		"the agent was started and does not answer: the link broke, the battery is too weak, the agent is the wrong one, or an old kernel echoed the agent's bytes back to it",
		Advise("unplug the phone, switch it off (hold the power key for 10 seconds), and plug it in again"),
	}
	// Agent is for a file without an agent for this chip or its version.
	Agent = &Remedy{
		"the Download Agent file has no agent for this chip, or is too old for the phone or the tool",
		Advise("use MTK_AllInOne_DA.bin of a newer SP Flash Tool, or the agent of this model's own firmware", NeedAgents, NeedFirmware),
	}
	// AgentPair is for an agent whose two stages do not match.
	AgentPair = &Remedy{
		"the second stage does not have the hash that is in the first stage: the file was edited, or put together from two files",
		Advise("use an unchanged agent file; this one was edited, or put together from two files"),
	}
	// DRAM is for a phone's memory that cannot be set up.
	DRAM = &Remedy{
		"the phone's memory was set up with the settings of another board, or the battery is too weak; in BootROM mode these settings come from a preloader file, which SP Flash Tool takes from the scatter file's folder",
		Advise("give the preloader of exactly this board, charge the battery, or start from the preloader (no key held)", NeedPreloader),
	}
	// NoDRAM is for memory settings that are needed and were not given.
	NoDRAM = &Remedy{
		"the phone was started from BootROM, where its memory is not set up yet, and no given file has the settings (MTK_BLOADER_INFO of the phone's own preloader)",
		Advise("start from the preloader (plug the phone in with no key held), or give the phone's own preloader", NeedPreloader),
	}
	// Auth is for a missing authentication file of the maker, or one of another model.
	Auth = &Remedy{
		"the chip is locked to its maker's tools (SLA or DAA) and no authentication file, or that of another model, was given",
		Advise("give the maker's file for this model (auth_sv5.auth); without it this phone cannot be read over USB", NeedAuth),
	}
	// SLA is for a phone that requires a challenge that only its maker can answer.
	SLA = &Remedy{
		"the phone requires a challenge (SLA) that only a private key of its maker can answer",
		Advise("a user cannot answer this; the maker's service can. The phone was not changed"),
	}
	// Signature is for an agent whose signature the phone refused.
	Signature = &Remedy{
		"the phone checks the Download Agent's signature (DAA), and this one is not signed by its maker",
		Advise("use the Download Agent that belongs to this model's firmware, with its authentication and certificate files if it has them", NeedFirmware, NeedAuth, NeedCert),
	}
	// Policy is for an operation that the phone's own rules forbid.
	Policy = &Remedy{
		"the phone's own policy forbids this",
		Advise("a user has no legitimate way to do it; the maker's service has one"),
	}
	// Range is for an address or a length that this flash does not have.
	Range = &Remedy{
		"the address or the length was typed wrongly or comes from a scatter file of another phone: it is beyond the flash, or not at its pages",
		Advise("use the region sizes that the phone reports", NeedReading),
	}
	// NoFlash is for an agent that finds no flash chip, or not the expected kind.
	NoFlash = &Remedy{
		"the agent finds no flash chip of this kind: wrong scatter file or agent, a weak battery, or a chip that has failed",
		Advise("charge the battery and try again; if the error remains, the flash chip may have failed"),
	}
	// Medium is for a range of the flash that cannot be read.
	Medium = &Remedy{
		"the flash chip does not return these bytes: the range is worn or damaged",
		Advise("read around it: retry in smaller pieces, skip ranges that stay bad and record them", NeedReading),
	}
	// Files is for input files of a tool that are for another chip, missing or damaged.
	Files = &Remedy{
		"a file given to the tool is missing, damaged, or for another chip: scatter file, agent, ROM files",
		Advise("use the files of exactly this model; reading back with mtkkit needs only the agent, no scatter file"),
	}
	// Layout is for a scatter file that differs from the phone; a check before writing.
	Layout = &Remedy{
		"the partitions in the scatter file are not those on the phone; the check is done before writing and does not concern reading",
		Advise("compare the two; reading back needs no scatter file. Do not format the phone to remove this error: that deletes the IMEI", NeedScatter),
	}
	// Disk is for a full disk of the computer, or an image that is larger than its partition.
	Disk = &Remedy{
		"reading back: the computer's disk is full, or it has FAT32, which cannot have files of more than 4 GiB; downloading: a file is larger than its partition",
		Advise("choose a disk with enough space that is not FAT32", NeedComputer),
	}
	// Fault is for an internal error of the tool.
	Fault = &Remedy{
		"an internal error of the tool, or a wrong call by it",
		Advise("close the tool, unplug the phone, start again; if the error remains, use a newer tool"),
	}
	// Optional is for a command that the other side does not have.
	Optional = &Remedy{
		"the other side does not have this command; many are optional",
		Advise("harmless if it was only a question; otherwise use a newer Download Agent"),
	}
	// NotTaken is for a running agent that does not accept a command.
	NotTaken = &Remedy{
		"the agent runs, but refuses to work for this host or on this phone: it is older than the phone allows, or requires its maker's permission",
		Advise("the connection works; use the Download Agent of this model's newest firmware"),
	}
	// Rollback is for software that is older than the phone allows.
	Rollback = &Remedy{
		"the phone records the newest version that it has run, and this version is older",
		Advise("use the agent of this model's newest firmware"),
	}
	// Wear is for flash that cannot be written or erased.
	Wear = &Remedy{
		"the flash could not be written or erased: a worn chip (an eMMC at the end of its life can only be read), a weak battery, or a broken link",
		Advise("read the phone back first, while this still works; then charge the battery and use another cable before the next write", NeedReading),
	}
	// Worn is for a flash chip that reports the end of its life.
	Worn = &Remedy{
		"the flash chip measures its own wear and reports that it is at or near the end of its life; a check before writing",
		Advise("read the phone back now; SP Flash Tool can switch this check off (Storage life cycle check), but data that are written now may not last", NeedReading),
	}
	// Image is for an image whose signature the phone or the tool refuses.
	Image = &Remedy{
		"an image is not signed for this phone, is for another partition or version, or was changed; the check is done before writing and does not concern reading",
		Advise("use the unchanged firmware of exactly this model and region; reading back needs no image"),
	}
	// Fuse is for fuses of the chip, which no user needs.
	Fuse = &Remedy{
		"the tool was told to read or blow fuses of the chip; a blown fuse cannot be restored",
		Advise("leave the fuses alone: neither reading back nor restoring needs them"),
	}
	// Memory is for a phone's memory that fails a test.
	Memory = &Remedy{
		"the phone's memory chip or its solder joints fail a test, or the test had an invalid range",
		Advise("charge the battery and try again; if the error remains, the board is defective"),
	}
	// Rights is for a device that this user may not open, or that has no driver.
	Rights = &Remedy{
		"this user may not open the device, or the driver it needs is missing",
		Advise("give this user the right, or install the driver; on Linux a udev rule lets users open phones", NeedComputer, NeedRules),
	}
	// Nothing is for codes that are no errors.
	Nothing = &Remedy{"none", Advise("continue")}
	// Allow, NoADB, OneADB, NoRoot and NoServer are for running phones that are read through adb.
	Allow = &Remedy{
		"Android asks on the phone's screen whether this computer may use USB debugging, and it was not allowed yet",
		Advise("unlock the phone and allow it; if the phone does not ask, switch USB debugging off and on, or revoke its authorisations"),
	}
	NoADB = &Remedy{
		"USB debugging is off, the cable only charges, or the driver is missing",
		Advise("switch USB debugging on in the developer options, plug the phone in again, and check with adb devices"),
	}
	OneADB   = &Remedy{"adb does not know which phone to use", Advise("unplug the other phones, or name one that adb devices lists", NeedSerial)}
	NoRoot   = &Remedy{"only root can read the flash of a running phone", Advise("read the phone through its loader instead, which needs no root", NeedLoader)}
	NoServer = &Remedy{"adb is not installed, or its server was stopped", Advise("start it with adb start-server")}
)

// remedies has the remedies by the names in the tables.
var remedies = map[string]*Remedy{
	"Handshake": Handshake,
	"Allow":     Allow,
	"NoADB":     NoADB,
	"OneADB":    OneADB,
	"NoRoot":    NoRoot,
	"NoServer":  NoServer,
	"Port":      Port,
	"Link":      Link,
	"Silence":   Silence,
	"Agent":     Agent,
	"AgentPair": AgentPair,
	"DRAM":      DRAM,
	"NoDRAM":    NoDRAM,
	"Auth":      Auth,
	"SLA":       SLA,
	"Signature": Signature,
	"Policy":    Policy,
	"Range":     Range,
	"NoFlash":   NoFlash,
	"Medium":    Medium,
	"Files":     Files,
	"Layout":    Layout,
	"Disk":      Disk,
	"Fault":     Fault,
	"Optional":  Optional,
	"NotTaken":  NotTaken,
	"Rollback":  Rollback,
	"Wear":      Wear,
	"Worn":      Worn,
	"Image":     Image,
	"Fuse":      Fuse,
	"Memory":    Memory,
	"Rights":    Rights,
	"Nothing":   Nothing,
}
