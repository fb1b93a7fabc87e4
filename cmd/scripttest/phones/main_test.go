package phones

import (
	"testing"

	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
)

// Some tests start the program as a process.
func TestMain(m *testing.M) { scripttest.Main(m, commands.Main) }

// program runs mtkkit in this process.
var program = scripttest.Program(commands.Run).Call
