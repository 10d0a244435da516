package fits_test

import (
	"fmt"

	"exoplanetai/internal/fits"
)

func Example() {
	head := fits.NewHeader()
	head.Append("OBJECT", "TIC 25155310", "string version of target id")
	head.Append("MH", fits.None, "[log10([M/H])] metallicity")
	primary, err := fits.NewPrimary(head)
	if err != nil {
		fmt.Println(err)
		return
	}
	extension := fits.NewHeader()
	extension.Append("EXTNAME", "LIGHTCURVE", "name of extension")
	table, err := fits.NewTable(extension, []fits.ColumnData{
		{Name: "TIME", Unit: "BJD - 2457000, days", Disp: "D14.7", Data: []float64{1325.29, 1325.30}},
		{Name: "QUALITY", Disp: "B16.16", Data: []int32{0, 128}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := table.AddChecksum("HDU checksum"); err != nil {
		fmt.Println(err)
		return
	}
	file, err := (&fits.File{HDUs: []*fits.HDU{primary, table}}).Bytes()
	if err != nil {
		fmt.Println(err)
		return
	}

	f, err := fits.Parse(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, known := f.HDUs[0].Header.Float("MH")
	h, _ := f.Lookup("LIGHTCURVE")
	t, err := h.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	time, err := t.Float64(nil, "TIME")
	if err != nil {
		fmt.Println(err)
		return
	}
	sums, err := h.Verify()
	fmt.Println(len(file), f.HDUs[0].Header.Len(), known, time, sums.Checksum, sums.Datasum, err)
	_, err = t.Float64(nil, "FLUX")
	fmt.Println(err)
	// Output:
	// 8640 5 false [1325.29 1325.3] good absent <nil>
	// fits.Float64: FLUX: NotFound: HDU 1 has no column FLUX
}
