package commands

import (
	"testing"

	"github.com/mtkkit/mtkkit/cmd/scripttest"
)

// Some tests start the program as a process.
func TestMain(m *testing.M) { scripttest.Main(m, Main) }

// program runs mtkkit in this process.
var program = scripttest.Program(Run).Call
