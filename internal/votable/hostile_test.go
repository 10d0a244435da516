package votable_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/votable"
)

// watch notes the largest heap while it is read.
type watch struct {
	r    io.Reader
	n    int
	most uint64
}

func (w *watch) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if w.n += n; w.n >= 1<<20 || err != nil {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.n, w.most = 0, max(w.most, m.HeapAlloc)
	}
	return n, err
}

// repeated gives s, times over.
func repeated(s string, times int) io.Reader {
	return &cycle{s: s, left: int64(len(s)) * int64(times)}
}

type cycle struct {
	s    string
	at   int
	left int64
}

func (c *cycle) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && c.left > 0 {
		k := copy(p[n:min(len(p), n+int(min(c.left, 1<<20)))], c.s[c.at:])
		c.at, n, c.left = (c.at+k)%len(c.s), n+k, c.left-int64(k)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestBombsAreRefusedInBoundedMemory(t *testing.T) {
	head := strings.TrimSuffix(wrap(`<TABLE>`+twoFields+`<DATA><TABLEDATA>`), `</RESOURCE></VOTABLE>`)
	laughs := `<!DOCTYPE lolz [<!ENTITY l0 "ha">`
	for i := 1; i <= 10; i++ {
		laughs += fmt.Sprintf(`<!ENTITY l%d "%s">`, i, strings.Repeat(fmt.Sprintf("&l%d;", i-1), 10))
	}
	open := strings.TrimSuffix(wrap(""), `</RESOURCE></VOTABLE>`)
	for name, tt := range map[string]struct {
		doc  io.Reader
		kind exo.Kind
		says string
	}{
		"a billion laughs":                     {strings.NewReader(laughs + `]>` + wrap(`<INFO name="QUERY_STATUS" value="OK">&l10;</INFO>`)), exo.Invalid, "document type"},
		"an external entity":                   {strings.NewReader(`<!DOCTYPE v [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + wrap(`<INFO name="a">&x;</INFO>`)), exo.Invalid, "document type"},
		"an external parameter entity":         {strings.NewReader(`<!DOCTYPE v SYSTEM "http://127.0.0.1/x.dtd">` + wrap(``)), exo.Invalid, "document type"},
		"a hundred thousand elements deep":     {io.MultiReader(strings.NewReader(open), repeated("<RESOURCE>", 100_000)), exo.TooLarge, "nests deeper"},
		"an attribute of a gibibyte":           {io.MultiReader(strings.NewReader(open+`<INFO name="`), repeated("xxxxxxxx", 1<<27)), exo.TooLarge, "larger than its limit"},
		"a tag's name of a gibibyte":           {io.MultiReader(strings.NewReader(open+`<`), repeated("xxxxxxxx", 1<<27)), exo.TooLarge, "larger than its limit"},
		"a million attributes":                 {io.MultiReader(strings.NewReader(open+`<INFO `), repeated(`a="" `, 1_000_000)), exo.TooLarge, "larger than its limit"},
		"a cell of a gibibyte":                 {io.MultiReader(strings.NewReader(head+`<TR><TD>`), repeated("xxxxxxxx", 1<<27)), exo.TooLarge, "larger than its limit"},
		"a cell of a gibibyte in CDATA":        {io.MultiReader(strings.NewReader(head+`<TR><TD>`), repeated("<![CDATA[xxxx]]>", 1<<26)), exo.TooLarge, "larger than its limit"},
		"a comment of a gibibyte":              {io.MultiReader(strings.NewReader(open+`<!--`), repeated("xxxxxxxx", 1<<27)), exo.TooLarge, "larger than its limit"},
		"comments without end":                 {io.MultiReader(strings.NewReader(open), repeated("<!-- -->", 1<<27)), exo.TooLarge, "the document"},
		"instructions without end":             {io.MultiReader(strings.NewReader(open), repeated("<?x y?>", 1<<27)), exo.TooLarge, "the document"},
		"fields without end":                   {io.MultiReader(strings.NewReader(open+`<TABLE>`), repeated(`<FIELD name="a" datatype="int"/>`, 1<<25)), exo.TooLarge, "fields"},
		"cells without end":                    {io.MultiReader(strings.NewReader(head+`<TR>`), repeated(`<TD/>`, 1<<27)), exo.Invalid, "more cells"},
		"messages without end":                 {io.MultiReader(strings.NewReader(open), repeated(`<INFO name="a">`+strings.Repeat("x", 4<<10)+`</INFO>`, 1<<14)), exo.TooLarge, "INFO"},
		"BINARY2, its mask of nulls too short": {strings.NewReader(wrap(`<TABLE>` + twoFields + `<DATA><BINARY2><STREAM encoding="base64">AA==</STREAM></BINARY2></DATA></TABLE>`)), exo.Invalid, "its data are BINARY2; only TABLEDATA is read"},
		"BINARY":                               {strings.NewReader(wrap(`<TABLE>` + twoFields + `<DATA><BINARY><STREAM encoding="base64">AA==</STREAM></BINARY></DATA></TABLE>`)), exo.Invalid, "its data are BINARY"},
		"FITS":                                 {strings.NewReader(wrap(`<TABLE>` + twoFields + `<DATA><FITS><STREAM href="file:///etc/passwd"/></FITS></DATA></TABLE>`)), exo.Invalid, "its data are FITS"},
		"an array size that is none":           {strings.NewReader(wrap(`<TABLE><FIELD name="a" datatype="char" arraysize="-1"/></TABLE>`)), exo.Invalid, "array size"},
		"an array size of 2^63":                {strings.NewReader(wrap(`<TABLE><FIELD name="a" datatype="char" arraysize="9223372036854775808"/></TABLE>`)), exo.Invalid, "array size"},
		"an array size with a hole":            {strings.NewReader(wrap(`<TABLE><FIELD name="a" datatype="char" arraysize="*x8"/></TABLE>`)), exo.Invalid, "array size"},
		"a text longer than its array size":    {strings.NewReader(wrap(`<TABLE><FIELD name="a" datatype="char" arraysize="3"/><DATA><TABLEDATA><TR><TD>abc</TD></TR><TR><TD>abcd</TD></TR></TABLEDATA></DATA></TABLE>`)), exo.Invalid, "row 2"},
		"two tables":                           {strings.NewReader(wrap(`<TABLE>` + twoFields + `</TABLE><TABLE>` + twoFields + `</TABLE>`)), exo.Invalid, "more than one table"},
		"two tables in two resources":          {strings.NewReader(`<VOTABLE><RESOURCE><TABLE>` + twoFields + `</TABLE></RESOURCE><RESOURCE><TABLE/></RESOURCE></VOTABLE>`), exo.Invalid, "more than one table"},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			src := &watch{r: tt.doc}
			lim := votable.Limits{}
			if strings.HasSuffix(name, "without end") && name != "messages without end" {
				lim.Bytes = 8 << 20
			}
			_, err := votable.Read(src, lim)
			if exo.KindOf(err) != tt.kind || err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %.300v, want %s with %q", err, tt.kind, tt.says)
			}
			if limit := uint64(64 << 20); src.most > limit {
				t.Errorf("the heap grew to %d bytes", src.most)
			}
		})
	}
}

func TestOutcomesOfAQueryAreTold(t *testing.T) {
	table := `<TABLE>` + twoFields + `<DATA><TABLEDATA><TR><TD>1</TD><TD>x</TD></TR></TABLEDATA></DATA></TABLE>`
	for name, tt := range map[string]struct {
		doc  string
		want votable.Status
	}{
		"an error":                        {wrap(`<INFO name="QUERY_STATUS" value="ERROR">no such column</INFO>`), votable.Error},
		"an error in lower case":          {wrap(`<INFO name="query_status" value=" error ">no such column</INFO>`), votable.Error},
		"an overflow before the table":    {wrap(`<INFO name="QUERY_STATUS" value="OVERFLOW"/>` + table), votable.Overflow},
		"an overflow behind it":           {wrap(`<INFO name="QUERY_STATUS" value="OK"/>` + table + `<INFO name="QUERY_STATUS" value="OVERFLOW"/>`), votable.Overflow},
		"an overflow behind the resource": {strings.Replace(wrap(`<INFO name="QUERY_STATUS" value="OK"/>`+table), `</VOTABLE>`, `<INFO name="QUERY_STATUS" value="OVERFLOW"/></VOTABLE>`, 1), votable.Overflow},
		"an error behind rows":            {wrap(`<INFO name="QUERY_STATUS" value="OK"/>` + table + `<INFO name="QUERY_STATUS" value="ERROR">timeout</INFO>`), votable.Error},
	} {
		d, err := votable.Read(strings.NewReader(tt.doc), votable.Limits{})
		if err != nil || d.Status != tt.want {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
}

func TestTheNumberThatStandsForNullIsNull(t *testing.T) {
	d, err := votable.Read(strings.NewReader(wrap(`<TABLE><FIELD name="a" datatype="short"><VALUES null="-32768"/></FIELD><FIELD name="b" datatype="char" arraysize="4*"><VALUES null="no"/></FIELD>`+
		`<DATA><TABLEDATA><TR><TD> -32768 </TD><TD>no</TD></TR><TR><TD>-1</TD><TD>yes</TD></TR></TABLEDATA></DATA></TABLE>`)), votable.Limits{})
	if err != nil || fmt.Sprint(d.Rows) != "[[ no] [-1 yes]]" {
		t.Errorf("%+v, %v", d, err)
	}
}
