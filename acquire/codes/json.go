package codes

import (
	"encoding/json"
	"fmt"
)

// record is a code or a message in JSON. Of a message, number, hex and tool are empty.
type record struct {
	Number  string `json:"number"`
	Hex     string `json:"hex"`
	Tool    string `json:"tool"`
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
	Cause   string `json:"cause"`
	Cure    string `json:"cure"`
}

// MarshalJSON implements json.Marshaler.
func (c Code) MarshalJSON() ([]byte, error) {
	return json.Marshal(record{fmt.Sprint(c.Number), fmt.Sprintf("0x%X", c.Number), c.Tool.String(), c.FullName(), c.Meaning, c.Cause, c.Cure})
}

// MarshalJSON implements json.Marshaler.
func (m Message) MarshalJSON() ([]byte, error) {
	return json.Marshal(record{Name: m.Text, Meaning: m.Meaning, Cause: m.Cause, Cure: m.Cure})
}
