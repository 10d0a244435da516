package processed

import (
	"slices"
	"strings"

	"exoplanetai/internal/fits"
)

// CompareCards names the cards by which a processed file tells something else
// than the same file made again: those of both files whose values differ, and
// cards PP… that only the given file has. Sums, DATE and warnings are left
// aside, and so are comments, the order, and cards that somebody else added.
func CompareCards(given, again *fits.File) []Difference {
	var list []Difference
	for i := range min(len(given.HDUs), len(again.HDUs)) {
		a, b := given.HDUs[i].Header, again.HDUs[i].Header
		seen := map[string]bool{"": true, "CHECKSUM": true, "DATASUM": true, "DATE": true, "COMMENT": true, "HISTORY": true, "CONTINUE": true, "END": true}
		for c := range a.Cards() {
			key := c.Key()
			if seen[key] {
				continue
			}
			seen[key] = true
			other, ok := b.Get(key)
			switch {
			case ok && !sameValue(c, other):
				list = append(list, Difference{What: key, First: -1, Detail: "the header says " + cardText(c) + ", and " + cardText(other) + " was made again"})
			case !ok && strings.HasPrefix(key, "PP"):
				list = append(list, Difference{What: key, First: -1, Detail: "the header says " + cardText(c) + ", and there is no such card when it is made again"})
			}
		}
		if !slices.Equal(steps(a), steps(b)) {
			list = append(list, Difference{What: "HISTORY", First: -1, Detail: "the account of the steps is another one"})
		}
	}
	return list
}

// steps is the account of the steps. Warnings are left out: some tell of planets
// that only the catalogs knew.
func steps(h *fits.Header) (list []string) {
	warning := false
	for _, text := range h.History() {
		if !strings.HasPrefix(text, "  ") {
			warning = strings.HasPrefix(text, "warning ")
		}
		if !warning {
			list = append(list, text)
		}
	}
	return list
}

// sameValue compares numbers as numbers: another program may have written them.
func sameValue(a, b fits.Card) bool {
	x, isX := a.Float()
	y, isY := b.Float()
	if isX && isY {
		return sameFloat(x, y)
	}
	return isX == isY && strings.TrimSpace(a.Text()) == strings.TrimSpace(b.Text())
}

func cardText(c fits.Card) string {
	const most = 60
	s := strings.ToValidUTF8(strings.TrimSpace(c.Text()), "?")
	if len(s) > most {
		s = s[:most] + "…"
	}
	return shown(s)
}
