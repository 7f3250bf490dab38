package status

import (
	"time"

	"quotatop/model"
)

// methods are those that a template may call on a value, by their names: the ones of a
// line and of the types that it leads to, without encodings and those that return
// several values.
func methods(receiver any) map[string]any {
	switch receiver.(type) {
	case Line:
		return map[string]any{
			"First": Line.First, "Refused": Line.Refused, "Figure": Line.Figure, "Wall": Line.Wall,
			"Age": Line.Age, "Left": Line.Left, "Fleet": Line.Fleet, "Reset": Line.Reset,
		}
	case model.Opt[int]:
		return optMethods[int]()
	case model.Opt[float64]:
		return optMethods[float64]()
	case model.Opt[model.Micros]:
		return optMethods[model.Micros]()
	case model.Opt[time.Time]:
		return optMethods[time.Time]()
	case model.Micros:
		return map[string]any{"USD": model.Micros.USD, "String": model.Micros.String}
	case time.Time:
		return timeMethods()
	case time.Duration:
		return map[string]any{
			"Abs": time.Duration.Abs, "Round": time.Duration.Round, "Truncate": time.Duration.Truncate, "String": time.Duration.String,
			"Hours": time.Duration.Hours, "Minutes": time.Duration.Minutes, "Seconds": time.Duration.Seconds,
			"Milliseconds": time.Duration.Milliseconds, "Microseconds": time.Duration.Microseconds, "Nanoseconds": time.Duration.Nanoseconds,
		}
	case time.Month:
		return map[string]any{"String": time.Month.String}
	case time.Weekday:
		return map[string]any{"String": time.Weekday.String}
	case *time.Location:
		return map[string]any{"String": (*time.Location).String}
	}
	return nil
}

func optMethods[T any]() map[string]any {
	return map[string]any{"Known": model.Opt[T].Known, "Or": model.Opt[T].Or, "String": model.Opt[T].String}
}

func timeMethods() map[string]any {
	return map[string]any{
		"Year": time.Time.Year, "Month": time.Time.Month, "Day": time.Time.Day, "YearDay": time.Time.YearDay, "Weekday": time.Time.Weekday,
		"Hour": time.Time.Hour, "Minute": time.Time.Minute, "Second": time.Time.Second, "Nanosecond": time.Time.Nanosecond,
		"Unix": time.Time.Unix, "UnixMilli": time.Time.UnixMilli, "UnixMicro": time.Time.UnixMicro, "UnixNano": time.Time.UnixNano,
		"Format": time.Time.Format, "String": time.Time.String,
		"UTC": time.Time.UTC, "Local": time.Time.Local, "In": time.Time.In, "Location": time.Time.Location, "IsDST": time.Time.IsDST,
		"Add": time.Time.Add, "AddDate": time.Time.AddDate, "Sub": time.Time.Sub, "Round": time.Time.Round, "Truncate": time.Time.Truncate,
		"Before": time.Time.Before, "After": time.Time.After, "Equal": time.Time.Equal, "Compare": time.Time.Compare, "IsZero": time.Time.IsZero,
	}
}
