package votable

// Status is the value of the INFO named QUERY_STATUS (TAP 1.1 §2.7.4). It is
// empty in a document that holds none.
type Status string

// The states of a query.
const (
	OK       Status = "OK"
	Error    Status = "ERROR"    // the query failed; Message says why
	Overflow Status = "OVERFLOW" // the table was cut at the row limit: it is not whole
)

// Doc is a VOTable document with at most one table.
type Doc struct {
	Status  Status
	Message string // text of the QUERY_STATUS INFO
	Infos   []Info // the other INFO elements, in order
	Table   bool   // a TABLE was there, with or without rows
	Fields  []Field
	Rows    [][]string // cells in the order of Fields; "" is null
}

// Info is an INFO element.
type Info struct {
	Name, Value, Text string
}

// Field describes a column (VOTable 1.5 §4.1).
type Field struct {
	ID, Name    string
	Datatype    string // "char", "int", "double" …
	ArraySize   string // "*" for text of any length
	Unit        string
	UCD         string
	Description string
	Null        string // the number that stands for null; Read gives "" for it
}

// Column returns the index of the named column, without regard to case as TAP
// column names are (TAP 1.1 §2.7), or -1.
func (d *Doc) Column(name string) int {
	for i, f := range d.Fields {
		if equalFold(f.Name, name) {
			return i
		}
	}
	return -1
}

// Limits bounds what a document may cost. A zero field takes the default.
type Limits struct {
	Bytes  int64 // of the whole document; default 256 MiB
	Token  int64 // of one tag or text; default 1 MiB
	Depth  int   // of nested elements; default 32
	Fields int   // columns; default 4096
	Rows   int   // default 5,000,000
}

// Default limits.
const (
	defaultBytes  = 256 << 20
	defaultToken  = 1 << 20
	defaultDepth  = 32
	defaultFields = 4096
	defaultRows   = 5_000_000
)

func (l Limits) filled() Limits {
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	if l.Token <= 0 {
		l.Token = defaultToken
	}
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	if l.Fields <= 0 {
		l.Fields = defaultFields
	}
	if l.Rows <= 0 {
		l.Rows = defaultRows
	}
	return l
}
