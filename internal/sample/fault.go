package sample

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/exo"
)

// Fault is one variant of an archive's behaviour, played on purpose.
type Fault struct {
	Name  string // scope and kind, "nea.error"
	Value string // the kind's argument, "json200"; may be empty
	Match string // only requests whose address or parameters hold this text; empty: all of the scope
	Count int    // only the next so many of them; 0: all
}

// String gives the form that ParseFault reads.
func (f Fault) String() string {
	s := f.Name
	if f.Value != "" {
		s += "=" + f.Value
	}
	if f.Count > 0 {
		s += "*" + strconv.Itoa(f.Count)
	}
	if f.Match != "" {
		s += "@" + f.Match
	}
	return s
}

// FaultDoc describes one fault for a user.
type FaultDoc struct {
	Name  string // "nea.error"
	Value string // what may stand behind "=", "votable200|json200|…"; empty: nothing
	Text  string // one line
}

// ParseFault reads "scope.kind", then optionally "=value", "*count" and
// "@text": "nea.error=json200", "mast.executing=3*2", "download.cut=65536@s0014".
// The word "down" stands for "any.status=503".
func ParseFault(s string) (Fault, error) {
	if s == "down" {
		s = "any.status=503"
	}
	rest, match, _ := strings.Cut(s, "@")
	name, value, _ := strings.Cut(rest, "=")
	f := Fault{Match: match}
	tail := &value
	if !strings.Contains(rest, "=") {
		tail = &name
	}
	// A glob's "*" is part of the value: only "*" and digits at the end count.
	if i := strings.LastIndexByte(*tail, '*'); i >= 0 {
		if n, err := strconv.Atoi((*tail)[i+1:]); err == nil && n > 0 && n < 1_000_000 {
			f.Count, *tail = n, (*tail)[:i]
		}
	}
	f.Name, f.Value = name, value
	if err := f.check(); err != nil {
		return Fault{}, err.Try("see the list of switches at the server's address, /")
	}
	return f, nil
}

func (f Fault) check() *exo.Error {
	const op = "sample.ParseFault"
	scope, kind, _ := strings.Cut(f.Name, ".")
	i := slices.IndexFunc(kinds, func(k faultKind) bool { return k.name == kind && slices.Contains(k.scopes, scope) })
	if i < 0 {
		return exo.Errorf(op, exo.Invalid, nil, "%.60q is not a switch of the sample archives", f.Name)
	}
	if f.Count < 0 || !kinds[i].ok(f.Value) {
		return exo.Errorf(op, exo.Invalid, nil, "the switch %s does not take %.60q", f.Name, f.Value)
	}
	return nil
}

// Faults lists every fault there is.
func Faults() []FaultDoc {
	var docs []FaultDoc
	for _, k := range kinds {
		for _, scope := range k.scopes {
			docs = append(docs, FaultDoc{scope + "." + k.name, k.arg, k.text})
		}
	}
	slices.SortFunc(docs, func(a, b FaultDoc) int { return strings.Compare(a.Name, b.Name) })
	return docs
}

type faultKind struct {
	scopes []string
	name   string
	arg    string
	text   string
	ok     func(string) bool
}

var (
	everywhere = []string{"nea", "exofop", "mast", "download", "s3", "esa", "any"}
	tabular    = []string{"nea", "exofop", "esa"}
	bytewise   = []string{"nea", "exofop", "mast", "download", "s3", "esa"}
)

var kinds = []faultKind{
	{everywhere, "delay", "duration", "waits before it answers, 1500ms or 70s", isDuration},
	{everywhere, "status", "code[:seconds]", "answers with an HTTP status; seconds become Retry-After", isStatus},
	{everywhere, "reset", "", "closes the connection without an answer", isEmpty},
	{everywhere, "html", "", "answers 200 with an HTML maintenance page", isEmpty},
	{everywhere, "redirect", "address", "redirects (302) to the same path at another address", notEmpty},
	{bytewise, "cut", "bytes", "breaks the connection after so many bytes of the body", isSize},
	{bytewise, "stall", "bytes", "stops sending after so many bytes and keeps the connection", isSize},
	{bytewise, "slow", "bytes", "sends no more than so many bytes a second", func(s string) bool { return isSize(s) && s != "0" }},
	{bytewise, "truncate", "bytes", "ends the body early as if it were whole, without a length", isSize},
	{bytewise, "gzipcut", "bytes", "compresses the body and ends it after so many compressed bytes", isSize},
	{bytewise, "corrupt", "offset", "changes the byte at this offset", isSize},
	{bytewise, "nolength", "", "sends no Content-Length", isEmpty},
	{bytewise, "wronglength", "difference", "states a Content-Length that is off by so much", isInt},
	{bytewise, "validators", "none|etag|date|both|changing", "which validators answers carry, and whether they hold", oneOf("none", "etag", "date", "both", "changing")},
	{[]string{"download", "s3"}, "norange", "", "ignores Range and answers 200 with the whole", isEmpty},
	{[]string{"download", "s3"}, "rangestart", "offset", "answers 206 from another place than asked", isSize},

	{tabular, "empty", "", "gives a table without rows", isEmpty},
	{tabular, "null", "column", "empties all cells of a column", notEmpty},
	{tabular, "missing", "column", "leaves a column out", notEmpty},
	{tabular, "rename", "old:new", "renames a column", isPair},
	{tabular, "reorder", "", "reverses the order of the columns", isEmpty},
	{tabular, "add", "column", "adds a column at the end", notEmpty},
	{tabular, "notice", "", "puts a notice line before the header", isEmpty},
	{tabular, "shrink", "percent", "keeps so many percent of the rows", isPercent},
	{tabular, "drop", "rows", "leaves out so many rows at the end", isSize},
	{tabular, "flip", "", "turns all dispositions round", isEmpty},
	{tabular, "change", "", "changes one cell of the first row", isEmpty},
	{tabular, "update", "rows", "changes so many rows at the end and dates them a day after the newest", isSize},
	{tabular, "replace", "rows", "puts new rows in the place of so many at the beginning, with their dates: the count stays", isSize},

	{[]string{"nea", "esa"}, "error", "votable200|json200|votable400", "refuses queries in one of the archive's styles", oneOf("votable200", "json200", "votable400")},
	{[]string{"nea", "esa"}, "style", "votable200|json200|votable400", "style of the errors that queries earn", oneOf("votable200", "json200", "votable400")},
	{[]string{"nea", "esa"}, "overflow", "rows", "gives so many rows and says OVERFLOW", isSize},
	{[]string{"nea"}, "job", "error|abort|gone", "lets asynchronous jobs fail, abort, or vanish", oneOf("error", "abort", "gone")},
	{[]string{"nea"}, "executing", "polls", "lets jobs run for so many polls", isSize},
	{[]string{"nea"}, "phantom", "table.column", "lists a column that cannot be selected", notEmpty},
	{[]string{"nea"}, "plus", "", "takes a plus within quotes of a query's address for a plus", isEmpty},
	{[]string{"nea"}, "legacy", "", "answers the older interface with an ERROR text", isEmpty},

	{[]string{"exofop"}, "dialect", "download|dashboard", "which of the two table dialects is sent", oneOf("download", "dashboard")},
	{[]string{"exofop"}, "unknown", "", "knows no star: the text of an unknown TIC with status 200", isEmpty},

	{[]string{"mast"}, "executing", "times", "says EXECUTING so often before the same request is answered", isSize},
	{[]string{"mast"}, "error", "", "answers status ERROR with HTTP 200", isEmpty},
	{[]string{"mast"}, "pagesize", "rows", "gives no larger pages", isSize},
	{[]string{"mast"}, "missing", "column", "leaves a column out of fields and data", notEmpty},
	{[]string{"mast"}, "resolver", "empty|absent", "knows no name, or leaves out the list of an outage", oneOf("empty", "absent")},
	{[]string{"mast"}, "decoys", "", "lists pixel and validation files and images that nobody asked for", isEmpty},
	{[]string{"mast"}, "size", "difference", "lists file sizes that are off by so much", isInt},

	{[]string{"data"}, "koi", "name pattern", "serves this KOI export instead of the newest", notEmpty},
	{[]string{"data"}, "toi", "name pattern", "serves this TOI export (NASA's or ExoFOP's)", notEmpty},
	{[]string{"data"}, "k2", "name pattern", "serves this K2 export", notEmpty},
	{[]string{"data"}, "ps", "name pattern", "serves this planetary-systems export", notEmpty},
	{[]string{"data"}, "pscomppars", "name pattern", "serves this composite-parameters export", notEmpty},
}

func isEmpty(s string) bool    { return s == "" }
func notEmpty(s string) bool   { return s != "" && len(s) <= 500 }
func isDuration(s string) bool { d, err := time.ParseDuration(s); return err == nil && d >= 0 }
func isInt(s string) bool      { _, err := strconv.ParseInt(s, 10, 32); return err == nil }

func isSize(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n >= 0 && n < math.MaxInt64/2
}

func isPercent(s string) bool {
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && f >= 0 && f <= 100
}

func isPair(s string) bool {
	a, b, ok := strings.Cut(s, ":")
	return ok && a != "" && b != ""
}

func isStatus(s string) bool {
	code, after, has := strings.Cut(s, ":")
	n, err := strconv.Atoi(code)
	return err == nil && n >= 200 && n <= 599 && (!has || isSize(after))
}

func oneOf(words ...string) func(string) bool {
	return func(s string) bool { return slices.Contains(words, s) }
}

// faultSet holds the faults in force and what is left of their counts.
type faultSet struct {
	mu     sync.Mutex // guards the fields below
	active []Fault
	left   []int // requests left for each of active; -1: without end
}

func (s *faultSet) set(faults []Fault) {
	left := make([]int, len(faults))
	for i, f := range faults {
		if left[i] = f.Count; f.Count == 0 {
			left[i] = -1
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active, s.left = slices.Clone(faults), left
}

// take finds the first fault of the name that applies to the text of a request
// and counts it as used.
func (s *faultSet) take(name, text string) (Fault, bool) {
	if f := s.takeUpTo(1, name, text); len(f) > 0 {
		return f[0], true
	}
	return Fault{}, false
}

// takeUpTo finds the first n faults of the name that apply.
func (s *faultSet) takeUpTo(n int, name, text string) (out []Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.active {
		if len(out) == n {
			break
		}
		if f.Name != name || s.left[i] == 0 || f.Match != "" && !strings.Contains(text, f.Match) {
			continue
		}
		if s.left[i] > 0 {
			s.left[i]--
		}
		out = append(out, f)
	}
	return out
}

// list returns the faults still in force.
func (s *faultSet) list() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Fault
	for i, f := range s.active {
		if s.left[i] != 0 {
			out = append(out, f)
		}
	}
	return out
}
