package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the prefix of our own import paths.
const module = "quotatop"

// arrows has a row for each of our packages: exactly those of our packages that it
// imports, except in tests.
var arrows = map[string]string{
	".":                        "ui/cli", // main
	"model":                    "",
	"poller":                   "model poller/billing poller/config poller/fleet poller/journal poller/pioneer poller/recording poller/runner poller/tap",
	"poller/billing":           "model poller/pioneer",
	"poller/config":            "model poller/crash poller/events/atomicfile poller/events/input poller/fleet poller/pioneer",
	"poller/crash":             "",
	"poller/events":            "model poller/crash poller/pioneer",
	"poller/events/atomicfile": "",
	"poller/events/frame":      "",
	"poller/events/input":      "poller/crash",
	"poller/events/private":    "",
	"poller/fleet":             "model poller/crash poller/events poller/events/atomicfile poller/events/frame poller/events/private poller/pioneer",
	"poller/journal":           "model poller/events poller/events/atomicfile poller/events/frame poller/events/private poller/pioneer",
	"poller/pioneer":           "model",
	"poller/recording":         "model poller/crash poller/events poller/events/atomicfile poller/events/frame poller/events/input poller/events/private poller/pioneer",
	"poller/runner":            "model poller/crash poller/pioneer",
	"poller/sim":               "model poller/crash",
	"poller/tail":              "model poller/crash poller/events poller/events/input poller/pioneer poller/runner",
	"poller/tap":               "model poller/crash poller/pioneer",
	"theme":                    "",
	"ui":                       "model poller/crash theme ui/terminal ui/words",
	"ui/cli": "model poller poller/billing poller/config poller/crash poller/events poller/fleet poller/pioneer poller/recording poller/sim poller/tail poller/tap" +
		" theme ui ui/cli/doctor ui/cli/tmux ui/metrics ui/report ui/statefile ui/status ui/warn ui/words",
	"ui/cli/clitest": "", // tests import it
	"ui/cli/doctor":  "model poller/billing poller/config poller/events/private poller/fleet poller/pioneer ui/statefile",
	"ui/cli/tmux":    "poller/events/atomicfile ui/cli/doctor",
	"ui/metrics":     "model",
	"ui/report":      "model ui/words",
	"ui/statefile":   "model poller/crash poller/events/atomicfile poller/events/private",
	"ui/status":      "model ui/words",
	"ui/terminal":    "poller/crash",
	"ui/warn":        "model ui/words",
	"ui/words":       "model",
}

// fence has a row for each third-party library: exactly those of our packages that
// import it, except in tests.
var fence = map[string]string{
	"charm.land/bubbles/v2":                 "ui",
	"charm.land/bubbletea/v2":               "ui",
	"charm.land/lipgloss/v2":                "theme",
	"github.com/adrg/xdg":                   "poller/config ui/cli ui/cli/clitest",
	"github.com/andybalholm/brotli":         "poller/pioneer",
	"github.com/charmbracelet/colorprofile": "ui ui/cli/doctor ui/terminal",
	"github.com/charmbracelet/ultraviolet":  "ui/terminal",
	"github.com/charmbracelet/x/ansi":       "theme ui ui/terminal",
	"github.com/charmbracelet/x/term":       "ui/cli ui/terminal",
	"github.com/fsnotify/fsnotify":          "poller/config poller/tail",
	"github.com/klauspost/compress/zstd":    "poller/events/frame poller/pioneer",
	"github.com/muesli/cancelreader":        "poller/tail",
	"github.com/muesli/mango-cobra":         "ui/cli",
	"github.com/muesli/roff":                "ui/cli",
	"github.com/nats-io/nats.go":            "poller/fleet",
	"github.com/lucasb-eyer/go-colorful":    "theme",
	"github.com/pelletier/go-toml/v2":       "poller/config theme",

	"github.com/sahilm/fuzzy": "ui",
	"github.com/spf13/cobra":  "ui/cli",
	"github.com/spf13/pflag":  "ui/cli",
	"golang.org/x/net":        "poller/tap",
	"golang.org/x/sync":       "poller/recording ui/cli",
	"golang.org/x/sys":        "poller/journal ui/statefile ui/terminal",
	"golang.org/x/time":       "poller/billing",
}

// A source is a non-test file of the program.
type source struct {
	path, folder string
	files        *token.FileSet
	*ast.File
}

// sources returns all of them, for every operating system.
var sources = sync.OnceValues(func() (all []source, err error) {
	err = filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		name = filepath.ToSlash(name)
		all = append(all, source{name, path.Dir(name), files, file})
		return err
	})
	return all, err
})

// eachSource calls do with every source.
func eachSource(t *testing.T, do func(source)) {
	t.Helper()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d files were found", len(all))
	}
	for _, s := range all {
		do(s)
	}
}

// imports calls do with the path of each import.
func (s source) imports(do func(imported string)) {
	for _, spec := range s.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic(err) // the parser has read it
		}
		do(imported)
	}
}

// A relation maps a name to a set of names.
type relation map[string]map[string]bool

func (r relation) add(from, to string) {
	r.include(from)
	r[from][to] = true
}

func (r relation) include(from string) {
	if r[from] == nil {
		r[from] = map[string]bool{}
	}
}

// compare reports the differences between the relation and a table.
func (r relation) compare(t *testing.T, table map[string]string, more, less string) {
	t.Helper()
	for from := range r {
		if _, known := table[from]; !known {
			t.Errorf("%s has no row: give it one", from)
		}
	}
	for from, row := range table {
		if r[from] == nil {
			t.Errorf("%s no longer exists: remove its row", from)
			continue
		}
		to := strings.Fields(row)
		for _, name := range slices.Sorted(maps.Keys(r[from])) {
			if !slices.Contains(to, name) {
				t.Errorf(more, from, name)
			}
		}
		for _, name := range to {
			if !r[from][name] {
				t.Errorf(less, from, name)
			}
		}
	}
}

func TestArrows(t *testing.T) {
	found := relation{}
	eachSource(t, func(s source) {
		found.include(s.folder)
		s.imports(func(imported string) {
			if imported == module {
				t.Errorf("%s imports main", s.path)
			}
			if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
				found.add(s.folder, ours)
			}
		})
	})
	found.compare(t, arrows, "%s imports %s: its row has no such arrow", "%s no longer imports %s: remove the arrow from its row")
}

func TestFence(t *testing.T) {
	found := relation{}
	eachSource(t, func(s source) {
		s.imports(func(imported string) {
			if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
				return // ours, or the standard library's
			}
			library := imported
			for name := range fence {
				if strings.HasPrefix(imported+"/", name+"/") {
					library = name
				}
			}
			found.add(library, s.folder)
		})
	})
	found.compare(t, fence, "%s is imported by %s, which is not in its row", "%s is no longer imported by %s: remove it from its row")
}

// Neither model nor its dependencies use the network.
func TestModelWithoutNetwork(t *testing.T) {
	out, err := goCommand("list", "-deps", "./model")
	if err != nil {
		t.Fatal(err)
	}
	closure := strings.Fields(string(out))
	if !slices.Contains(closure, module+"/model") || len(closure) < 20 {
		t.Fatalf("the closure is %q", closure)
	}
	for _, name := range closure {
		if name == "net" || strings.HasPrefix(name, "net/") || strings.HasPrefix(name, "os/exec") {
			t.Errorf("model depends on %s", name)
		}
	}
}

// The broker of a fleet is a program of its own: its server is used in tests only.
func TestNoBrokerInside(t *testing.T) {
	out, err := goCommand("list", "-deps", ".")
	if err != nil {
		t.Fatal(err)
	}
	closure := strings.Fields(string(out))
	if !slices.Contains(closure, module+"/ui/cli") {
		t.Fatalf("the closure is %q", closure)
	}
	for _, name := range closure {
		if strings.HasPrefix(name, "github.com/nats-io/nats-server/") {
			t.Errorf("the program depends on %s", name)
		}
	}
}

// The linker drops the methods that nobody calls, some 3 MB, unless the program can look
// up a method by a name that is not constant, as text/template and html/template do.
func TestUnusedMethodsAreDropped(t *testing.T) {
	program, err := os.ReadFile(build(t))
	if err != nil {
		t.Fatal(err)
	}
	linked := func(function string) bool { return bytes.Contains(program, []byte("\x00"+function+"\x00")) }
	if !linked("reflect.Value.Call") {
		t.Fatal("the program's table of functions cannot be read")
	}
	for _, name := range []string{"reflect.Value.Method", "reflect.Value.MethodByName", "reflect.(*rtype).Method", "reflect.(*rtype).MethodByName"} {
		if linked(name) {
			t.Errorf("%s is linked: find its callers with go build -ldflags=-dumpdep -o %s . 2>&1 | grep ReflectMethod", name, os.DevNull)
		}
	}
}

// pure are the packages without I/O, clocks and goroutines, with the standard
// library packages that each may import; time is for values only.
var pure = map[string]string{
	"model":     "cmp encoding/binary encoding/json errors fmt hash/crc32 math slices strconv strings time unicode",
	"ui":        "cmp encoding/json errors fmt maps math math/bits slices strconv strings time unicode unicode/utf8",
	"ui/report": "bytes cmp embed encoding/json fmt iter math slices strconv strings time",
	"ui/status": "encoding/json fmt reflect strings text/template text/template/parse time",
	"ui/words":  "math slices strconv strings time",
}

// impure are the exceptions. A row that is no longer needed is an error; model has
// none.
var impure = []struct{ file, what, reason string }{
	{"ui/app.go", "chan", "the screen takes Snapshots, looks and warnings from channels"},
	{"ui/app.go", "select", "waits for the next Snapshot, in a command of Bubble Tea's"},
	{"ui/look.go", "select", "waits for the next look, in a command of Bubble Tea's"},
	{"ui/notify.go", "select", "waits for the next warning, in a command of Bubble Tea's"},
	{"ui/past.go", "chan", "the past's Snapshots come from a channel, as those of now"},
	{"ui/past.go", "select", "waits for the next Snapshot of the past, in a command of Bubble Tea's"},
	{"ui/run.go", "chan", "hands the feed on to the screen"},
	{"ui/run.go", "import context", "runs the program until its context ends"},
	{"ui/run.go", "import io", "is given the terminal"},
	{"ui/run.go", "import os", "standard output is the terminal by default"},
	{"ui/run.go", "import runtime/debug", "reports where the screen panicked"},
	{"ui/report/html.go", "import io", "writes the report to the caller's writer"},
	{"ui/report/markdown.go", "import io", "writes the report to the caller's writer"},
	{"ui/report/report.go", "import io", "writes the report to the caller's writer"},
}

// clocks are the functions of package time that read the clock, wait, or depend on
// the machine's time zone.
var clocks = []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Sleep", "Local", "LoadLocation"}

func TestPurity(t *testing.T) {
	excused := map[string]bool{}
	read := map[string]int{}
	eachSource(t, func(s source) {
		allowed, ok := pure[s.folder]
		if !ok {
			return
		}
		read[s.folder]++
		s.impurities(strings.Fields(allowed), func(at token.Pos, what string) {
			for _, e := range impure {
				if e.file == s.path && e.what == what {
					excused[e.file+" "+e.what] = true
					return
				}
			}
			t.Errorf("%s: %s: %s is pure", s.files.Position(at), what, s.folder)
		})
	})
	for _, e := range impure {
		if !excused[e.file+" "+e.what] {
			t.Errorf("%s no longer has %s: remove the exception", e.file, e.what)
		}
		if e.reason == "" || strings.HasPrefix(e.file, "model/") {
			t.Errorf("%s, %s: an exception needs a reason, and model has none", e.file, e.what)
		}
	}
	for room := range pure {
		if read[room] == 0 {
			t.Errorf("%s has no files", room)
		}
	}
	if read["model"] < 10 {
		t.Errorf("only %d files of model were read", read["model"])
	}
}

// impurities calls found for everything in a file that is not pure.
func (s source) impurities(allowed []string, found func(at token.Pos, what string)) {
	for _, spec := range s.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		first, _, deeper := strings.Cut(imported, "/")
		others := strings.Contains(first, ".") || deeper && first == module // those have other tests
		if !others && !slices.Contains(allowed, imported) {
			found(spec.Pos(), "import "+imported)
		}
		if !others && spec.Name != nil && spec.Name.Name != "_" {
			found(spec.Pos(), fmt.Sprintf("import of %s as %s, which hides its use from this test", imported, spec.Name))
		}
	}
	ast.Inspect(s.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found(n.Pos(), "go")
		case *ast.SelectStmt:
			found(n.Pos(), "select")
		case *ast.ChanType:
			found(n.Pos(), "chan")
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
				found(n.Pos(), "time."+n.Sel.Name)
			}
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				found(n.Pos(), "init")
			}
		}
		return true
	})
}

// Every goroutine of the program puts back the terminal before a panic in it ends the
// program: none is started but through crash.
func TestGoroutinesAreGuarded(t *testing.T) {
	crash := func(n ast.Node, names ...string) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return false
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		pkg, ok := f.X.(*ast.Ident)
		return ok && pkg.Name == "crash" && slices.Contains(names, f.Sel.Name)
	}
	guarded := func(f ast.Expr) bool {
		literal, ok := f.(*ast.FuncLit)
		if !ok || len(literal.Body.List) == 0 {
			return crash(f, "Guarded")
		}
		first, ok := literal.Body.List[0].(*ast.DeferStmt)
		return ok && crash(first.Call, "Guard")
	}
	found := 0
	eachSource(t, func(s source) {
		ast.Inspect(s.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if s.folder != "poller/crash" {
					t.Errorf("%s: a goroutine without a guard: start it with crash.Go", s.files.Position(n.Pos()))
				}
			case *ast.CallExpr:
				f, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || f.Sel.Name != "Go" || len(n.Args) != 1 {
					break
				}
				if found++; !crash(n, "Go") && !guarded(n.Args[0]) {
					t.Errorf("%s: a goroutine without a guard: start its function with defer crash.Guard(), or use crash.Guarded", s.files.Position(n.Pos()))
				}
			}
			return true
		})
	})
	if found < 10 {
		t.Errorf("only %d goroutines were found", found)
	}
}

const (
	maxFile     = 400 // lines
	maxFunction = 60
)

// long are the exceptions, with their number of lines. They must not grow.
var long = map[string]int{}

func TestNothingIsTooLong(t *testing.T) {
	needed := map[string]bool{}
	check := func(name string, lines, limit int) {
		if lines <= limit {
			return
		}
		needed[name] = true
		if lines > max(limit, long[name]) {
			t.Errorf("%s has %d lines, more than %d: split it by its ideas", name, lines, max(limit, long[name]))
		}
	}
	eachSource(t, func(s source) {
		check(s.path, s.files.File(s.Pos()).LineCount(), maxFile)
		for _, d := range s.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				check(s.path+" "+f.Name.Name, s.files.Position(f.End()).Line-s.files.Position(f.Pos()).Line+1, maxFunction)
			}
		}
	})
	for name := range long {
		if !needed[name] {
			t.Errorf("%s is no longer too long: remove the exception", name)
		}
	}
}
