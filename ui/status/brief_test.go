package status

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"quotatop/model"
)

// A brief keeps all that a line tells: whatever a snapshot has, its line is the same
// before and after.
func TestBriefKeepsTheLine(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	texts := map[string]bool{}
	for range 3000 {
		var s model.Snapshot
		fill(r, reflect.ValueOf(&s).Elem())
		brief, err := model.ReadBrief(s.AppendBrief(nil))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := Of(brief), Of(s); got != want {
			t.Fatalf("of %+v\ngot  %+v\nwant %+v", s, got, want)
		}
		text, err := Format(s, Plain)
		if err != nil {
			t.Fatal(err)
		}
		texts[text] = true
	}
	if len(texts) < 1000 {
		t.Errorf("only %d lines differ: the snapshots are too much alike", len(texts))
	}
}

// fill sets a value at random, of few, so that names often match.
func fill(r *rand.Rand, v reflect.Value) {
	at := time.Date(2026, 6, 17, 12, 0, r.IntN(1000), r.IntN(1e9), time.UTC)
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	known := r.IntN(3) > 0
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = at
	case *model.Opt[time.Time]:
		if known {
			*p = model.Some(at)
		}
	case *model.Opt[int]:
		if known {
			*p = model.Some(r.IntN(400))
		}
	case *model.Opt[float64]:
		if known {
			*p = model.Some(float64(r.IntN(400)))
		}
	case *model.Opt[model.Micros]:
		if known {
			*p = model.Some(model.Micros(r.IntN(60)) * model.Dollar)
		}
	case *model.WallKind:
		*p = model.WallKind(one("refused", "limit", "cap", "source"))
	case *model.Kind:
		*p = model.Kind(one("", "rate", "cap", "credits", "ceiling", "auth"))
	case *model.State:
		*p = model.State(one("ok", "stale", "error", "paused"))
	case *model.Vantage:
		*p = model.Vantage(one("account", "local"))
	case *model.Pressure:
		*p = model.Pressure(1 + r.IntN(4))
	default:
		fillKind(r, v, one)
	}
}

func fillKind(r *rand.Rand, v reflect.Value, one func(...string) string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Tag.Get("json") != "-" {
				fill(r, v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Pointer:
		if r.IntN(2) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.String:
		v.SetString(one("", "chat", "all"))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(1 + r.IntN(2)))
	case reflect.Uint8:
		v.SetUint(uint64(r.IntN(2)))
	case reflect.Float64:
		v.SetFloat(float64(60 * r.IntN(2)))
	case reflect.Bool:
		v.SetBool(r.IntN(2) > 0)
	default:
		panic("fill cannot make a " + v.Type().String())
	}
}
