// Package crash puts back what must not outlive the program, such as the modes of
// the terminal, before a panic or a signal ends it.
//
// A panic ends the program from the goroutine it happens in, without running what
// other goroutines have deferred. So every goroutine of the program is started by
// Go, or runs a function that Guarded returns.
package crash

import "sync"

// undo are the functions to run before the program ends. A process ends once, and
// any of its goroutines may be the one that ends it: so this is the process's, and
// the only variable of its kind.
var undo struct {
	sync.Mutex
	funcs map[*func()]bool
}

// BeforeEnd has Undo call f. The function it returns takes that back. f may run in
// any goroutine, at any moment, and must not wait for long.
func BeforeEnd(f func()) (forget func()) {
	undo.Lock()
	defer undo.Unlock()
	if undo.funcs == nil {
		undo.funcs = map[*func()]bool{}
	}
	undo.funcs[&f] = true
	return func() {
		undo.Lock()
		defer undo.Unlock()
		delete(undo.funcs, &f)
	}
}

// Undo runs what BeforeEnd was given, once. The caller then ends the program.
func Undo() {
	undo.Lock()
	funcs := undo.funcs
	undo.funcs = nil
	undo.Unlock()
	for f := range funcs {
		(*f)()
	}
}

// Guard is deferred in a goroutine. When the goroutine panics, it calls Undo and
// panics again, so that the trace is printed on a terminal that shows it.
func Guard() {
	if p := recover(); p != nil {
		Undo()
		panic(p)
	}
}

// Guarded returns f with a Guard.
func Guarded(f func()) func() {
	return func() {
		defer Guard()
		f()
	}
}

// Go runs f in a goroutine with a Guard.
func Go(f func()) { go Guarded(f)() }
