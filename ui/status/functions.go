package status

import (
	"fmt"
	"reflect"
	"text/template"
)

// functions are those of a template: the predefined ones of text/template, with its
// results. Each returns a value, or a value and an error.
func functions() map[string]any {
	return map[string]any{
		"and": decisive(false), "or": decisive(true), "not": func(v any) bool { return !truth(v) },
		"eq": equal, "ne": func(a, b any) (bool, error) { return negate(equal(a, b)) },
		"lt": less, "ge": func(a, b any) (bool, error) { return negate(less(a, b)) },
		"le": lessOrEqual, "gt": func(a, b any) (bool, error) { return negate(lessOrEqual(a, b)) },
		"len": length, "index": index, "slice": slice, "call": call,
		"print": fmt.Sprint, "printf": fmt.Sprintf, "println": fmt.Sprintln,
		"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
	}
}

// decisive is the truth of an argument that decides the result of and or or.
type decisive bool

// truth reports whether a value is not the zero of its type. A struct is always true.
func truth(value any) bool {
	is, _ := template.IsTrue(value)
	return is
}

// shown is a value as it is printed.
func shown(value any) any {
	if value == nil {
		return "<no value>"
	}
	return value
}

// call calls nothing: no value of a line is a function.
func call(value any, _ ...any) (any, error) {
	return nil, fmt.Errorf("non-function of type %T", value)
}

// basic returns a number, text or truth as the widest type of its kind, others as
// they are. An unsigned number can only be a byte of a text.
func basic(value any) any {
	v := reflect.ValueOf(value)
	switch {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(v.Uint())
	case v.CanFloat():
		return v.Float()
	case v.CanComplex():
		return v.Complex()
	case v.Kind() == reflect.String:
		return v.String()
	}
	return value
}

// equal reports whether a value equals any of some others.
func equal(value any, others ...any) (bool, error) {
	if len(others) == 0 {
		return false, fmt.Errorf("missing argument for comparison")
	}
	a := basic(value)
	for _, other := range others {
		b := basic(other)
		if a != nil && b != nil && reflect.TypeOf(a).Kind() != reflect.TypeOf(b).Kind() {
			return false, incomparable(value, other)
		}
		if a == b {
			return true, nil
		}
	}
	return false, nil
}

// less reports whether a number or text is less than another.
func less(value, other any) (bool, error) {
	switch a := basic(value).(type) {
	case int64:
		if b, ok := basic(other).(int64); ok {
			return a < b, nil
		}
	case float64:
		if b, ok := basic(other).(float64); ok {
			return a < b, nil
		}
	case string:
		if b, ok := basic(other).(string); ok {
			return a < b, nil
		}
	}
	return false, incomparable(value, other)
}

func lessOrEqual(value, other any) (bool, error) {
	if is, err := less(value, other); is || err != nil {
		return is, err
	}
	return equal(value, other)
}

func negate(is bool, err error) (bool, error) { return !is, err }

func incomparable(a, b any) error {
	hint := ""
	for _, v := range []any{a, b} {
		if _, ok := v.(interface{ Known() bool }); ok {
			hint = ": compare a value that can be unknown as (.Percent.Or 0)"
		}
	}
	return fmt.Errorf("incompatible types for comparison: %T and %T%s", a, b, hint)
}

// length returns the length of a text in bytes.
func length(text any) (int, error) {
	v := reflect.ValueOf(text)
	if v.Kind() != reflect.String {
		return 0, fmt.Errorf("len of type %T", text)
	}
	return v.Len(), nil
}

// index returns a byte of a text, or the item itself without an index.
func index(item any, indexes ...any) (any, error) {
	if item == nil {
		return nil, fmt.Errorf("index of untyped nil")
	}
	for _, at := range indexes {
		v := reflect.ValueOf(item)
		if v.Kind() != reflect.String {
			return nil, fmt.Errorf("can't index item of type %T", item)
		}
		i, err := position(at, v.Len()-1)
		if err != nil {
			return nil, err
		}
		item = v.Index(i).Interface()
	}
	return item, nil
}

// slice returns a part of a text: from one position, to another.
func slice(text any, indexes ...any) (any, error) {
	v := reflect.ValueOf(text)
	if v.Kind() != reflect.String || len(indexes) > 2 {
		return nil, fmt.Errorf("can't slice item of type %T with %d indexes", text, len(indexes))
	}
	from, to := 0, v.Len()
	for i, bound := range []*int{&from, &to}[:len(indexes)] {
		var err error
		if *bound, err = position(indexes[i], v.Len()); err != nil {
			return nil, err
		}
	}
	if from > to {
		return nil, fmt.Errorf("invalid slice index: %d > %d", from, to)
	}
	return v.Slice(from, to).Interface(), nil
}

// position returns an index that is at most last.
func position(value any, last int) (int, error) {
	i, ok := basic(value).(int64)
	switch {
	case !ok:
		return 0, fmt.Errorf("cannot index a text with type %T", value)
	case i < 0 || i > int64(last):
		return 0, fmt.Errorf("index out of range: %d", i)
	}
	return int(i), nil
}
