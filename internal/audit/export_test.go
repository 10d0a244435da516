package audit

// SealOf seals an event with a key, for tests that play the attacker.
func SealOf(key []byte, e Event) string {
	r := e.row()
	return string(newSealer(key).seal(r.appendBody(nil)))
}
