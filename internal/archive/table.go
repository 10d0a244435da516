package archive

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"exoplanetai/internal/exo"
)

// TableCheck says what a table in CSV must look like to be handed on. Before
// its header may stand what package csvtab skips: a byte-order mark, blank
// lines, comments, the banners of ExoFOP, a notice without a comma.
type TableCheck struct {
	Columns []string // two or more that the header must have, "TIC ID|tid" being either; case and runs of blanks do not count
	Empty   bool     // a header without rows is a table too
	Ended   bool     // the source ends its last line, so that a table without that end is cut
}

// maxHead bounds what is read to find the header. The longest known heading,
// 350 comment lines of an export with all columns, takes 20 kB.
const maxHead = 64 << 10

// CopyTable copies a table to w as it came, from the moment its beginning was
// recognised: no byte is written of an answer that is an error document, a web
// page, or lacks a column. It fails with Upstream for these, for an error
// document in the middle of the rows, and for a table that breaks off.
// Failures of w come back as they are.
func CopyTable(w io.Writer, resp *Response, check TableCheck) error {
	in := bufio.NewReaderSize(resp, maxHead)
	head, err := tableHead(in, resp.host, check)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, maxHead)
	if _, err := out.Write(head); err != nil {
		return err
	}
	rows, last, start := 0, byte('\n'), true
	for {
		line, err := in.ReadSlice('\n')
		if start && len(line) > 0 {
			if len(bytes.TrimSpace(line)) > 0 {
				rows++
			}
			if r := strayDocument(resp.host, line); r != nil {
				return r
			}
		}
		if len(line) > 0 {
			last, start = line[len(line)-1], line[len(line)-1] == '\n'
		}
		if _, werr := out.Write(line); werr != nil {
			return werr
		}
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
	switch {
	case rows == 0 && !check.Empty:
		return refuse(resp.host, "sent a table without rows", "")
	case last != '\n' && (check.Ended || !resp.Proven):
		return exo.E(opGet, exo.Upstream, resp.host, errCut).Say("the table of %s breaks off in a line", resp.host).Try("try again later")
	}
	return out.Flush()
}

// tableHead reads up to and including the header line.
func tableHead(in *bufio.Reader, host string, check TableCheck) ([]byte, error) {
	var head []byte
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		first := len(head) == 0
		head = append(head, line...)
		if first || looksForeign(head) {
			if r := foreignHead(in, host, head); r != nil {
				return nil, r
			}
		}
		if lack, ok := HeaderLacks(line, check.Columns); ok {
			if lack == "" {
				return head, nil
			}
			return nil, exo.Errorf(opGet, exo.Upstream, host, "the table of %s has no column %q", host, lack).
				Try("the archive may have renamed it: a newer version of this program may know the new name").
				With("missing_column", lack)
		}
		if err != nil || len(head) >= maxHead {
			return nil, refuse(host, "sent no table", "")
		}
	}
}

// looksForeign reports whether what came so far, all blank before, begins
// like a document.
func looksForeign(head []byte) bool {
	b := bytes.TrimLeft(head, " \t\r\n")
	return len(b) > 0 && (b[0] == '<' || b[0] == '{')
}

// foreignHead reads on in a document that is no table, for its message.
func foreignHead(in *bufio.Reader, host string, head []byte) error {
	if len(bytes.TrimSpace(head)) == 0 && len(head) > 0 {
		return nil // a blank line: what follows decides
	}
	if Refusal(host, head) == nil {
		return nil
	}
	rest, err := io.ReadAll(io.LimitReader(in, maxSample-int64(min(len(head), maxSample))))
	var cut *exo.Error
	if err != nil && errors.As(err, &cut) && cut.Kind != exo.Upstream {
		return err
	}
	return Refusal(host, append(head, rest...))
}

// HeaderLacks names the first column that a line lacks as a header. ok is
// false for a line that is none: blank, a comment, a banner, or without comma.
func HeaderLacks(line []byte, columns []string) (lack string, ok bool) {
	text := strings.TrimSpace(strings.TrimPrefix(string(line), "\ufeff"))
	if text == "" || text[0] == '#' || !strings.Contains(text, ",") ||
		strings.HasPrefix(text, "This file was produced by") || strings.HasPrefix(text, "Filter Values:") {
		return "", false
	}
	var have []string
	for name := range strings.SplitSeq(text, ",") {
		have = append(have, plainName(strings.Trim(name, `" `)))
	}
	for _, c := range columns {
		either := strings.Split(c, "|")
		if !slices.ContainsFunc(either, func(name string) bool { return slices.Contains(have, plainName(name)) }) {
			return either[0], true
		}
	}
	return "", true
}

func plainName(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// strayDocument recognises an error document that a service appended to rows
// it had already sent.
func strayDocument(host string, line []byte) error {
	for _, p := range [...]string{"<?xml", "<VOTABLE", "<!DOCTYPE", "<html", `{"status"`, "ERROR<br>", "ORA-"} {
		if hasFold(line, p) {
			return exo.E(opGet, exo.Upstream, host, &ServiceError{Text: Words(line)}).
				Say("%s broke off the table with an error: %s", host, Words([]byte(plain(line)))).Try("try again later")
		}
	}
	return nil
}
