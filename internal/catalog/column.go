package catalog

// Column describes one column of a table, as its metadata record keeps it.
type Column struct {
	Name string `json:"name"`           // as the archive spells it
	Type string `json:"type"`           // "int", "double" or "char", by the values seen
	Unit string `json:"unit,omitempty"` // where known
}
