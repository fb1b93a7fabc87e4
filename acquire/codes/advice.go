package codes

// Need is something that helps to solve a problem. A front end tells how to give it to its program,
// or where its program has it.
type Need string

// The needs.
const (
	NeedLoader    Need = "loader"    // reading through the phone's loader, with a Download Agent file
	NeedADB       Need = "adb"       // reading the running phone through adb
	NeedReading   Need = "reading"   // reading that gets the sizes from the phone, skips bad ranges and writes nothing
	NeedPreloader Need = "preloader" // the preloader file of exactly this board
	NeedAgents    Need = "agents"    // what the Download Agents in a file or a folder are for
	NeedFirmware  Need = "firmware"  // the files in the firmware package of this model
	NeedAuth      Need = "auth"      // the maker's authentication file
	NeedCert      Need = "cert"      // the maker's certificate file
	NeedSerial    Need = "serial"    // the serial number of the wanted phone
	NeedComputer  Need = "computer"  // a check of this computer
	NeedHolder    Need = "holder"    // the name of the program that has the port open
	NeedRules     Need = "rules"     // the udev rules that allow opening the port and keep ModemManager away from it
	NeedFolder    Need = "folder"    // another folder for the dump
	NeedScatter   Need = "scatter"   // a check of the scatter file
)

// Advice is what the user can do about a problem and what is needed for it. A front end adds its
// own text for the needs. The zero value means no advice.
type Advice struct {
	Text  string // names no command and no option
	Needs []Need
}

// Advise makes an Advice.
func Advise(text string, needs ...Need) Advice { return Advice{text, needs} }
