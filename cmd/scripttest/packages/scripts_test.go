package packages

import (
	"testing"

	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
)

func TestMain(m *testing.M) { scripttest.Main(m, commands.Main) }

func TestScripts(t *testing.T) { scripttest.Run(t, "packages", commands.Run) }
