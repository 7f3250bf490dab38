package cli

import (
	"os"
	"testing"

	"quotatop/ui/cli/clitest"
)

// asProgram makes a test binary the program.
const asProgram = "QUOTATOP_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(Main())
	}
	os.Exit(clitest.Run(m))
}
