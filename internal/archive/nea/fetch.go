package nea

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/catalog"
	"exoplanetai/internal/exo"
)

// table is what the archive calls a catalog, and what is known of it.
type table struct {
	name    string
	columns []string // without which it is not that table
	updated string   // update column; "" if rows carry none
}

var tables = map[catalog.Type]table{
	catalog.KOI: {name: "cumulative", columns: []string{"kepid", "kepoi_name", "koi_disposition"}},
	catalog.K2:  {name: "k2pandc", columns: []string{"pl_name", "disposition", "rowupdate"}, updated: "rowupdate"},
}

func tableOf(t catalog.Type) (table, error) {
	tab, ok := tables[t]
	if !ok {
		return table{}, exo.Errorf("nea.Fetch", exo.Invalid, nil, "the NASA Exoplanet Archive is not the source of the table %q", t).Try("ask it for koi or k2")
	}
	return tab, nil
}

// stamp is the form of an update column's values that a where-clause can carry.
var stamp = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?$`)

// query writes the ADQL for the rows changed after since, or for all. The
// archive's SQL is Oracle's: a date column does not compare with a text.
func (t table) query(since string, toDate bool) (adql string, partial bool) {
	adql = "select * from " + t.name
	if t.updated == "" || !stamp.MatchString(since) {
		return adql, false
	}
	value := "'" + since + "'"
	if toDate {
		form := "yyyy-mm-dd"
		if len(since) > len(form) {
			form += " hh24:mi:ss"
		}
		value = "to_date(" + value + ",'" + form + "')"
	}
	return adql + " where " + t.updated + " > " + value, true
}

// Fetch streams the KOI table (cumulative) or the K2 table (k2pandc) with all
// columns. With Since it asks for the rows changed after it, where the table
// tells (k2); a value that is no date is not used, and the whole table comes.
func (s *Source) Fetch(ctx context.Context, req archive.TableRequest, w io.Writer) (archive.TableAnswer, error) {
	tab, err := tableOf(req.Type)
	if err != nil {
		return archive.TableAnswer{}, err
	}
	ans, err := s.fetch(ctx, tab, req, w)
	if err != nil && wantsDate(err) && !s.toDate.Swap(true) {
		ans, err = s.fetch(ctx, tab, req, w) // the refusal came before any byte
	}
	return ans, err
}

func (s *Source) fetch(ctx context.Context, tab table, req archive.TableRequest, w io.Writer) (archive.TableAnswer, error) {
	adql, partial := tab.query(req.Since, s.toDate.Load())
	ans := archive.TableAnswer{Partial: partial, Origin: exo.Origin{Archive: "nea", URL: s.opt.Endpoint.URL("/TAP/sync", nil), Query: adql}}
	check := archive.TableCheck{Columns: tab.columns, Empty: partial, Ended: true}
	known := req.Known
	if known != nil && (known.Query != adql || known.URL != ans.Origin.URL) {
		known = nil // validators of another question's or another server's answer
	}
	resp, err := s.ask(ctx, adql, archive.Condition(known))
	if err != nil {
		return archive.TableAnswer{}, archive.Explain(err)
	}
	defer resp.Close()
	ans.Origin.ETag, ans.Origin.LastModified = resp.Validators(known)
	if resp.Status == http.StatusNotModified {
		ans.NotModified = true
		return ans, nil
	}
	if err := archive.CopyTable(w, resp, check); err != nil {
		return archive.TableAnswer{}, err
	}
	return ans, nil
}

// form writes a TAP query's parameters (TAP 1.1 §2.7).
func form(adql string) url.Values {
	return url.Values{"request": {"doQuery"}, "lang": {"ADQL"}, "format": {"csv"}, "query": {adql}}
}

// ask gives the answer to a query as a stream: synchronously, or by a job when
// that is wanted or the synchronous answer does not begin in time.
func (s *Source) ask(ctx context.Context, adql string, header http.Header) (*archive.Response, error) {
	if s.opt.Async {
		return s.runJob(ctx, adql)
	}
	ep := s.opt.Endpoint
	resp, err := s.opt.Client.Open(ctx, ep, archive.Request{URL: ep.URL("/TAP/sync", form(adql)), Header: header, Once: true})
	if err == nil || ctx.Err() != nil || !errors.Is(err, archive.ErrLate) {
		return resp, err
	}
	resp, jobErr := s.runJob(ctx, adql)
	if errors.Is(jobErr, exo.NotFound) {
		return nil, err // a mirror without jobs: what counts is that it was late
	}
	return resp, jobErr
}

// wantsDate recognises Oracle's complaints about a text where a date stands:
// ORA-01861 (literal does not match format), 01843, 01858, 01830, 01841.
func wantsDate(err error) bool {
	var told *archive.ServiceError
	if !errors.As(err, &told) {
		return false
	}
	for _, code := range [...]string{"ORA-01861", "ORA-01843", "ORA-01858", "ORA-01830", "ORA-01841"} {
		if strings.Contains(told.Text, code) {
			return true
		}
	}
	return false
}

// Probe counts the rows of the K2 table and asks for its newest update. The
// KOI table is closed and carries no update column: ok is false.
func (s *Source) Probe(ctx context.Context, t catalog.Type) (archive.Probe, bool, error) {
	tab, err := tableOf(t)
	if err != nil || tab.updated == "" {
		return archive.Probe{}, false, err
	}
	row, n, err := s.count(ctx, tab, "count(*) as n, max("+tab.updated+") as newest")
	return archive.Probe{Rows: n, Newest: row["newest"]}, err == nil, err
}

// Count counts the rows of the KOI or the K2 table.
func (s *Source) Count(ctx context.Context, t catalog.Type) (int, bool, error) {
	tab, err := tableOf(t)
	if err != nil {
		return 0, false, err
	}
	_, n, err := s.count(ctx, tab, "count(*) as n")
	return n, err == nil, err
}

// count asks for one row about a table that holds its number of rows, n.
func (s *Source) count(ctx context.Context, tab table, what string) (row map[string]string, n int, err error) {
	rows, err := s.rows(ctx, "select "+what+" from "+tab.name, 64<<10) // a mirror may answer every question with the table
	if err != nil {
		return nil, 0, err
	}
	if len(rows) == 1 {
		n, err = strconv.Atoi(rows[0]["n"])
	}
	if len(rows) != 1 || err != nil || n < 0 {
		return nil, 0, exo.Errorf("nea.Probe", exo.Upstream, tab.name, "the NASA Exoplanet Archive did not count the rows of %s", tab.name).Try("try again later")
	}
	return rows[0], n, nil
}

// Columns asks the archive's own dictionary for the columns of a table. The
// dictionary was seen to list a column that cannot be selected.
func (s *Source) Columns(ctx context.Context, t catalog.Type) ([]catalog.Column, error) {
	tab, err := tableOf(t)
	if err != nil {
		return nil, err
	}
	rows, err := s.rows(ctx, "select column_name,datatype,unit from TAP_SCHEMA.columns where table_name='"+tab.name+"'", 4<<20)
	if err != nil {
		return nil, err
	}
	var cols []catalog.Column
	for _, r := range rows {
		cols = append(cols, catalog.Column{Name: strings.ToLower(r["column_name"]), Type: r["datatype"], Unit: r["unit"]})
	}
	if len(cols) == 0 {
		return nil, exo.Errorf("nea.Columns", exo.Upstream, tab.name, "the NASA Exoplanet Archive lists no columns of %s", tab.name).
			Try("the archive may have renamed the table: a newer version of this program may know the new name")
	}
	return cols, nil
}
