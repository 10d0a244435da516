package exofop

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// columns are those without which no dialect of the table is usable: ExoFOP's
// page and dashboard, and NASA's export of the same objects, which a mirror may
// hold instead.
var columns = []string{"TIC ID|tid", "TOI", "TFOPWG Disposition|tfopwg_disp"}

// Fetch streams the TOI table, sorted by TOI. The site cannot select changed
// rows: Since is not used, and the whole table comes.
func (s *Source) Fetch(ctx context.Context, req archive.TableRequest, w io.Writer) (archive.TableAnswer, error) {
	if req.Type != catalog.TOI {
		return archive.TableAnswer{}, exo.Errorf("exofop.Fetch", exo.Invalid, nil, "ExoFOP is not the source of the table %q", req.Type).Try("ask it for toi")
	}
	ep := s.opt.Endpoint
	// Without sort=toi the rows come by their last change, and two downloads of
	// equal content differ.
	at := ep.URL("/tess/download_toi.php", url.Values{"sort": {"toi"}, "output": {"csv"}})
	known := req.Known
	if known != nil && known.URL != at {
		known = nil // validators of another server's answer
	}
	resp, err := s.opt.Client.Open(ctx, ep, archive.Request{URL: at, Header: archive.Condition(known)})
	if err != nil {
		return archive.TableAnswer{}, archive.Explain(err)
	}
	defer resp.Close()
	ans := archive.TableAnswer{Origin: exo.Origin{Archive: "exofop", URL: at}}
	ans.Origin.ETag, ans.Origin.LastModified = resp.Validators(known)
	if resp.Status == http.StatusNotModified {
		ans.NotModified = true
		return ans, nil
	}
	if err := archive.CopyTable(w, resp, archive.TableCheck{Columns: columns}); err != nil {
		return archive.TableAnswer{}, err
	}
	return ans, nil
}

// found is the answer of gototicid.php. The number was seen as text.
type found struct {
	Status  string      `json:"status"`
	Message string      `json:"message"`
	TIC     json.Number `json:"TIC"`
}

// Resolve asks which TIC star a name means. It answers for TESS only: the site
// knows no other catalog. It gives one star, without position.
func (s *Source) Resolve(ctx context.Context, name exo.Name, m exo.Mission) ([]archive.Candidate, error) {
	const op = "exofop.Resolve"
	unknown := exo.Errorf(op, exo.NotFound, name.Query, "ExoFOP knows no star by the name %q", name.Query).Try("give its TIC number")
	if m != exo.TESS {
		return nil, unknown
	}
	ep := s.opt.Endpoint
	// "&json" has no value in the site's own links.
	at := ep.URL("/tess/gototicid.php", url.Values{"target": {name.Canonical}}) + "&json"
	body, resp, err := s.opt.Client.Get(ctx, ep, archive.Request{URL: at, MaxBytes: 1 << 20})
	if err != nil {
		return nil, archive.Explain(err)
	}
	var a found
	if err := json.Unmarshal(body, &a); err != nil {
		if strings.Contains(strings.ToLower(string(body)), "no tic") {
			return nil, unknown
		}
		if r := archive.Refusal(resp.URL.Host, body); r != nil && !bytes.HasPrefix(body, []byte("{")) {
			return nil, r
		}
		return nil, exo.E(op, exo.Upstream, resp.URL.Host, err).Say("ExoFOP's answer to the name %q cannot be read", name.Query).Try("try again later")
	}
	if !strings.EqualFold(a.Status, "OK") {
		return nil, unknown
	}
	id, err := exo.ParseTargetID("TIC " + a.TIC.String())
	if err != nil {
		return nil, exo.E(op, exo.Upstream, resp.URL.Host, err).Say("ExoFOP gives %q no usable TIC number", name.Query).Try("try again later")
	}
	return []archive.Candidate{{ID: id, Name: name.Canonical, Resolver: "ExoFOP-TESS"}}, nil
}
