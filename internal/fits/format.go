package fits

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Literal is a value written as it is given, for files whose layout is fixed:
// Literal("63.3738900000000000"), or a string with its quotes,
// Literal("'TIC 25155310'"). One that begins with a quote starts in column 11,
// any other ends in column 30 if it is short enough.
type Literal string

// None is the undefined value (FITS 4.0 §4.1.2.3): a card that has a value
// indicator and no value.
const None = Literal("")

// formatCard makes the records of a card.
func formatCard(key string, value any, comment string) (string, error) {
	head, err := formatKey(key)
	if err != nil {
		return "", err
	}
	if !printableText(comment) {
		return "", errors.New("has a comment with characters that are no text")
	}
	if s, ok := value.(string); ok && len(head)+len(quote(s)) > cardLen {
		if len(head) > 10 {
			return "", errors.New("has a string too long for a HIERARCH card")
		}
		return formatLong(head, s, comment)
	}
	v, err := formatValue(value)
	if err != nil {
		return "", err
	}
	card := head + v
	if len(card) > cardLen {
		return "", errors.New("has a value too long for a card")
	}
	card = withComment(card, comment)
	return card, checkCard([]byte(card))
}

// formatKey returns keyword and value indicator.
func formatKey(key string) (string, error) {
	long, hierarch := strings.CutPrefix(key, "HIERARCH ")
	valid := key != "" && key != "END" && key != "CONTINUE"
	for _, c := range []byte(long) {
		valid = valid && c >= 0x20 && c < 0x7f && c != '='
	}
	switch {
	case !valid || strings.TrimSpace(long) != long || long == "":
		return "", errors.New("is no keyword")
	case hierarch || len(key) > 8 || strings.Contains(key, " "):
		return "HIERARCH " + long + " = ", nil
	}
	for _, c := range []byte(key) { // FITS 4.0 §4.1.2.1
		if !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return "", errors.New("is no keyword: only capital letters, digits, - and _ are")
		}
	}
	return key + "        "[len(key):] + "= ", nil
}

// withComment adds a comment, and cuts it at the end of the record.
func withComment(card, comment string) string {
	if comment != "" {
		card += " / " + comment
	}
	if len(card) > cardLen {
		card = card[:cardLen]
	}
	return padded(card)
}

// formatLong splits a string over CONTINUE records; a doubled quote is not
// split (FITS 4.0 §4.2.1.2).
func formatLong(head, s, comment string) (string, error) {
	if !printableText(s) {
		return "", errors.New("has a string with characters that are no text")
	}
	const room = cardLen - 10 - len("'&'")
	s = strings.ReplaceAll(s, "'", "''")
	var b strings.Builder
	for {
		if last := head + "'" + s + "'"; len(s) <= room {
			if comment != "" && len(last)+len(" / "+comment) > cardLen {
				b.WriteString(padded(head + "'" + s + "&'"))
				last = "CONTINUE  ''" // a record of its own for the comment
			}
			b.WriteString(withComment(last, comment))
			return b.String(), nil
		}
		n := room
		if strings.Count(s[:n], "'")%2 == 1 {
			n--
		}
		b.WriteString(padded(head + "'" + s[:n] + "&'"))
		head, s = "CONTINUE  ", s[n:]
	}
}

// formatValue writes a value in fixed format.
func formatValue(value any) (string, error) {
	var s string
	switch v := value.(type) {
	case Literal:
		s = string(v)
	case string:
		if !printableText(v) {
			return "", errors.New("has a string with characters that are no text")
		}
		s = quote(v)
	case bool:
		s = "F"
		if v {
			s = "T"
		}
	case int:
		s = strconv.Itoa(v)
	case int32:
		s = strconv.FormatInt(int64(v), 10)
	case int64:
		s = strconv.FormatInt(v, 10)
	case uint64:
		s = strconv.FormatUint(v, 10)
	case float32:
		s = formatFloat(float64(v), 32)
	case float64:
		s = formatFloat(v, 64)
	default:
		return "", errors.New("has a value of a type that cannot be written")
	}
	if s == "" && value != None {
		return "", errors.New("has a number that is not finite, which a header cannot hold")
	}
	if blank := 20 - len(s); blank > 0 && strings.HasPrefix(s, "'") {
		s += strings.Repeat(" ", blank)
	} else if blank > 0 {
		s = strings.Repeat(" ", blank) + s
	}
	return s, nil
}

// quote writes a string with its quotes, at least eight characters long.
func quote(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	return "'" + s + strings.Repeat(" ", max(0, 8-len(s))) + "'"
}

// formatFloat writes a number with as many digits as it needs to read back
// the same, and with a point, so that it is not taken for an integer (FITS
// 4.0 §4.2.4). Empty for NaN and infinity, which a header cannot hold.
func formatFloat(v float64, size int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	s := strconv.FormatFloat(v, 'G', -1, size)
	if strings.Contains(s, ".") {
		return s
	}
	if i := strings.IndexByte(s, 'E'); i >= 0 {
		return s[:i] + ".0" + s[i:]
	}
	return s + ".0"
}

func padded(s string) string {
	return s + strings.Repeat(" ", max(0, cardLen-len(s)))
}

// printableText reports whether a header can hold the text.
func printableText(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
