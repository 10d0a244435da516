package sample

import (
	"fmt"
	"net/http"
	"strings"
)

// index says what this server is, what it serves, and which switches it has.
// Any other unknown path is 404.
func (s *Server) index(w http.ResponseWriter, r *request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r.Request)
		return
	}
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sample archives</title></head><body>\n<h1>Sample archives</h1>\n")
	fmt.Fprintf(&b, "<p>This server speaks the protocols of the NASA Exoplanet Archive, ExoFOP-TESS, MAST and the ESA Gaia archive. It serves %s. It is not one of these archives.</p>\n", htmlText(s.src.describe()))
	b.WriteString("<h2>Tables</h2>\n<ul>\n")
	for _, name := range s.src.tables() {
		link := "/TAP/sync?query=select+top+10+*+from+" + name + "&amp;format=csv"
		switch name {
		case "exofop":
			link = "/tess/download_toi.php?sort=toi&amp;output=csv"
		case "gaia":
			link = "/tap-server/tap/sync?query=select+top+10+*+from+gaiadr3.gaia_source&amp;format=csv"
		}
		fmt.Fprintf(&b, "<li><a href=\"%s\">%s</a></li>\n", link, htmlText(name))
	}
	b.WriteString("</ul>\n<h2>Light curves</h2>\n<ul>\n")
	const most = 200
	for i, f := range s.src.files() {
		if i == most {
			fmt.Fprintf(&b, "<li>and %d more</li>\n", len(s.src.files())-most)
			break
		}
		fmt.Fprintf(&b, "<li><a href=\"/api/v0.1/Download/file?uri=%s\">%s</a> %s</li>\n", htmlText(f.uri()), htmlText(f.name), htmlText(f.product.ID.String()))
	}
	b.WriteString("</ul>\n<h2>Switches in force</h2>\n<ul>\n")
	for _, f := range s.faults.list() {
		fmt.Fprintf(&b, "<li>%s</li>\n", htmlText(f.String()))
	}
	b.WriteString("</ul>\n<h2>Switches</h2>\n<dl>\n")
	for _, d := range Faults() {
		name := d.Name
		if d.Value != "" {
			name += "=" + d.Value
		}
		fmt.Fprintf(&b, "<dt><code>%s</code></dt><dd>%s</dd>\n", htmlText(name), htmlText(d.Text))
	}
	b.WriteString("</dl>\n</body></html>\n")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(b.String())) // the client has gone if this fails
}
