package csvtab

// Limits bound what a table may take. The zero value of a field is its default.
type Limits struct {
	LineBytes int   // one record, quoted line ends included; 1 MiB
	Columns   int   // cells of a record; 4096
	Rows      int   // data rows; 10 million
	Bytes     int64 // the whole input; 256 MiB. A Table has at most 4 GiB
}

func (l Limits) withDefaults() Limits {
	if l.LineBytes <= 0 {
		l.LineBytes = 1 << 20
	}
	if l.Columns <= 0 {
		l.Columns = 4096
	}
	if l.Rows <= 0 {
		l.Rows = 10_000_000
	}
	if l.Bytes <= 0 {
		l.Bytes = 256 << 20
	}
	return l
}
