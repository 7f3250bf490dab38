package status

import (
	"fmt"
	"reflect"
	"strings"
	"text/template/parse"

	"quotatop/model"
)

// The language of formats is that of text/template, whose parser reads them. They are
// executed here because text/template looks up methods by their name: a program that has
// it execute one keeps every exported method of every type.

// What a template may do: templates within templates, and steps. Each of its parts
// that is executed, and each byte of text that it makes, is a step.
const (
	maxDepth = 1000
	maxSteps = 1 << 20
)

// execute runs the user's template.
func (l Line) execute(format string) (text string, err error) {
	known := functions()
	trees, err := parse.Parse("format", format, "", "", known)
	if err != nil {
		return "", failure(strings.TrimPrefix(err.Error(), "template: "))
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failure:
			text, err = "", p
		default:
			panic(p)
		}
	}()
	var out strings.Builder
	steps := maxSteps
	main := trees["format"]
	e := execution{trees: trees, tree: main, node: main.Root, vars: []variable{{"$", l}}, functions: known, steps: &steps, out: &out}
	e.walk(l, main.Root)
	return model.OneLine(out.String()), nil
}

// An execution is of one of a format's templates. Its values are nil for no value.
type execution struct {
	trees     map[string]*parse.Tree
	tree      *parse.Tree
	node      parse.Node // that is evaluated, for errors
	vars      []variable // in scope, the innermost last
	depth     int        // templates around this one
	functions map[string]any
	steps     *int // that are left
	out       *strings.Builder
}

// A variable is $, $x and so on.
type variable struct {
	name  string
	value any
}

// A failure is what is wrong with a template, and where. It ends an execution, as a
// panic that execute recovers.
type failure string

func (f failure) Error() string { return "status format: " + model.OneLine(string(f)) }

func (e *execution) fail(format string, args ...any) {
	at, what := e.tree.ErrorContext(e.node)
	panic(failure(fmt.Sprintf("%s: executing %q at <%s>: ", at, e.tree.Name, what) + fmt.Sprintf(format, args...)))
}

// spend takes some of the steps that are left.
func (e *execution) spend(steps int) {
	if *e.steps -= steps; *e.steps < 0 {
		e.fail("the template takes too long: use smaller ranges")
	}
}

// A flow is where to go on after a part of a template.
type flow int

const (
	onward flow = iota
	nextRound
	afterRange
)

func (e *execution) walk(dot any, node parse.Node) flow {
	e.spend(1)
	switch n := node.(type) {
	case *parse.ListNode:
		for _, part := range n.Nodes {
			if f := e.walk(dot, part); f != onward {
				return f
			}
		}
	case *parse.TextNode:
		e.write(string(n.Text))
	case *parse.ActionNode:
		value := e.pipeline(dot, n.Pipe)
		if len(n.Pipe.Decl) == 0 {
			e.write(fmt.Sprint(shown(value)))
		}
	case *parse.IfNode:
		return e.branch(dot, &n.BranchNode)
	case *parse.WithNode:
		return e.branch(dot, &n.BranchNode)
	case *parse.RangeNode:
		return e.loop(dot, n)
	case *parse.TemplateNode:
		e.template(dot, n)
	case *parse.BreakNode:
		return afterRange
	case *parse.ContinueNode:
		return nextRound
	}
	return onward
}

func (e *execution) write(text string) {
	e.spend(len(text))
	e.out.WriteString(text)
}

// branch executes if or with.
func (e *execution) branch(dot any, n *parse.BranchNode) flow {
	scope := len(e.vars)
	defer func() { e.vars = e.vars[:scope] }()
	value := e.pipeline(dot, n.Pipe)
	switch {
	case truth(value) && n.NodeType == parse.NodeWith:
		return e.walk(value, n.List)
	case truth(value):
		return e.walk(dot, n.List)
	case n.ElseList != nil:
		return e.walk(dot, n.ElseList)
	}
	return onward
}

// loop executes range. A line has no lists, so that it is over a number.
func (e *execution) loop(dot any, n *parse.RangeNode) flow {
	scope := len(e.vars)
	defer func() { e.vars = e.vars[:scope] }()
	value := e.pipeline(dot, n.Pipe)
	count := reflect.ValueOf(value)
	switch {
	case value == nil:
		count = reflect.ValueOf(0)
	case !count.CanInt() && !count.CanUint():
		e.fail("range can't iterate over a %T: use a number", value)
	case len(n.Pipe.Decl) > 1:
		e.fail("range over a number has one variable")
	}
	within, none := len(e.vars), true
	for round := range count.Seq() {
		none = false
		if len(n.Pipe.Decl) > 0 {
			e.set(n.Pipe.Decl[0].Ident[0], round.Interface())
		}
		f := e.walk(round.Interface(), n.List)
		e.vars = e.vars[:within]
		if f == afterRange {
			break
		}
	}
	if none && n.ElseList != nil && e.walk(dot, n.ElseList) == nextRound {
		return nextRound // of the range around; break ends this one only
	}
	return onward
}

// template executes another template, which has no variables of this one.
func (e *execution) template(dot any, n *parse.TemplateNode) {
	e.node = n
	inner := *e
	inner.tree, inner.depth = e.trees[n.Name], e.depth+1
	switch {
	case inner.tree == nil:
		e.fail("template %q not defined", n.Name)
	case e.depth == maxDepth:
		e.fail("exceeded maximum template depth (%d)", maxDepth)
	}
	dot = e.pipeline(dot, n.Pipe)
	inner.vars = []variable{{"$", dot}}
	inner.walk(dot, inner.tree.Root)
}

// set gives a variable a value: the innermost one of that name.
func (e *execution) set(name string, value any) { *e.variable(name) = value }

// variable returns the value of the innermost variable of a name.
func (e *execution) variable(name string) *any {
	for i := len(e.vars) - 1; i >= 0; i-- {
		if e.vars[i].name == name {
			return &e.vars[i].value
		}
	}
	e.fail("undefined variable: %s", name)
	return nil
}
