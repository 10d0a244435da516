package processed

import (
	"strconv"
	"strings"

	"exoplanetai/internal/fits"
	"exoplanetai/internal/preprocess"
)

// room is what a HISTORY card holds; a further card of the same text begins
// with more, which no text does.
const (
	room = 72
	more = "  "
)

// history writes a text in HISTORY cards.
func history(h *fits.Header, text string) {
	text = printable(text)
	for head := ""; ; head = more {
		n := min(len(text), room-len(head))
		for n < len(text) && n > 1 && text[n-1] == ' ' { // a blank at the end of a card is lost
			n--
		}
		h.AppendHistory(head + text[:n])
		if text = text[n:]; text == "" {
			return
		}
	}
}

// histories joins the cards to texts.
func histories(h *fits.Header) []string {
	var list []string
	for _, card := range h.History() {
		card = strings.TrimRight(card, " ")
		if rest, ok := strings.CutPrefix(card, more); ok && len(list) > 0 {
			list[len(list)-1] += rest
		} else {
			list = append(list, card)
		}
	}
	return list
}

// stepText says a step as in "outliers sigma_clip lo=5 hi=5 iter=3: 17896 -> 17871".
func stepText(s preprocess.Step) string {
	var b strings.Builder
	b.WriteString(s.Name)
	if s.Method != "" {
		b.WriteString(" " + s.Method)
	}
	for _, v := range s.Values {
		b.WriteString(" " + v.Name + "=" + strconv.FormatFloat(v.Value, 'g', -1, 64))
	}
	b.WriteString(": " + strconv.Itoa(s.PointsBefore) + " -> " + strconv.Itoa(s.PointsAfter))
	return b.String()
}

// parseStep reads what stepText wrote; false for any other text.
func parseStep(text string) (s preprocess.Step, ok bool) {
	head, counts, ok := strings.Cut(text, ": ")
	before, after, ok2 := strings.Cut(counts, " -> ")
	words := strings.Split(head, " ")
	if !ok || !ok2 || words[0] == "" {
		return s, false
	}
	var err1, err2 error
	s.PointsBefore, err1 = strconv.Atoi(before)
	s.PointsAfter, err2 = strconv.Atoi(after)
	if err1 != nil || err2 != nil || s.PointsBefore < 0 || s.PointsAfter < 0 {
		return s, false
	}
	s.Name = words[0]
	for i, w := range words[1:] {
		name, value, isValue := strings.Cut(w, "=")
		v, err := strconv.ParseFloat(value, 64)
		switch {
		case !isValue && i == 0:
			s.Method = w
		case isValue && err == nil:
			s.Values = append(s.Values, preprocess.Value{Name: name, Value: v})
		default:
			return s, false
		}
	}
	return s, stepText(s) == text
}

const warningHead = "warning "

// warningText says a warning: code, value, other value, object.
func warningText(w preprocess.Warning) string {
	return strings.TrimRight(warningHead+string(w.Code)+" "+format(w.Value)+" "+format(w.Other)+" "+w.Object, " ")
}

func format(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func parseWarning(text string) (w preprocess.Warning, ok bool) {
	rest, ok := strings.CutPrefix(text, warningHead)
	words := strings.SplitN(rest, " ", 4)
	if !ok || len(words) < 3 {
		return w, false
	}
	w.Code = preprocess.WarningCode(words[0])
	var err1, err2 error
	w.Value, err1 = strconv.ParseFloat(words[1], 64)
	w.Other, err2 = strconv.ParseFloat(words[2], 64)
	if len(words) == 4 {
		w.Object = words[3]
	}
	return w, err1 == nil && err2 == nil
}
