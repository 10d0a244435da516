package audit

// SealOf seals an event with a key, for tests that play the attacker.
func SealOf(key []byte, e Event) string {
	r := e.row()
	return string(newSealer(key).seal(r.appendBody(nil)))
}

// Waiting returns the alerts that Run has not told yet.
func (w *Watch) Waiting() (list []Alert) {
	for {
		select {
		case a := <-w.alerts:
			list = append(list, a)
		default:
			return list
		}
	}
}

// Subjects returns how many things the watch remembers.
func (w *Watch) Subjects() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.places.list) + len(w.spoken)
	for _, c := range w.counts {
		n += len(c.list)
	}
	return n
}
