package exo

import "strings"

// Quote writes a word so that a shell (POSIX.1-2017, XCU 2.2.2) reads it back as
// it is: for commands that a user is to copy.
func Quote(word string) string {
	plain := word != ""
	for _, r := range word {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("_-+./,:@%", r):
		default:
			plain = false
		}
	}
	if plain {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
