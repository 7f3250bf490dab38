package status

import (
	"fmt"
	"reflect"
	"strings"
	"text/template/parse"
)

// given are the arguments of a function or method: those that are written, and the
// result of the command before it in a pipeline, if there is one.
type given struct {
	written []parse.Node
	piped   []any
}

func (g given) len() int { return len(g.written) + len(g.piped) }

// pipeline returns the result of the last command, having set the variables.
func (e *execution) pipeline(dot any, pipe *parse.PipeNode) any {
	if pipe == nil {
		return nil
	}
	var result []any
	for _, cmd := range pipe.Cmds {
		if cmd.Args[0].Type() == parse.NodeNil {
			e.node = cmd
			e.fail("nil is not a command")
		}
		result = []any{e.eval(dot, cmd.Args[0], given{cmd.Args[1:], result})}
	}
	for _, v := range pipe.Decl {
		if pipe.IsAssign {
			e.set(v.Ident[0], result[0])
		} else {
			e.vars = append(e.vars, variable{v.Ident[0], result[0]})
		}
	}
	return result[0]
}

// eval returns the value of a word of a command. Only functions and methods may be
// given arguments.
func (e *execution) eval(dot any, node parse.Node, args given) (value any) {
	e.node = node
	e.spend(1)
	switch n := node.(type) {
	case *parse.IdentifierNode:
		return e.function(dot, n.Ident, args)
	case *parse.FieldNode:
		return e.chain(dot, dot, n, n.Ident, args)
	case *parse.VariableNode:
		if value = *e.variable(n.Ident[0]); len(n.Ident) > 1 {
			return e.chain(dot, value, n, n.Ident[1:], args)
		}
	case *parse.ChainNode:
		return e.chain(dot, e.eval(dot, n.Node, given{}), n, n.Field, args)
	case *parse.PipeNode:
		value = e.pipeline(dot, n)
	case *parse.DotNode:
		value = dot
	case *parse.BoolNode:
		value = n.True
	case *parse.StringNode:
		value = n.Text
	case *parse.NumberNode:
		value = e.number(n)
	}
	if args.len() > 0 {
		e.fail("can't give argument to non-function %s", node)
	}
	return value
}

// number returns the value of a constant as Go's default type for it.
func (e *execution) number(n *parse.NumberNode) any {
	hex := strings.HasPrefix(strings.ToLower(n.Text), "0x") && !strings.ContainsAny(n.Text, "pP")
	switch {
	case n.IsComplex:
		return n.Complex128
	case n.IsFloat && !hex && n.Text[0] != '\'' && strings.ContainsAny(n.Text, ".eEpP"):
		return n.Float64
	case !n.IsInt || int64(int(n.Int64)) != n.Int64:
		e.fail("%s overflows int", n.Text)
	}
	return int(n.Int64)
}

// chain returns the field or method at the end of a chain of names, from a value on.
func (e *execution) chain(dot, value any, node parse.Node, names []string, args given) any {
	for i, name := range names {
		e.node = node
		if i < len(names)-1 {
			value = e.field(dot, value, name, given{})
		} else {
			value = e.field(dot, value, name, args)
		}
	}
	return value
}

// field returns a field of a value, or the result of a method.
func (e *execution) field(dot, receiver any, name string, args given) any {
	if receiver == nil {
		return nil
	}
	if method := methods(receiver)[name]; method != nil {
		return e.call(dot, name, reflect.ValueOf(method), []reflect.Value{reflect.ValueOf(receiver)}, args)
	}
	v := reflect.ValueOf(receiver)
	if v.Kind() == reflect.Struct {
		if f, ok := v.Type().FieldByName(name); ok && f.IsExported() {
			if args.len() > 0 {
				e.fail("%s has arguments but cannot be invoked as function", name)
			}
			return v.FieldByIndex(f.Index).Interface()
		}
	}
	e.fail("can't evaluate field %s in type %T: quotatop status --help lists the fields", name, receiver)
	return nil
}

// function returns the result of a function.
func (e *execution) function(dot any, name string, args given) (value any) {
	decider, ok := e.functions[name].(decisive)
	switch {
	case !ok:
		return e.call(dot, name, reflect.ValueOf(e.functions[name]), nil, args)
	case args.len() == 0:
		e.fail("wrong number of args for %s: want at least 1 got 0", name)
	}
	for _, node := range args.written {
		if value = e.eval(dot, node, given{}); truth(value) == bool(decider) {
			return value // without those after it
		}
	}
	if len(args.piped) > 0 {
		return args.piped[0]
	}
	return value
}

// call calls a function with the arguments in, then those given.
func (e *execution) call(dot any, name string, fun reflect.Value, in []reflect.Value, args given) any {
	typ := fun.Type()
	want, least := typ.NumIn()-len(in), ""
	if typ.IsVariadic() {
		want, least = want-1, "at least "
	}
	if got := args.len(); got < want || got > want && !typ.IsVariadic() {
		e.fail("wrong number of args for %s: want %s%d got %d", name, least, want, got)
	}
	parameter := func() reflect.Type {
		if i := len(in); !typ.IsVariadic() || i < typ.NumIn()-1 {
			return typ.In(i)
		}
		return typ.In(typ.NumIn() - 1).Elem()
	}
	at := e.node
	for _, node := range args.written {
		in = append(in, e.argument(dot, node, parameter()))
	}
	for _, value := range args.piped {
		in = append(in, e.assign(value, parameter()))
	}
	e.node = at
	result, err := safely(fun, in)
	if err != nil {
		e.fail("error calling %s: %v", name, err)
	}
	if text, ok := result.(string); ok {
		e.spend(len(text))
	}
	return result
}

// safely calls a function that returns a value, or a value and an error, which a panic
// becomes: the arguments are the user's.
func safely(fun reflect.Value, in []reflect.Value) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	out := fun.Call(in)
	if len(out) == 2 && !out[1].IsNil() {
		return nil, out[1].Interface().(error)
	}
	return out[0].Interface(), nil
}

// argument returns the value of a word as a parameter. A number becomes one of the
// parameter's type.
func (e *execution) argument(dot any, node parse.Node, typ reflect.Type) reflect.Value {
	if n, ok := node.(*parse.NumberNode); ok {
		v := reflect.New(typ).Elem()
		switch {
		case v.CanInt() && n.IsInt:
			v.SetInt(n.Int64)
			return v
		case v.CanFloat() && n.IsFloat:
			v.SetFloat(n.Float64)
			return v
		}
	}
	return e.assign(e.eval(dot, node, given{}), typ)
}

// assign returns a value as a parameter.
func (e *execution) assign(value any, typ reflect.Type) reflect.Value {
	if value == nil {
		if typ.Kind() != reflect.Interface && typ.Kind() != reflect.Pointer {
			e.fail("invalid value; expected %s", typ)
		}
		return reflect.Zero(typ)
	}
	v := reflect.ValueOf(value)
	if !v.Type().AssignableTo(typ) {
		e.fail("wrong type for value; expected %s; got %s", typ, v.Type())
	}
	return v
}
