// Command quotatop is top for API quotas: it shows each endpoint's rate against
// its limit, the daily cap with the time to its reset, and the calls that were
// denied.
package main

import (
	"os"

	"quotatop/ui/cli"
)

func main() { os.Exit(cli.Main()) }
