package export

import (
	"io"

	"exoplanetai/internal/exo"
)

// Format names a way to write rows.
type Format string

// The formats.
const (
	JSON    Format = "json"
	CSV     Format = "csv"
	VOTable Format = "votable"
	Parquet Format = "parquet"
)

// Formats lists them.
var Formats = []Format{JSON, CSV, VOTable, Parquet}

// ParseFormat reads a format's name; "" is JSON. exo.Invalid names the formats.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case JSON, CSV, VOTable, Parquet:
		return f, nil
	case "":
		return JSON, nil
	}
	return "", exo.Errorf("export.ParseFormat", exo.Invalid, nil, "format %.40q is not known", s).Try("use json, csv, votable or parquet")
}

// MediaType is what Content-Type says.
func (f Format) MediaType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case VOTable:
		return "application/x-votable+xml"
	case Parquet:
		return "application/vnd.apache.parquet"
	}
	return "application/json"
}

// Extension is what a file's name ends in.
func (f Format) Extension() string {
	switch f {
	case VOTable:
		return ".vot"
	case Parquet:
		return ".parquet"
	}
	return "." + string(f)
}

// Column describes a column.
type Column struct {
	Name        string `json:"name"`
	Type        string `json:"type"` // int, double, char
	Unit        string `json:"unit,omitempty"`
	Description string `json:"description,omitempty"`
	UCD         string `json:"ucd,omitempty"`
}

// Head is what comes before the rows.
type Head struct {
	Name        string // of the table: "koi"
	Description string // a sentence; may be empty
	Columns     []Column
	Infos       [][2]string    // names and values for INFO elements and file metadata, in order
	Fields      map[string]any // members of the JSON document beside columns and rows
}

// Writer writes rows. Cells are nil, int64, float64 or string, in the order of
// the columns; an int column takes a float64 of whole value, any column a string
// that reads as its type. NaN and the infinities become null.
//
// A row that does not fit is exo.Internal, a failure below has the kind of its
// cause; after either the Writer writes no more, Close too gives the error, and
// the document stays without its end. Bytes go out in blocks of 32 KiB (Parquet:
// of a row group), so a failure among the first rows may come before any byte.
type Writer interface {
	Row(cells []any) error
	// Close ends the document. With overflow it says that there were more rows
	// than were written (VOTable: QUERY_STATUS OVERFLOW). It does not close
	// the writer below.
	Close(overflow bool) error
}

// NewWriter begins a document. exo.Internal for columns without a name, with the
// same name or another type, and for Fields that JSON cannot hold.
func NewWriter(w io.Writer, f Format, h Head) (Writer, error) {
	t, err := newTable(h)
	if err != nil {
		return nil, err
	}
	o := out{w: w, buf: make([]byte, 0, 2*block)}
	switch f {
	case JSON:
		return newJSON(o, t, h)
	case CSV:
		return newCSV(o, t)
	case VOTable:
		return newVOTable(w, t, h)
	case Parquet:
		return newParquet(w, t, h)
	}
	return nil, exo.Errorf("export.NewWriter", exo.Internal, f, "the format %q is not known", f)
}
