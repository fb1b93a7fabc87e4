package dumps

import (
	"testing"

	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
)

// Some tests start the program as a process.
func TestMain(m *testing.M) { scripttest.Main(m, commands.Main) }
