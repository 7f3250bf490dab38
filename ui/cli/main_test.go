package cli

import (
	"os"
	"testing"

	"quotatop/ui/cli/clitest"
)

func TestMain(m *testing.M) { os.Exit(clitest.Run(m)) }
