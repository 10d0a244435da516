package sample

import (
	"strings"

	"exoplanetai/internal/exo"
)

// tokenKind classes the words of a query.
type tokenKind byte

const (
	tokEnd tokenKind = iota
	tokWord
	tokQuoted // "delimited identifier"
	tokNumber
	tokString
	tokSymbol
)

type token struct {
	kind tokenKind
	text string // words as written; symbols and numbers as written; strings without quotes
}

// Limits of a query: the longest that the clients send are a few kilobytes.
const (
	maxQuery = 64 << 10
	maxDepth = 64
)

// lex cuts a query into tokens.
func lex(q string) ([]token, error) {
	if len(q) > maxQuery {
		return nil, oracle("ORA-01704: string literal too long")
	}
	var out []token
	for i := 0; i < len(q); {
		c := q[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';' && strings.TrimSpace(q[i+1:]) == "":
			i++
		case isLetter(c):
			j := i + 1
			for j < len(q) && (isLetter(q[j]) || isDigit(q[j]) || q[j] == '$' || q[j] == '#') {
				j++
			}
			out = append(out, token{tokWord, q[i:j]})
			i = j
		case isDigit(c) || c == '.' && i+1 < len(q) && isDigit(q[i+1]):
			j := numberEnd(q, i)
			out = append(out, token{tokNumber, q[i:j]})
			i = j
		case c == '\'' || c == '"':
			text, next, ok := quoted(q, i)
			if !ok {
				return nil, oracle("ORA-01756: quoted string not properly terminated")
			}
			kind := tokString
			if c == '"' {
				kind = tokQuoted
			}
			out = append(out, token{kind, text})
			i = next
		default:
			n := symbolLen(q[i:])
			if n == 0 {
				return nil, oracle("ORA-00911: invalid character")
			}
			out = append(out, token{tokSymbol, q[i : i+n]})
			i += n
		}
	}
	return append(out, token{}), nil
}

// symbolLen returns the length of the symbol at the beginning, 0 for none.
func symbolLen(q string) int {
	if len(q) > 1 {
		switch q[:2] {
		case "<=", ">=", "<>", "!=", "||":
			return 2
		}
	}
	if strings.IndexByte("=<>()*,.+-/", q[0]) >= 0 {
		return 1
	}
	return 0
}

// quoted reads a quoted text that begins at i; a doubled quote is one quote.
func quoted(q string, i int) (text string, next int, ok bool) {
	var b strings.Builder
	for j := i + 1; j < len(q); j++ {
		if q[j] != q[i] {
			b.WriteByte(q[j])
			continue
		}
		if j+1 < len(q) && q[j+1] == q[i] {
			b.WriteByte(q[i])
			j++
			continue
		}
		return b.String(), j + 1, true
	}
	return "", 0, false
}

func numberEnd(q string, i int) int {
	for i < len(q) && (isDigit(q[i]) || q[i] == '.') {
		i++
	}
	if i+1 < len(q) && (q[i] == 'e' || q[i] == 'E') {
		j := i + 1
		if q[j] == '+' || q[j] == '-' {
			j++
		}
		if j < len(q) && isDigit(q[j]) {
			for j < len(q) && isDigit(q[j]) {
				j++
			}
			return j
		}
	}
	return i
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// oracle makes the error that a query earns; its message is what the archive's
// database would say.
func oracle(format string, args ...any) *exo.Error {
	return exo.Errorf("sample.query", exo.Invalid, nil, format, args...)
}
