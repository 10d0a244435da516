package history_test

import (
	"slices"
	"testing"

	"exoplanetai/internal/catalog"
	"exoplanetai/internal/history"
	"exoplanetai/internal/store"
)

// FuzzExcerpt checks that the lines that hold a word are the rows that do: the
// rows of star 77 in the excerpt are those of the whole table, or the text is
// left to be read whole.
func FuzzExcerpt(f *testing.F) {
	for _, s := range []string{
		"77,700.01,PC,1,2,2459000.5,10,2,2,\n8,9.01,FP,1,2,2459000.5,10,2,2,77\n",
		"77,700.01,PC,1,2,2459000.5,10,2,2,\"two\nlines\"\n77,9.01,FP,1,2,2459000.5,10,2,2,\"the \"hot\" one\"",
		"77,700.01,PC,1,2,2459000.5,10,2,2,\"a \"\"b\"\"\"\r\n\r\n#77,9.01,FP,1,2,2459000.5,10,2,2,x\r\n",
		"\"7\n7\",1.01,PC,1,2,2459000.5,10,2,2,\"77,\n77,2.01,PC,1,2,2459000.5,10,2,2,\"\n",
		"8,1.01,PC,1,2,2459000.5,10,2,2,5\" disc\n77,2.01,PC,1,2,2459000.5,10,2,2,\"\n",
	} {
		f.Add(s)
	}
	of77 := func(t *catalog.Table) (rows []string) {
		for i := range t.Len() {
			if t.Get(i, catalog.RoleStar) == "77" {
				rows = append(rows, t.Raw(i))
			}
		}
		return rows
	}
	f.Fuzz(func(t *testing.T, body string) {
		text := []byte(toiHead + "\n" + body)
		whole, err := catalog.Parse(catalog.TOI, text)
		if err != nil {
			return
		}
		lines, ok := history.LinesWith(text, store.Meta{Columns: whole.Columns}, []string{"77"})
		if !ok {
			return
		}
		part, err := catalog.Parse(catalog.TOI, lines)
		if err != nil {
			t.Fatalf("%q: %v", lines, err)
		}
		if got, want := of77(part), of77(whole); !slices.Equal(got, want) {
			t.Fatalf("of %q: got %q, want %q", text, got, want)
		}
		all := make([]int, whole.Len())
		for i := range all {
			all[i] = i
		}
		again, err := whole.Pick(all)
		if err != nil || again.Len() != whole.Len() {
			t.Fatalf("picked: %v", err)
		}
	})
}
