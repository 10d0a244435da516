package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/archive"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/xtest"
)

const goodTable = "kepid,kepoi_name,koi_disposition\n11904151,\"K00072.01\",\"CONFIRMED\"\n10811496,\"K00753.01\",\"CANDIDATE\"\n"

var koiColumns = []string{"kepid", "kepoi_name", "koi_disposition"}

func shared(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(xtest.Shared(t, "data/protocol/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fetch copies the table that a server answers with.
func fetch(t *testing.T, do http.HandlerFunc, check archive.TableCheck, retries int) (got []byte, requests int64, err error) {
	t.Helper()
	s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) { do(w, r) })
	defer s.Close()
	c, _ := client(t, archive.Options{}, s)
	resp, err := c.Open(t.Context(), endpoint(s, retries), archive.Request{URL: s.URL})
	if err != nil {
		return nil, s.asked.Load(), archive.Explain(err)
	}
	defer resp.Close()
	var b bytes.Buffer
	err = archive.CopyTable(&b, resp, check)
	return b.Bytes(), s.asked.Load(), err
}

func send(status int, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain") // as the archive does for everything
		w.WriteHeader(status)
		w.Write(body)
	}
}

func TestTablesAreToldFromEverythingElse(t *testing.T) {
	comments := "# This file was produced by the archive\n#\n\n# COLUMN kepid: KepID\n"
	cases := map[string]struct {
		do      http.HandlerFunc
		columns []string
		empty   bool
		kind    exo.Kind // "": the bytes come as they are
		want    string   // part of the message
	}{
		"a table":                            {do: send(200, []byte(goodTable))},
		"a table with CR LF and no last end": {do: send(200, []byte(strings.TrimSuffix(strings.ReplaceAll(goodTable, "\n", "\r\n"), "\r\n")))},
		"columns in another order and case":  {do: send(200, []byte("KOI_disposition, kepoi_name ,x,KepID\na,b,c,d\n"))},
		"comment lines before the header":    {do: send(200, []byte(comments+goodTable))},
		"a notice line before the header":    {do: send(200, []byte("The archive is down on Monday.\n"+goodTable))},
		"a byte-order mark":                  {do: send(200, []byte("\ufeff"+goodTable))},
		"a table without rows, permitted":    {do: send(200, []byte("kepid,kepoi_name,koi_disposition\n")), empty: true},
		"a table without rows":               {do: send(200, []byte("kepid,kepoi_name,koi_disposition\n")), kind: exo.Upstream, want: "without rows"},
		"a table with blank rows":            {do: send(200, []byte("kepid,kepoi_name,koi_disposition\n\n \n")), kind: exo.Upstream, want: "without rows"},
		"a missing column":                   {do: send(200, []byte("kepid,kepoi_name,koi_pdisposition\n1,2,3\n")), kind: exo.Upstream, want: `"koi_disposition"`},
		"a header of one column":             {do: send(200, []byte("kepid\n1\n")), kind: exo.Upstream, want: "no table"},
		"a header without end":               {do: send(200, []byte(strings.Repeat("column,", 30_000))), kind: exo.Upstream, want: `"kepid"`},
		"comments without end":               {do: send(200, []byte(strings.Repeat("# no\n", 30_000))), kind: exo.Upstream, want: "no table"},
		"nothing":                            {do: send(200, nil), kind: exo.Upstream, want: "empty answer"},
		"blanks only":                        {do: send(200, []byte("\n \n")), kind: exo.Upstream, want: "no table"},
		"a VOTable error with 200":           {do: send(200, shared(t, "nasa/tap_error_votable.xml")), kind: exo.Upstream, want: `ORA-00904: "EPIC_ID": invalid identifier`},
		"a VOTable error with 400":           {do: send(400, shared(t, "nasa/tap_error_votable.xml")), kind: exo.Upstream, want: `ORA-00904: "EPIC_ID": invalid identifier`},
		"a VOTable error behind blank lines": {do: send(200, append([]byte("\n\n  "), shared(t, "nasa/tap_error_votable.xml")...)), kind: exo.Upstream, want: `ORA-00904`},
		"a JSON error with 200":              {do: send(200, shared(t, "nasa/tap_error_json.json")), kind: exo.Upstream, want: `Input 'query' is blank.`},
		"a JSON error that is no JSON":       {do: send(200, []byte(`{"status": "error", "msg": "ORA-00904: "EPIC_ID": invalid identifier"}`)), kind: exo.Upstream, want: `ORA-00904: "EPIC_ID": invalid identifier`},
		"the older interface's error":        {do: send(200, shared(t, "nasa/legacy_error_recorded.txt")), kind: exo.Upstream, want: `"pscomppars" is not a valid table`},
		"an OVERFLOW":                        {do: send(200, shared(t, "nasa/tap_overflow_votable.xml")), kind: exo.Upstream, want: "row limit"},
		"an OVERFLOW, cut":                   {do: send(200, shared(t, "nasa/tap_overflow_votable.xml")[:900]), kind: exo.Upstream, want: "row limit"},
		"a VOTable that was not asked for":   {do: send(200, shared(t, "nasa/tap_ok_votable.xml")), kind: exo.Upstream, want: "VOTable"},
		"a web page":                         {do: send(200, []byte("<!DOCTYPE html>\n<html><head><title>Down for\n maintenance</title></head></html>")), kind: exo.Upstream, want: "Down for maintenance"},
		"a web page with 503":                {do: send(503, []byte("<html><title>Busy</title></html>")), kind: exo.Unavailable, want: "cannot answer now"},
		"binary data":                        {do: send(200, []byte("\x1f\x8b\x08\x00\x00\x00\x00")), kind: exo.Upstream, want: "binary"},
		"an error behind some rows":          {do: send(200, append([]byte(goodTable), shared(t, "nasa/tap_error_votable.xml")...)), kind: exo.Upstream, want: "broke off"},
		"a sentence":                         {do: send(200, []byte("No TIC object found")), kind: exo.Upstream, want: "no table"},
		"a body cut by reset": {do: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, goodTable[:60])
			end(w, true)
		}, kind: exo.Upstream, want: "breaks off"},
		"a body shorter than announced": {do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(goodTable)+10))
			io.WriteString(w, goodTable)
		}, kind: exo.Upstream, want: "breaks off"},
		"a compressed body, cut": {do: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := squeezed([]byte(goodTable))
			w.Write(z[:len(z)-8])
		}, kind: exo.Upstream, want: "breaks off"},
		"no length, closed within a line": {do: func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, _ := w.(http.Hijacker).Hijack()
			fmt.Fprintf(rw, "HTTP/1.0 200 OK\r\n\r\n%s", goodTable[:60])
			rw.Flush()
			conn.Close()
		}, kind: exo.Upstream, want: "breaks off"},
		"no length, closed behind the last line": {do: func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, _ := w.(http.Hijacker).Hijack()
			fmt.Fprintf(rw, "HTTP/1.0 200 OK\r\n\r\n%s", goodTable)
			rw.Flush()
			conn.Close()
		}},
		"ExoFOP's export with banner":     {do: send(200, shared(t, "exofop/dashboard_export_2025-07-03.csv")), columns: []string{"TIC ID", "TOI", "TFOPWG Disposition"}},
		"ExoFOP's export without banner":  {do: send(200, shared(t, "exofop/dashboard_export_2022-06.csv")), columns: []string{"TIC ID", "TOI", "TFOPWG Disposition"}},
		"ExoFOP's download":               {do: send(200, shared(t, "exofop/download_toi_reconstructed.csv")), columns: []string{"TIC ID", "TOI", "TFOPWG  disposition"}},
		"ExoFOP's bars instead of commas": {do: send(200, shared(t, "exofop/download_toi_pipe.txt")), columns: []string{"TIC ID", "TOI"}, kind: exo.Upstream, want: "column"},
		"NASA's web table":                {do: send(200, shared(t, "nasa/cumulative_webtable_2025-09-29.csv"))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var sent bytes.Buffer // what a plain client sees
			columns := tc.columns
			if columns == nil {
				columns = koiColumns
			}
			s := serve(t, func(_ int64, w http.ResponseWriter, r *http.Request) { tc.do(w, r) })
			if tc.kind == "" {
				resp, err := http.Get(s.URL)
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(&sent, resp.Body)
				resp.Body.Close()
				http.DefaultClient.CloseIdleConnections()
			}
			got, n, err := fetch(t, tc.do, archive.TableCheck{Columns: columns, Empty: tc.empty}, 0)
			switch {
			case tc.kind == "" && (err != nil || !bytes.Equal(got, sent.Bytes())):
				t.Errorf("%v, %d bytes of %d", err, len(got), sent.Len())
			case tc.kind != "" && (err == nil || exo.KindOf(err) != tc.kind):
				t.Errorf("error %v, want %s", err, tc.kind)
			case tc.kind != "" && !strings.Contains(exo.MessageOf(err), tc.want):
				t.Errorf("message %q, want %q in it", exo.MessageOf(err), tc.want)
			case tc.kind != "" && exo.HintOf(err) == "":
				t.Error("no hint")
			case name == "a missing column" && exo.ExtraOf(err)["missing_column"] != "koi_disposition":
				t.Errorf("extra %v", exo.ExtraOf(err))
			}
			if n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// The header decides before a byte is written: a refused answer leaves nothing.
func TestNothingIsWrittenOfARefusedAnswer(t *testing.T) {
	for name, body := range map[string][]byte{
		"an error": shared(t, "nasa/tap_error_votable.xml"), "a page": []byte("<html>"), "JSON": shared(t, "nasa/tap_error_json.json"),
		"another table": []byte("a,b,c\n1,2,3\n"),
	} {
		if got, _, err := fetch(t, send(200, body), archive.TableCheck{Columns: koiColumns}, 0); len(got) != 0 || err == nil {
			t.Errorf("%s: %d bytes written, %v", name, len(got), err)
		}
	}
}

func TestATableMayHaveToEndItsLastLine(t *testing.T) {
	open := strings.TrimSuffix(goodTable, "\n")
	if _, _, err := fetch(t, send(200, []byte(open)), archive.TableCheck{Columns: koiColumns, Ended: true}, 0); !errors.Is(err, exo.Upstream) {
		t.Errorf("error %v", err)
	}
	if _, _, err := fetch(t, send(200, []byte(open)), archive.TableCheck{Columns: koiColumns}, 0); err != nil {
		t.Errorf("error %v", err)
	}
}

func TestAFailingReceiverIsNotTheArchivesFault(t *testing.T) {
	s := serve(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, goodTable) })
	c, _ := client(t, archive.Options{}, s)
	resp, err := c.Open(t.Context(), endpoint(s, 0), archive.Request{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Close()
	full := exo.E("fsys.Write", exo.Full, nil, nil)
	if err := archive.CopyTable(&held{fail: full}, resp, archive.TableCheck{Columns: koiColumns}); !errors.Is(err, exo.Full) {
		t.Errorf("error %v, want Full", err)
	}
}

func FuzzRefusal(f *testing.F) {
	for _, s := range []string{"", "a,b\n", "\ufeff<html><title>x</title>", `{"status":"error","msg":"a "b" c"}`, "ERROR<br>\nno", "ORA-1", "\x00", "\x1f\x8b",
		`<?xml version="1.0"?><VOTABLE><RESOURCE><INFO name="QUERY_STATUS" value="ERROR">no</INFO></RESOURCE></VOTABLE>`,
		`<VOTABLE><INFO name="QUERY_STATUS" value="OVERFLOW">`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		err := archive.Refusal("archive.example", b)
		if err == nil {
			return
		}
		m := exo.MessageOf(err)
		if exo.KindOf(err) != exo.Upstream || len(m) > 600 || strings.ContainsAny(m, "\n\r\x1b\x00") {
			t.Fatalf("kind %s, message %q", exo.KindOf(err), m)
		}
	})
}
