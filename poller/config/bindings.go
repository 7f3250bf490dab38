package config

import "errors"

// parseKeys reads the keys of an action: one, or an array of them.
func parseKeys(value any) ([]string, error) {
	bad := errors.New("use a key like \"q\", or an array like [\"p\", \"space\"]")
	switch value := value.(type) {
	case string:
		if value == "" {
			return nil, bad
		}
		return []string{value}, nil
	case []any:
		keys := make([]string, 0, len(value))
		for _, v := range value {
			key, ok := v.(string)
			if !ok || key == "" {
				return nil, bad
			}
			keys = append(keys, key)
		}
		return keys, nil
	}
	return nil, bad
}
