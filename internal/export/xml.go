package export

import (
	"io"

	"exoplanetai/internal/votable"
)

// xmlWriter writes VOTable 1.4.
type xmlWriter struct {
	*table
	w   *votable.Writer
	err error
}

// datatypes: a stream cannot know its widest integer, nor whether a text beyond
// ASCII will come, which char does not allow (VOTable 1.4 §2.1).
var datatypes = map[string]string{"int": "long", "double": "double", "char": "unicodeChar"}

func newVOTable(w io.Writer, t *table, h Head) (Writer, error) {
	head := votable.Head{Name: h.Name, Description: h.Description}
	for _, in := range h.Infos {
		head.Infos = append(head.Infos, votable.Info{Name: in[0], Value: in[1]})
	}
	index, mains := ucdIndex(), map[string]bool{}
	for _, c := range t.cols {
		f := votable.Field{Name: c.Name, Datatype: datatypes[c.Type], UCD: c.UCD, Description: c.Description}
		if f.UCD == "" {
			f.UCD = ucdOf(index, c.Name)
			if main := f.UCD == "meta.id" || c.Type == "double" && (f.UCD == "pos.eq.ra" || f.UCD == "pos.eq.dec"); main && !mains[f.UCD] {
				mains[f.UCD] = true
				f.UCD += ";meta.main"
			}
		}
		if c.Type == "char" {
			f.ArraySize = "*"
		} else {
			f.Unit, f.Description = voUnit(c.Unit, f.UCD, c.Description)
		}
		head.Fields = append(head.Fields, f)
	}
	return &xmlWriter{table: t, w: votable.NewWriter(w, head)}, nil
}

func (w *xmlWriter) Row(cells []any) error {
	if w.err != nil {
		return w.err
	}
	vals, err := w.values(cells)
	if err != nil {
		w.err = err
		return err
	}
	for _, v := range vals {
		switch v.kind {
		case null:
			w.w.Null()
		case integer:
			w.w.Int(v.i)
		case float:
			w.w.Double(v.f)
		case text:
			w.w.Text(v.s)
		}
	}
	w.err = w.w.EndRow()
	return w.err
}

func (w *xmlWriter) Close(overflow bool) error {
	if w.err == nil {
		w.err = w.w.Close(overflow)
	}
	return w.err
}
