package version

import (
	"context"
	"fmt"
	"strings"

	"exoplanetai/internal/exo"
)

// Cite tells how to cite a version: a sentence, a BibTeX entry, and the
// acknowledgements that the archives ask for, of those archives and missions
// whose files are in it, or were made into what is. The digest lets a reader prove what was used: it is
// that of the lines which `sha256sum` prints for the files, by path.
//
// Errors: exo.NotFound; exo.Corrupt.
func (v *Versions) Cite(ctx context.Context, n exo.VersionName) (Citation, error) {
	m, err := v.Show(ctx, n)
	if err != nil {
		return Citation{}, err
	}
	from, err := v.sources(ctx, m.Files)
	if err != nil {
		return Citation{}, err
	}
	c := Citation{Version: n, ID: m.ID, Acknowledgements: acknowledgements(from)}
	day := m.CreatedAt.Format("2006-01-02")
	c.Text = fmt.Sprintf("ExoplanetAI data, version %s (%s; %d files, %d bytes), %s.", n, day, m.FileCount, m.TotalSizeBytes, m.ID)
	c.BibTeX = fmt.Sprintf("@misc{%s,\n  title = {{ExoplanetAI data, version %s}},\n  author = {{ExoplanetAI}},\n  year = {%d},\n  month = %s,\n"+
		"  version = {%s},\n  note = {%d files, %d bytes; %s}\n}\n",
		citeKey(m), texEscape(string(n)), m.CreatedAt.Year(), strings.ToLower(m.CreatedAt.Format("Jan")), texEscape(string(n)),
		m.FileCount, m.TotalSizeBytes, m.ID)
	return c, nil
}

// citeKey names the entry: letters, digits and - only, and part of the digest,
// so that it is the same wherever the same version is cited.
func citeKey(m Manifest) string {
	safe := strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || r == '+' {
			return '-'
		}
		return r
	}, string(m.Version))
	return "exoplanetai-" + safe + "-" + m.ID.Hex()[:8]
}

// texEscape makes the one character of a name that TeX would not print safe.
func texEscape(s string) string { return strings.ReplaceAll(s, "_", `\_`) }

// thanks are the acknowledgements, each with the folders that ask for it. The
// wording is what the archives and missions publish for it.
var thanks = []struct {
	prefixes []string
	text     string
}{
	{[]string{"raw/nasa/"}, "This research has made use of the NASA Exoplanet Archive, which is operated by the California Institute of Technology, under contract with the National Aeronautics and Space Administration under the Exoplanet Exploration Program."},
	{[]string{"raw/exofop/"}, "This research has made use of the Exoplanet Follow-up Observation Program (ExoFOP; DOI: 10.26134/ExoFOP5) website, which is operated by the California Institute of Technology, under contract with the National Aeronautics and Space Administration under the Exoplanet Exploration Program."},
	{[]string{"raw/mast/", "raw/kepler/", "raw/tess/", "lightcurves/", "processed/lightcurves/"}, "Some of the data presented here were obtained from the Mikulski Archive for Space Telescopes (MAST) at the Space Telescope Science Institute. STScI is operated by the Association of Universities for Research in Astronomy, Inc., under NASA contract NAS5-26555."},
	{[]string{"raw/kepler/", "lightcurves/kepler/", "processed/lightcurves/kepler/"}, "This paper includes data collected by the Kepler mission. Funding for the Kepler mission is provided by the NASA Science Mission Directorate."},
	{[]string{"lightcurves/k2/", "processed/lightcurves/k2/"}, "This paper includes data collected by the K2 mission. Funding for the K2 mission is provided by the NASA Science Mission Directorate."},
	{[]string{"raw/tess/", "lightcurves/tess/", "processed/lightcurves/tess/"}, "This paper includes data collected by the TESS mission. Funding for the TESS mission is provided by the NASA's Science Mission Directorate."},
	{[]string{"raw/gaia/", "raw/esa/"}, "This work has made use of data from the European Space Agency (ESA) mission Gaia (https://www.cosmos.esa.int/gaia), processed by the Gaia Data Processing and Analysis Consortium (DPAC, https://www.cosmos.esa.int/web/gaia/dpac/consortium). Funding for the DPAC has been provided by national institutions, in particular the institutions participating in the Gaia Multilateral Agreement."},
}

// sources lists the files, and those that tables in common units and the merged
// table were made of, as their records tell: their own paths name no archive.
// Where a record is gone, what it would lead to is left out.
func (v *Versions) sources(ctx context.Context, files []File) ([]exo.Path, error) {
	list := make([]exo.Path, len(files))
	seen := map[exo.Path]bool{}
	for i, f := range files {
		list[i] = f.Path
		seen[f.Path] = true
	}
	for i := 0; i < len(list); i++ { // it grows
		if p := string(list[i]); !strings.HasPrefix(p, "processed/v1/") && !strings.HasPrefix(p, "processed/v2/") {
			continue
		}
		m, err := v.Store.Get(ctx, list[i])
		if err != nil && exo.KindOf(err) != exo.NotFound {
			return nil, err
		}
		for _, ref := range m.From {
			if !seen[ref.Path] {
				seen[ref.Path] = true
				list = append(list, ref.Path)
			}
		}
	}
	return list, nil
}

// acknowledgements lists those that the files ask for, in one order.
func acknowledgements(files []exo.Path) []string {
	list := []string{}
	for _, t := range thanks {
		if anyBelow(files, t.prefixes) {
			list = append(list, t.text)
		}
	}
	return list
}

func anyBelow(files []exo.Path, prefixes []string) bool {
	for _, f := range files {
		for _, p := range prefixes {
			if strings.HasPrefix(string(f), p) {
				return true
			}
		}
	}
	return false
}
