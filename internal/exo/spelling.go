package exo

// Edits counts the insertions, deletions and replacements of bytes that turn
// one name into another (Levenshtein's distance), so that a message can offer
// what was meant. Names longer than 200 bytes are taken to share nothing.
func Edits(a, b string) int {
	if max(len(a), len(b)) > maxPart {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d = min(diagonal, row[j], row[j+1]) + 1
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
