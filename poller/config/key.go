package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"quotatop/poller/events/input"
)

// keyCommandTimeout limits a key_command, which may ask for a passphrase.
const keyCommandTimeout = time.Minute

// maxKeyFile is the maximum size of a key file, in bytes.
const maxKeyFile = 64 << 10

// Key returns the API key: from flagFile, the value of the --key-file flag, if
// set; otherwise env, the value of PIONEER_API_KEY; otherwise from the file or
// command in the settings. No error contains any part of the key.
func (s *Settings) Key(ctx context.Context, flagFile, env string) (string, error) {
	switch {
	case flagFile != "":
		return readKey(ctx, flagFile)
	case strings.TrimSpace(env) != "":
		return checkKey(env, "PIONEER_API_KEY")
	case s.KeyFile != "":
		return readKey(ctx, s.KeyFile)
	case s.KeyCommand != "":
		return runKey(ctx, s.KeyCommand)
	}
	return "", errors.New("no API key: set PIONEER_API_KEY, or give --key-file FILE (quotatop demo needs none)")
}

func readKey(ctx context.Context, path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() && info.Mode()&os.ModeNamedPipe == 0 || info.Size() > maxKeyFile {
		return "", fmt.Errorf("key file %s is not a file that contains a key", path)
	}
	ctx, cancel := context.WithTimeout(ctx, keyCommandTimeout) // it may be the pipe of such a command
	defer cancel()
	data, err := input.ReadAll(ctx, path, maxKeyFile)
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	return checkKey(string(data), "key file "+path)
}

// runKey runs the user's key_command and returns the first line of its output.
func runKey(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, keyCommandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr // for the passphrase prompt
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("key_command: %w", err)
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
	return checkKey(string(first), "key_command")
}

// checkKey returns an error if the key cannot be sent in a header.
func checkKey(text, from string) (string, error) {
	key := strings.TrimSpace(text)
	if key == "" {
		return "", fmt.Errorf("%s is empty: put the API key there", from)
	}
	for _, r := range key {
		if r <= ' ' || r > '~' {
			return "", fmt.Errorf("%s contains more than a key: put only the key there, on one line", from)
		}
	}
	return key, nil
}
