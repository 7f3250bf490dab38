package cli

import (
	"encoding/json"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The commands in the README, and in its recipes for containers, are ones that
// quotatop takes.
func TestRecipes(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var commands [][]string
	for _, list := range regexp.MustCompile(`command: (\["quotatop".*\])`).FindAllSubmatch(readme, -1) {
		var command []string
		if err := json.Unmarshal(list[1], &command); err != nil {
			t.Errorf("%s: %v", list[1], err)
			continue
		}
		commands = append(commands, command)
	}
	if len(commands) < 3 {
		t.Errorf("%d commands of containers, want that of a sidecar and two of Docker Compose", len(commands))
	}
	for _, line := range regexp.MustCompile("(?m)^quotatop [^#&>|\n]*").FindAllString(string(readme), -1) {
		commands = append(commands, strings.Fields(line))
	}
	for _, code := range regexp.MustCompile("`quotatop [^`]*`").FindAllString(string(readme), -1) {
		code = strings.ReplaceAll(strings.Trim(code, "`"), "\n", " ")
		if !strings.ContainsAny(code, "|>") { // those of completion name alternatives
			commands = append(commands, strings.Fields(code))
		}
	}
	if len(commands) < 30 {
		t.Errorf("%d commands, want all of the README's", len(commands))
	}
	for _, command := range commands {
		if last := command[len(command)-1]; len(command) > 1 && strings.HasPrefix(last, "--") {
			command = append(command[:len(command)-1], "--help", last) // which may lack its value
		}
		out := &strings.Builder{}
		code := Run(t.Context(), append(command[1:], "--help"), io.Discard, out)
		if code != 0 && !strings.Contains(out.String(), "needs an argument") {
			t.Errorf("%s: exit code %d, %s", strings.Join(command, " "), code, out)
		}
	}
}
