package codes

// Need is a thing that helps against a trouble. A front end says how it is given to its
// program, or where the program has it.
type Need string

// The needs.
const (
	NeedLoader    Need = "loader"    // a reading through the phone's loader, with a Download Agent file
	NeedADB       Need = "adb"       // a reading of the running phone through adb
	NeedReading   Need = "reading"   // a reading that asks the phone for its sizes, passes over bad places and writes nothing
	NeedPreloader Need = "preloader" // the preloader of exactly this board, a file
	NeedAuth      Need = "auth"      // the maker's authentication file
	NeedCert      Need = "cert"      // the maker's certificate file
	NeedSerial    Need = "serial"    // the serial number of the phone that is meant
	NeedComputer  Need = "computer"  // a look at what on this computer is in the way
	NeedHolder    Need = "holder"    // the name of the program that has the port
	NeedRules     Need = "rules"     // the udev rules that open the port, and keep ModemManager off it
	NeedFolder    Need = "folder"    // another folder for the dump
	NeedScatter   Need = "scatter"   // a check of the scatter file
)

// Advice is what a person can do about a trouble and what it takes. A front end puts its
// words for the needs behind the text. The zero value is none.
type Advice struct {
	Text  string // no command and no option
	Needs []Need
}

// Advise makes an Advice.
func Advise(text string, needs ...Need) Advice { return Advice{text, needs} }
