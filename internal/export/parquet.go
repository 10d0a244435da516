package export

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"exoplanetai/internal/exo"
)

// parquetWriter writes optional columns of INT64, DOUBLE and STRING, compressed
// with zstd, as data pages of version 1, which every reader knows.
type parquetWriter struct {
	*table
	w     *parquet.Writer
	batch []parquet.Row
	full  int // rows of the batch in use

	groupRows int // rows a row group may have
	inGroup   int
	texts     int // bytes of text in the row group
	err       error
}

// Bounds of what is held in memory.
const (
	batchRows  = 32
	groupRows  = 50_000
	groupCells = 1 << 20 // of a row group; 8 bytes each
	groupTexts = 8 << 20 // bytes of text in a row group
	pageBytes  = 64 << 10
)

func newParquet(w io.Writer, t *table, h Head) (Writer, error) {
	meta, err := metadata(h)
	if err != nil {
		return nil, err
	}
	p := &parquetWriter{table: t, batch: make([]parquet.Row, batchRows)}
	p.groupRows = max(1, min(groupRows, groupCells/len(t.cols)))
	p.w = parquet.NewWriter(w, &parquet.WriterConfig{
		CreatedBy:          "exoplanetai",
		Schema:             schema(t.cols),
		Compression:        &zstd.Codec{Level: zstd.DefaultLevel, Concurrency: 1},
		DataPageVersion:    1,
		DataPageStatistics: true,
		PageBufferSize:     pageBytes,
		DictionaryMaxBytes: 64 << 10, // of a column; then its texts stand plainly
		KeyValueMetadata:   meta,
	})
	return p, nil
}

// columns is a group whose fields keep our order; parquet.Group sorts them.
type columns struct {
	parquet.Group
	fields []parquet.Field
}

// Fields returns the columns in their order.
func (c columns) Fields() []parquet.Field { return c.fields }

func schema(cols []Column) *parquet.Schema {
	root := columns{Group: parquet.Group{}, fields: make([]parquet.Field, len(cols))}
	at := map[string]int{}
	for j, c := range cols {
		node := parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
		switch c.Type {
		case "int":
			node = parquet.Leaf(parquet.Int64Type)
		case "double":
			node = parquet.Leaf(parquet.DoubleType)
		}
		root.Group[c.Name], at[c.Name] = parquet.Optional(node), j
	}
	for _, f := range root.Group.Fields() {
		root.fields[at[f.Name()]] = f
	}
	return parquet.NewSchema("table", root)
}

// metadata is what the file's footer says beside the schema: name, description,
// the columns as the JSON document has them, and the infos under their names.
func metadata(h Head) (map[string]string, error) {
	cols, err := json.Marshal(h.Columns)
	if err != nil {
		return nil, exo.E("export.NewWriter", exo.Internal, nil, err)
	}
	m := map[string]string{}
	for _, in := range h.Infos {
		if old, ok := m[in[0]]; ok {
			m[in[0]] = old + "\n" + in[1]
			continue
		}
		m[in[0]] = in[1]
	}
	m["columns"], m["name"] = string(cols), h.Name
	if h.Description != "" {
		m["description"] = h.Description
	}
	return m, nil
}

func (p *parquetWriter) Row(cells []any) error {
	if p.err != nil {
		return p.err
	}
	vals, err := p.values(cells)
	if err != nil {
		p.err = err
		return err
	}
	row := p.batch[p.full][:0]
	for j, v := range vals {
		row = append(row, p.cell(v, p.cols[j].Type).Level(0, min(1, int(v.kind)), j))
	}
	p.batch[p.full] = row
	p.full++
	p.inGroup++
	last := p.inGroup >= p.groupRows || p.texts >= groupTexts
	if p.full == batchRows || last {
		p.send()
	}
	if last && p.err == nil {
		p.inGroup, p.texts = 0, 0
		p.check(p.w.Flush())
	}
	return p.err
}

func (p *parquetWriter) cell(v value, typ string) parquet.Value {
	switch v.kind {
	case integer:
		if typ == "double" {
			return parquet.DoubleValue(float64(v.i))
		}
		return parquet.Int64Value(v.i)
	case float:
		return parquet.DoubleValue(v.f)
	case text:
		s := strings.ToValidUTF8(v.s, "\ufffd")
		p.texts += len(s)
		return parquet.ValueOf(s)
	}
	return parquet.NullValue()
}

// send hands the batch over.
func (p *parquetWriter) send() {
	_, err := p.w.WriteRows(p.batch[:p.full])
	p.full = 0
	p.check(err)
}

func (p *parquetWriter) check(err error) {
	if err != nil && p.err == nil {
		p.err = exo.E(op, exo.KindOf(err), nil, err)
	}
}

// Close writes the last row group and the footer, without which the file is
// none.
func (p *parquetWriter) Close(overflow bool) error {
	if p.err == nil {
		p.send()
	}
	if p.err != nil {
		return p.err
	}
	if overflow {
		p.w.SetKeyValueMetadata("overflow", "true")
	}
	p.check(p.w.Close())
	return p.err
}
