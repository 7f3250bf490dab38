package statefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"quotatop/poller/events/atomicfile"
	"quotatop/poller/events/private"
)

// A Place is a folder for this program's files that may be used or made. The
// files are in one folder below it for each account.
type Place struct {
	Path string
	// WellKnown is set for a place that every process of this user looks in,
	// whatever XDG_RUNTIME_DIR and TMPDIR say.
	WellKnown bool
	home      bool // below the home folder, where also the parent may be made
}

// Places returns where state files are written and looked for, the first choice
// first: quotatop in $XDG_RUNTIME_DIR and in /run/user/UID, quotatop-UID in
// $TMPDIR, quotatop in the user's cache folder, and quotatop-UID in /tmp (before
// the cache folder where TMPDIR is not set).
func Places() []Place {
	var places []Place
	add := func(parent, name string, wellKnown, home bool) {
		if !filepath.IsAbs(parent) { // the XDG specification: ignore it
			return
		}
		path := filepath.Join(parent, name)
		for i := range places {
			if places[i].Path == path {
				places[i].WellKnown = places[i].WellKnown || wellKnown
				return
			}
		}
		places = append(places, Place{path, wellKnown, home})
	}
	uid := strconv.Itoa(os.Getuid())
	add(os.Getenv("XDG_RUNTIME_DIR"), "quotatop", false, false)
	if shared {
		add("/run/user/"+uid, "quotatop", true, false)
	}
	add(os.TempDir(), "quotatop-"+uid, !shared, false)
	if cache, err := os.UserCacheDir(); err == nil {
		add(cache, "quotatop", true, true)
	}
	if shared {
		add("/tmp", "quotatop-"+uid, true, false)
	}
	return places
}

// Use returns the path of the first place that will do, which it makes where it
// is missing, and what is wrong with those before it. Where none will do, the
// path is empty.
func Use(places []Place) (path string, wrong []error) {
	for _, p := range places {
		dir, err := p.open(true)
		if err == nil {
			_ = dir.Close()
			return p.Path, wrong
		}
		wrong = p.collect(wrong, err)
	}
	return "", wrong
}

// collect adds what is wrong with a place to a list, unless the place is one that
// nobody named and this machine does not have.
func (p Place) collect(wrong []error, err error) []error {
	if p.WellKnown && errors.Is(err, fs.ErrNotExist) {
		return wrong
	}
	return append(wrong, err)
}

// A NoPlaceError says that there is no folder for a file, and why.
type NoPlaceError struct {
	effect string // of that
	wrong  []error
}

// Error implements error. It is one line.
func (e *NoPlaceError) Error() string {
	if len(e.wrong) == 0 {
		return e.effect + ": there is no folder for it: set XDG_RUNTIME_DIR to a folder of your own"
	}
	return e.effect + ": " + join(e.wrong).Error()
}

// variable names the place of state files in the environment.
const variable = "XDG_RUNTIME_DIR"

// open opens the place, or with create set makes it first where it is missing.
// Nobody but this user and root may be able to write to it or to replace it.
func (p Place) open(create bool) (*os.Root, error) {
	parent, err := private.Parent(filepath.Dir(p.Path), variable, create && p.home)
	if err != nil {
		return nil, err
	}
	defer parent.Close()
	return private.Enter(parent, filepath.Base(p.Path), variable, create)
}

// account opens the folder of an account, as open does.
func (p Place) account(id string, create bool) (*os.Root, error) {
	place, err := p.open(create)
	if err != nil {
		return nil, err
	}
	defer place.Close()
	return private.Enter(place, id, variable, create)
}

// replace puts a file into a folder in one step: a reader sees the old one or
// the new one.
func replace(dir *os.Root, name string, data []byte) error {
	if err := atomicfile.WriteIn(dir, name, data, 0o600); err != nil {
		return fmt.Errorf("cannot write to %s: %w", dir.Name(), private.Cause(err))
	}
	return nil
}
