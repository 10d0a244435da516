package export

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/votable"
)

// jsonWriter writes one object: the members of Head.Fields in sorted order,
// columns, rows (an object each, on its own line), then returned and overflow.
type jsonWriter struct {
	*table
	out
	keys [][]byte // `{"name":`, then `,"name":`
}

func newJSON(o out, t *table, h Head) (Writer, error) {
	w := &jsonWriter{table: t, out: o}
	w.buf = append(w.buf, '{')
	for _, name := range slices.Sorted(maps.Keys(h.Fields)) {
		switch name {
		case "columns", "rows", "returned", "overflow":
			return nil, exo.Errorf("export.NewWriter", exo.Internal, nil, "the member %q is the document's own", name)
		}
		b, err := member(h.Fields[name])
		if err != nil {
			return nil, err
		}
		w.buf = append(append(append(appendJSON(w.buf, name), ':'), b...), ",\n"...)
	}
	cols, err := member(t.cols)
	if err != nil {
		return nil, err
	}
	w.buf = append(append(append(w.buf, `"columns":`...), cols...), ",\n\"rows\":["...)
	for j, c := range t.cols {
		first := byte(',')
		if j == 0 {
			first = '{'
		}
		w.keys = append(w.keys, append(appendJSON([]byte{first}, c.Name), ':'))
	}
	return w, nil
}

// member gives the JSON of a value of the document's head. Outside ASCII there
// is nothing but text in it, so what acts on a terminal can be escaped after.
func member(v any) ([]byte, error) {
	var doc bytes.Buffer
	enc := json.NewEncoder(&doc)
	enc.SetEscapeHTML(false) // an address keeps its &
	if err := enc.Encode(v); err != nil {
		return nil, exo.E("export.NewWriter", exo.Internal, nil, err)
	}
	b := bytes.TrimSuffix(doc.Bytes(), []byte("\n"))
	if !bytes.ContainsFunc(b, escaped) {
		return b, nil
	}
	out := make([]byte, 0, len(b)+64)
	for _, r := range string(b) {
		if escaped(r) {
			out = appendEscape(out, r)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return out, nil
}

// escaped tells of characters that stand as \u escapes though JSON does not ask
// for it. White space outside of texts is none of them.
func escaped(r rune) bool { return r == '<' || active(r) || r == 0xfeff || r == 0xfffe || r == 0xffff }

func (w *jsonWriter) Row(cells []any) error {
	if w.err != nil {
		return w.err
	}
	vals, err := w.values(cells)
	if err != nil {
		return w.fail(err)
	}
	if w.row > 1 {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, '\n')
	for j, v := range vals {
		w.buf = append(w.buf, w.keys[j]...)
		switch v.kind {
		case null:
			w.buf = append(w.buf, "null"...)
		case integer:
			w.buf = strconv.AppendInt(w.buf, v.i, 10)
		case float:
			w.buf = votable.AppendDouble(w.buf, v.f)
		case text:
			w.buf = appendJSON(w.buf, v.s)
		}
	}
	w.buf = append(w.buf, '}')
	return w.spill()
}

func (w *jsonWriter) Close(overflow bool) error {
	w.buf = append(w.buf, "\n],\n\"returned\":"...)
	w.buf = strconv.AppendInt(w.buf, int64(w.row), 10)
	w.buf = append(w.buf, `,"overflow":`...)
	w.buf = append(strconv.AppendBool(w.buf, overflow), "}\n"...)
	return w.flush()
}

// appendJSON appends a JSON string. Beside what JSON must escape it escapes "<",
// so that no text can end a script or begin a page, and what would act on a
// terminal: the parsed text is the same.
func appendJSON(dst []byte, s string) []byte {
	dst = append(dst, '"')
	if plain(s, '"', '\\') {
		return append(appendLess(dst, s), '"')
	}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == utf8.RuneError:
			dst = append(dst, "\ufffd"...)
		case r == '<' || escaped(r):
			dst = appendEscape(dst, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// appendLess appends a plain text with its "<" escaped.
func appendLess(dst []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		if s[i] == '<' {
			dst = append(append(dst, s[from:i]...), `\u003c`...)
			from = i + 1
		}
	}
	return append(dst, s[from:]...)
}

func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
