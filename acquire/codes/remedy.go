package codes

// The remedies. What packages above say of their own errors is the Cure of the same
// entry, so that a person reads one advice whichever way the trouble shows.
var (
	// Handshake: nobody answered the start command.
	Handshake = &Remedy{
		"nobody answered the start command: the phone was switched on, its window of 1 to 2.5 seconds was over, another program (ModemManager) spoke first, or the driver is missing",
		Advise("switch the phone off, start mtkkit first, plug the phone in second; check that no other program (ModemManager) holds the port; if it stays silent, hold a volume key while plugging in", NeedComputer),
	}
	// Port: the serial port does not open, or is lost.
	Port = &Remedy{
		"another program has the port, this user may not open it, or the phone left the bus",
		Advise("close other flash tools and terminals, and whatever else holds the port; then another cable or socket, without a hub", NeedHolder, NeedComputer),
	}
	// Link: bytes were lost or changed on the way.
	Link = &Remedy{
		"bytes were lost or changed between computer and phone: cable, hub, socket, or a battery that gave way",
		Advise("use another cable or socket, without a hub, and start again"),
	}
	// Silence: the agent does not answer any more.
	Silence = &Remedy{
		"the agent was started and says nothing: the link broke, the battery gave way, it is the wrong agent, or an old kernel echoed its words back to it",
		Advise("unplug, power the phone off (hold the power key for 10 seconds), and plug it in again"),
	}
	// Agent: the file holds no agent for this chip or this version of it.
	Agent = &Remedy{
		"the Download Agent file does not know this chip, or is older than the phone or the tool expects",
		Advise("take MTK_AllInOne_DA.bin from a newer SP Flash Tool, or the agent from this model's own firmware"),
	}
	// AgentPair: the two stages of the agent do not belong together.
	AgentPair = &Remedy{
		"the second stage is not the one whose hash the first one holds: the file was edited or put together from two",
		Advise("use an unchanged agent file; this one was edited or put together from two"),
	}
	// DRAM: the phone's memory cannot be set up.
	DRAM = &Remedy{
		"the phone's memory was set up with the settings of another board, or the battery is too weak; after BootROM these settings come from a preloader file, SP Flash Tool takes it from the scatter file's folder",
		Advise("give the preloader of exactly this board, charge the battery, or start from the preloader (no key held)", NeedPreloader),
	}
	// NoDRAM: settings for the memory are needed and were not given.
	NoDRAM = &Remedy{
		"the phone was started from BootROM, where its memory is not set up yet, and no file given holds the settings (MTK_BLOADER_INFO of the phone's own preloader)",
		Advise("start from the preloader (plug in without holding a key), or give the phone's own preloader", NeedPreloader),
	}
	// Auth: the maker's authentication file is missing or of another model.
	Auth = &Remedy{
		"the chip is locked to its maker's tools (SLA or DAA) and no authentication file, or that of another model, was given",
		Advise("give the maker's file for this model (auth_sv5.auth); without it this phone cannot be read over USB", NeedAuth),
	}
	// SLA: the phone sets a challenge that only its maker can answer.
	SLA = &Remedy{
		"the phone sets a challenge (SLA) that is answered with a private key of its maker",
		Advise("nothing a user can have answers this; the maker's service can. The phone is left as it was"),
	}
	// Signature: the phone checked the agent and refused it.
	Signature = &Remedy{
		"the phone checks the Download Agent's signature (DAA), and this one is not signed by its maker",
		Advise("use the Download Agent that belongs to this model's firmware, with its authentication and certificate files if it has them", NeedAuth, NeedCert),
	}
	// Policy: the phone's own rules forbid it.
	Policy = &Remedy{
		"the phone's own policy forbids this",
		Advise("there is no legitimate way round it for a user; the maker's service has one"),
	}
	// Range: the address or length asked for does not exist on this flash.
	Range = &Remedy{
		"address or length were typed or taken from a scatter file of another phone, and lie beyond the flash or off its pages",
		Advise("let the phone say how large its regions are", NeedReading),
	}
	// NoFlash: the agent finds no flash chip, or not the kind it was told.
	NoFlash = &Remedy{
		"the agent finds no flash chip of this kind: wrong scatter file or agent, a weak battery, or a chip that has failed",
		Advise("charge the battery and try again; if it stays so, the flash chip may have failed"),
	}
	// Medium: a place of the flash cannot be read.
	Medium = &Remedy{
		"the flash chip does not give these bytes: a worn or damaged place",
		Advise("read around it: retry in smaller pieces, pass over what stays bad and note it", NeedReading),
	}
	// Files: the tool's own input is of another chip, missing or damaged.
	Files = &Remedy{
		"a file given to the tool is missing, damaged, or of another chip: scatter file, agent, ROM files",
		Advise("use the files of this very model; for reading back with mtkkit only the agent is needed, no scatter file"),
	}
	// Layout: scatter file and phone differ; a check before writing.
	Layout = &Remedy{
		"the partitions in the scatter file are not those on the phone; the check comes before writing and says nothing of reading",
		Advise("compare the two; for reading back no scatter file is needed. Do not format to make it go away: that loses the IMEI", NeedScatter),
	}
	// Disk: the computer has no room, or the image has none in its partition.
	Disk = &Remedy{
		"reading back: the computer's disk is full, or its FAT32 takes no file beyond 4 GiB; downloading: a file is larger than its partition",
		Advise("choose a disk with room that is not FAT32", NeedComputer),
	}
	// Fault: a fault within the tool.
	Fault = &Remedy{
		"a fault within the tool, or a call it should not have made",
		Advise("close the tool, unplug, start again; a newer tool if it stays so"),
	}
	// Optional: a command the other side does not have.
	Optional = &Remedy{
		"the other side does not have this command; many are optional",
		Advise("harmless when only a question was asked; otherwise take a newer Download Agent"),
	}
	// NotTaken: an agent that runs and does not take a command.
	NotTaken = &Remedy{
		"the agent runs, and refuses to work for this host or on this phone: it is older than the phone allows, or wants its maker's permission",
		Advise("the line is in order; take the Download Agent of this model's newest firmware"),
	}
	// Rollback: the phone refuses software older than it has seen.
	Rollback = &Remedy{
		"the phone notes the version of what it has run, and this is older",
		Advise("take the agent from this model's newest firmware"),
	}
	// Wear: the flash did not take what was written or erased.
	Wear = &Remedy{
		"the flash did not take what was to be written or erased: a worn chip (an eMMC at its end can only be read), a weak battery, or a link that broke on the way",
		Advise("read the phone back first, while that still works; then charge the battery and use another cable before the next write", NeedReading),
	}
	// Worn: the flash chip itself says that its life is over.
	Worn = &Remedy{
		"the flash chip counts its own wear and says that its life is over or nearly so; a check before writing",
		Advise("read the phone back now; SP Flash Tool has a switch for this check (Storage life cycle check), but what is written may not last", NeedReading),
	}
	// Image: an image does not pass the phone's or the tool's check of signatures.
	Image = &Remedy{
		"an image is not signed for this phone, is that of another partition or version, or was changed; the check comes before writing and says nothing of reading",
		Advise("use the unchanged firmware of exactly this model and region; reading back needs no image"),
	}
	// Fuse: fuses of the chip, which no user needs.
	Fuse = &Remedy{
		"the tool was to read or blow fuses of the chip; what is blown stays so",
		Advise("leave the fuses alone: neither reading back nor restoring needs them"),
	}
	// Memory: the phone's memory fails a test.
	Memory = &Remedy{
		"the phone's memory chip or its solder joints fail a test, or the test was given a range that is none",
		Advise("charge the battery and try again; if it stays so, the board is at fault"),
	}
	// Rights: this user may not open the device, or there is no driver for it.
	Rights = &Remedy{
		"this user may not open the device, or the driver it needs is missing",
		Advise("give this user the right, or install the driver; on Linux a udev rule opens phones to users", NeedComputer, NeedRules),
	}
	// Nothing: no trouble at all.
	Nothing = &Remedy{"none", Advise("go on")}
	// Allow, NoADB, OneADB, NoRoot, NoServer are for phones that run, read by adb.
	Allow = &Remedy{
		"Android asks on the phone's screen whether this computer may use USB debugging, and nobody has said yes",
		Advise("unlock the phone and allow it; if nothing is asked, switch USB debugging off and on, or revoke its authorisations there"),
	}
	NoADB = &Remedy{
		"USB debugging is off, the cable only charges, or the driver is missing",
		Advise("switch USB debugging on in the developer options, plug the phone in again, look with adb devices"),
	}
	OneADB   = &Remedy{"adb does not know which one is meant", Advise("unplug the others, or take one that adb devices lists, and name it", NeedSerial)}
	NoRoot   = &Remedy{"the flash of a phone that runs can be read by root only", Advise("read the phone through its loader instead, which needs no root", NeedLoader)}
	NoServer = &Remedy{"adb is not installed, or its server was stopped", Advise("start it with adb start-server")}
)

// remedies are the names that the tables use.
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
