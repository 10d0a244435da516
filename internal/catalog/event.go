package catalog

// EventKind says what a change of a row means.
type EventKind string

// The kinds of events, most important first.
const (
	EventNew         EventKind = "new"         // an object that was not listed before
	EventRetired     EventKind = "retired"     // an object that is not listed any more
	EventDisposition EventKind = "disposition" // the verdict changed
	EventEphemeris   EventKind = "ephemeris"   // period or epoch moved by more than 3 sigma
	EventRadius      EventKind = "radius"      // the planet's radius changed
	EventOther       EventKind = "other"       // only other cells changed
)

// EventKinds lists the kinds in order.
var EventKinds = []EventKind{EventNew, EventRetired, EventDisposition, EventEphemeris, EventRadius, EventOther}

// Event is what changed for one object, with its meaning. A row may have several.
type Event struct {
	Kind   EventKind `json:"kind"`
	Key    string    `json:"key"`              // row key
	Object string    `json:"object"`           // K00752.01, TOI 700.01, K2-18 b
	Star   string    `json:"star"`             // KIC 10797460
	Column string    `json:"column,omitempty"` // that changed
	From   string    `json:"from,omitempty"`
	To     string    `json:"to,omitempty"`
	Sigma  float64   `json:"sigma,omitempty"` // of a move: in joint errors
	Text   string    `json:"text"`            // the event in plain words
}

// Events gives the differences between two tables their meaning, by kind, then
// in the order of d. Rows of d that mean nothing of the listed kinds are
// EventOther, once each.
func Events(old, new *Table, d Difference) []Event { return nil }
