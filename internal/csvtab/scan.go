package csvtab

import (
	"bytes"
	"strings"
)

// status says how the scan of a record ended.
type status int

const (
	done     status = iota
	more            // the record does not end in these bytes
	odd             // a quote that is not doubled, in a cell that spans lines
	unclosed        // the input ends inside a quoted cell
	bareCR          // a carriage return without line feed outside quotes
	tooMany         // more cells than allowed
)

// scanner cuts records into cells.
type scanner struct {
	delim  byte
	quotes bool
	cols   int   // cells of every record; 0 while the header is not known
	max    int   // cells allowed
	ends   []int // end of each cell of the last record; a cell begins one after the former's end
	bare   bool  // the last scan met a quote inside quotes that is not doubled
}

// record finds the first record of b and leaves its cells in s.ends. It returns
// the bytes taken, line end included. eof tells that nothing follows b.
func (s *scanner) record(b []byte, eof bool) (n int, st status) {
	n, st = s.scan(b, eof, true, false)
	fits := st == done && (s.cols == 0 || len(s.ends) == s.cols)
	if fits && !s.bare || st == more || st == bareCR || st == tooMany || !s.quotes {
		return n, st
	}
	// The row may come from a writer that does not double quotes: such rows
	// stand on one line.
	if k := bytes.IndexByte(b, '\n'); s.cols > 0 && (k >= 0 || eof) {
		line := b
		if k >= 0 {
			line = b[:k+1]
		}
		if m, st2 := s.scan(line, true, false, false); st2 == done && m == len(line) && len(s.ends) == s.cols {
			return m, done
		}
	}
	return s.scan(b, eof, true, true)
}

// scan reads one record. doubled says that two quotes inside quotes stand for
// one; lazy, that a quote that is not doubled may stand in a cell of several
// lines.
func (s *scanner) scan(b []byte, eof, doubled, lazy bool) (n int, st status) {
	s.ends, s.bare = s.ends[:0], false
	for i := 0; ; i++ {
		if len(s.ends) == s.max {
			return 0, tooMany
		}
		if s.quotes && i < len(b) && b[i] == '"' {
			if i, st = s.quoted(b, i+1, eof, doubled, lazy); st != done {
				return 0, st
			}
		}
		for i < len(b) && b[i] != s.delim && b[i] != '\n' && b[i] != '\r' {
			i++
		}
		switch {
		case i == len(b) && !eof:
			return 0, more
		case i == len(b):
			s.ends = append(s.ends, i)
			return i, done
		case b[i] == s.delim:
			s.ends = append(s.ends, i)
		case b[i] == '\n':
			s.ends = append(s.ends, i)
			return i + 1, done
		case i+1 == len(b) && !eof:
			return 0, more
		case i+1 == len(b):
			s.ends = append(s.ends, i)
			return i + 1, done
		case b[i+1] == '\n':
			s.ends = append(s.ends, i)
			return i + 2, done
		default:
			return 0, bareCR
		}
	}
}

// quoted returns the place after the quote that closes the cell whose content
// begins at i. A quote closes a cell if a separator, a line end or the end of
// the input follows it.
func (s *scanner) quoted(b []byte, i int, eof, doubled, lazy bool) (int, status) {
	looked := i // for line ends, which matter only once a quote is not doubled
	for {
		k := bytes.IndexByte(b[i:], '"')
		if k < 0 && !eof {
			return 0, more
		}
		if k < 0 {
			return 0, unclosed
		}
		i += k + 1
		switch {
		case i == len(b) && !eof:
			return 0, more
		case i == len(b) || b[i] == s.delim || b[i] == '\n' || b[i] == '\r':
			return i, done
		case b[i] == '"' && doubled:
			i++
			continue
		}
		s.bare = true
		if !lazy && bytes.IndexByte(b[looked:i], '\n') >= 0 {
			return 0, odd
		}
		looked = i
	}
}

// cell gives the text of a cell as it stands in the record.
func (s *scanner) cell(raw string) string {
	if !s.quotes || len(raw) == 0 || raw[0] != '"' {
		return raw
	}
	if n := len(raw); n >= 2 && raw[n-1] == '"' {
		raw = raw[1 : n-1]
	}
	if strings.IndexByte(raw, '"') >= 0 {
		return strings.ReplaceAll(raw, `""`, `"`)
	}
	return raw
}
