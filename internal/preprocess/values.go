package preprocess

import (
	"bytes"
	"encoding/json"
	"math"

	"exoplanetai/internal/exo"
)

// Get returns the value of a name; NaN where there is none.
func (v Values) Get(name string) float64 {
	for _, x := range v {
		if x.Name == name {
			return x.Value
		}
	}
	return math.NaN()
}

// MarshalJSON writes an object with the names in their order; NaN is null,
// infinities are "inf" and "-inf".
func (v Values) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, x := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, x.Name), ':')
		b = appendNumber(b, x.Value)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON writes, in the order in which it stands.
func (v *Values) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	members, err := object(raw)
	if err != nil {
		return exo.E("preprocess.Values", exo.Invalid, nil, err).Say("the values of a step cannot be read: %v", err)
	}
	list := make(Values, 0, len(members))
	for _, m := range members {
		n := Number(math.NaN())
		if err := json.Unmarshal(m.value, &n); err != nil {
			return exo.Errorf("preprocess.Values", exo.Invalid, nil, "%s is %s; it must be a number", shown([]byte(m.name)), shown(m.value))
		}
		list = append(list, Value{m.name, float64(n)})
	}
	*v = list
	return nil
}
