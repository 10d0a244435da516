package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// fakeTable is an interface with one catalog of as many rows as wanted, which
// fails as it is told.
type fakeTable struct {
	mu       sync.Mutex // guards what follows
	rows     int
	problem  int // status of the answers for rows; 0: all is well
	gone     bool
	locked   bool // wants a token
	requests []string
}

func newFakeTable(rows int) *fakeTable { return &fakeTable{rows: rows} }

// set changes how it behaves from now on.
func (f *fakeTable) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// asked are the addresses that were asked for, one after the other.
func (f *fakeTable) asked() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.requests, " ")
}

func (f *fakeTable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		panic(http.ErrAbortHandler)
	}
	f.requests = append(f.requests, r.URL.String())
	if f.locked && r.URL.Path == "/api/v1/auth/token" {
		f.signIn(w, r)
		return
	}
	if f.locked && r.Header.Get("Authorization") != "Bearer let-me-in" {
		refuse(w, http.StatusUnauthorized, "sign in first")
		return
	}
	state := map[string]any{"id": "koi_1", "number": 1, "path": "raw/nasa/koi_1.csv", "checksum": "sha256:00", "retrieved_at": "2026-01-02T03:04:05Z", "rows": f.rows}
	switch path := strings.TrimPrefix(r.URL.Path, "/api/v1"); path {
	case "/health/live":
		w.WriteHeader(http.StatusNoContent)
	case "/auth/me":
		reply(w, map[string]any{"name": "ada", "role": "researcher", "scopes": []any{}, "via": "token"})
	case "/health":
		reply(w, map[string]any{"status": "ok", "checks": map[string]any{}})
	case "/data/storage/stats":
		reply(w, map[string]any{"disk": map[string]any{"total": 100, "free": 40, "used_percent": 60}})
	case "/data/version/list":
		reply(w, map[string]any{"versions": []any{}})
	case "/data/ingestion/status":
		reply(w, map[string]any{"lightcurves": map[string]any{"kepler": map[string]any{"files": 0}}})
	case "/catalogs":
		reply(w, map[string]any{"catalogs": []any{map[string]any{"table": "koi", "versions": 1, "rows": f.rows, "columns": 5}}})
	case "/catalogs/koi/columns":
		reply(w, map[string]any{"table": "koi", "version": state, "columns": fakeColumns})
	case "/catalogs/koi":
		f.answerRows(w, r.URL.Query(), state)
	default:
		http.NotFound(w, r)
	}
}

// signIn knows one user.
func (f *fakeTable) signIn(w http.ResponseWriter, r *http.Request) {
	var body map[string]string
	if json.NewDecoder(r.Body).Decode(&body) != nil || body["username"] != "ada" || body["password"] != "countess" {
		refuse(w, http.StatusUnauthorized, "the name or the password is wrong")
		return
	}
	reply(w, map[string]any{"access_token": "let-me-in", "token_type": "Bearer", "expires_in": 900, "refresh_token": "again"})
}

func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "/docs#Unauthenticated", "title": "Sign in first", "status": status, "detail": detail, "code": "Unauthenticated"})
}

var fakeColumns = []map[string]any{
	{"name": "kepoi_name", "type": "char"}, {"name": "kepid", "type": "int"}, {"name": "koi_disposition", "type": "char"},
	{"name": "koi_period", "type": "double", "unit": "days"}, {"name": "koi_period_err1", "type": "double"}, {"name": "koi_period_err2", "type": "double"},
	{"name": "koi_depth", "type": "double", "unit": "ppm"}, {"name": "koi_comment", "type": "char"},
}

// answerRows knows one condition: koi_period>N.
func (f *fakeTable) answerRows(w http.ResponseWriter, q url.Values, state any) {
	if f.problem != 0 {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(f.problem)
		_ = json.NewEncoder(w).Encode(map[string]any{"type": "/docs#Internal", "title": "An internal error occurred", "status": f.problem, "detail": "the table is on fire " + hostile, "code": "Internal", "hint": "call the brigade", "request_id": "abc123", "parameter": "koi_depth"})
		return
	}
	first := 0
	if n, err := strconv.Atoi(strings.TrimPrefix(q.Get("koi_period"), ">")); err == nil {
		first = min(n+1, f.rows)
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	total := f.rows - first
	if q.Get("format") == "csv" {
		_, _ = fmt.Fprint(w, "koi_disposition\r\n", strings.Repeat("CONFIRMED\r\n", total))
		return
	}
	rows := []any{}
	for i := first + offset; i < min(f.rows, first+offset+limit); i++ {
		n := i
		if strings.HasPrefix(q.Get("sort"), "-") {
			n = f.rows - 1 - (i - first)
		}
		row := map[string]any{"kepoi_name": fmt.Sprintf("K%05d.01", n), "kepid": 1000 + n, "koi_disposition": "CONFIRMED", "koi_period": float64(n), "koi_period_err1": 0.25, "koi_period_err2": -0.125, "koi_depth": nil, "koi_comment": hostile}
		rows = append(rows, row)
	}
	reply(w, map[string]any{"table": "koi", "version": state, "total": total, "offset": offset, "limit": limit, "next": nil, "cone": nil, "columns": fakeColumns, "rows": rows})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
