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
)

// keyCommandTimeout bounds a key_command, which may ask a person.
const keyCommandTimeout = time.Minute

// maxKeyFile bounds what is read of a key file, in bytes.
const maxKeyFile = 64 << 10

// Key finds the API key: in the file of the --key-file flag, if given; else in
// PIONEER_API_KEY, whose value env is; else where the configuration file says.
// No error shows any of it.
func (s *Settings) Key(ctx context.Context, flagFile, env string) (string, error) {
	switch {
	case flagFile != "":
		return readKey(flagFile)
	case strings.TrimSpace(env) != "":
		return checkKey(env, "PIONEER_API_KEY")
	case s.KeyFile != "":
		return readKey(s.KeyFile)
	case s.KeyCommand != "":
		return runKey(ctx, s.KeyCommand)
	}
	return "", errors.New("no API key: set PIONEER_API_KEY, or give --key-file FILE (quotatop demo needs none)")
}

func readKey(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() && info.Mode()&os.ModeNamedPipe == 0 || info.Size() > maxKeyFile {
		return "", fmt.Errorf("key file %s is not a file with a key in it", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	return checkKey(string(data), "key file "+path)
}

// runKey runs a command of the user's own configuration and reads its output.
func runKey(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, keyCommandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr // it may ask for a passphrase
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("key_command: %w", err)
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
	return checkKey(string(first), "key_command")
}

// checkKey refuses what cannot be sent as a header.
func checkKey(text, from string) (string, error) {
	key := strings.TrimSpace(text)
	if key == "" {
		return "", fmt.Errorf("%s is empty: put the API key there", from)
	}
	for _, r := range key {
		if r <= ' ' || r > '~' {
			return "", fmt.Errorf("%s holds more than a key: put the key there alone, on one line", from)
		}
	}
	return key, nil
}
