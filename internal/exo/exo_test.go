package exo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"exoplanetai/internal/exo"
)

func TestParseName(t *testing.T) {
	cases := map[string]struct {
		in        string
		form      exo.Form
		canonical string
	}{
		"a TIC number":                      {"TIC 441420236", exo.FormID, "TIC 441420236"},
		"a TIC number without blank":        {"TIC441420236", exo.FormID, "TIC 441420236"},
		"a lower-case TIC with dash":        {"tic-0000000441420236", exo.FormID, "TIC 441420236"},
		"a Kepler archive name":             {"kplr011904151", exo.FormID, "KIC 11904151"},
		"a K2 archive name":                 {"ktwo201912552", exo.FormID, "EPIC 201912552"},
		"a K2 candidate, for its star":      {"epic 0211311380.01", exo.FormID, "EPIC 211311380"},
		"a K2 candidate with a dash":        {"EPIC-211311380.02", exo.FormID, "EPIC 211311380"},
		"a TOI star":                        {"TOI-700", exo.FormTOI, "TOI 700"},
		"a TOI planet keeps its last digit": {"toi 2221.10", exo.FormTOI, "TOI 2221.10"},
		"a KOI as the catalog writes it":    {"K00072.01", exo.FormKOI, "K00072.01"},
		"a KOI as people write it":          {"KOI-72.01", exo.FormKOI, "K00072.01"},
		"a KOI star":                        {"koi 7016", exo.FormKOI, "K07016"},
		"a Kepler planet":                   {"kepler-10 B", exo.FormKepler, "Kepler-10 b"},
		"a Kepler star":                     {"Kepler 8", exo.FormKepler, "Kepler-8"},
		"a K2 planet":                       {"K2-18b", exo.FormK2, "K2-18 b"},
		"another name, blanks collapsed":    {"  AU   Mic ", exo.FormOther, "AU Mic"},
		"a name with an apostrophe":         {"Barnard's star", exo.FormOther, "Barnard's star"},
		"a name with plus and dot":          {"2MASS J05.1+23", exo.FormOther, "2MASS J05.1+23"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := exo.ParseName(c.in)
			if err != nil {
				t.Fatalf("ParseName(%q): %v", c.in, err)
			}
			if got.Form != c.form || got.Canonical != c.canonical {
				t.Errorf("ParseName(%q) = %s %q, want %s %q", c.in, got.Form, got.Canonical, c.form, c.canonical)
			}
		})
	}
}

func TestParseNameRefuses(t *testing.T) {
	cases := map[string]string{
		"an empty name":               "  ",
		"a path":                      "../../etc/passwd",
		"a dot pair":                  "TIC ..1",
		"a NUL":                       "TIC 1\x00",
		"a byte order mark":           "\ufeffTIC 1",
		"a replaced byte":             "TIC\ufffd1",
		"a line separator":            "TIC\u20281",
		"a line end inside":           "TIC\n1 x",
		"300 characters":              strings.Repeat("a", 300),
		"an option":                   "--upload-pack=x",
		"a bare number":               "201912552",
		"a bare decimal number":       "700.01",
		"TIC zero":                    "TIC 0",
		"a candidate of EPIC zero":    "EPIC 0.01",
		"a candidate of one digit":    "EPIC 211311380.1",
		"a decimal TIC":               "TIC 1.5",
		"a negative TIC":              "TIC -1",
		"a negative KIC":              "kic--7",
		"right-to-left override":      "AU\u202eMic",
		"a zero-width joiner":         "AU\u200bMic",
		"invalid UTF-8":               "AU\xffMic",
		"SQL's statement end":         "x; drop table",
		"a shell's command insertion": "$(reboot)",
	}
	for name, in := range cases {
		t.Run(name, func(t *testing.T) {
			n, err := exo.ParseName(in)
			if !errors.Is(err, exo.Invalid) {
				t.Fatalf("ParseName(%q) = %+v, %v; want Invalid", in, n, err)
			}
			if exo.HintOf(err) == "" {
				t.Errorf("ParseName(%q): no hint", in)
			}
		})
	}
}

func TestACandidateIsNotACatalogNumber(t *testing.T) {
	n, err := exo.ParseName("EPIC 211311380.01")
	if err != nil || n.ID != (exo.TargetID{Catalog: exo.EPIC, Number: 211311380}) {
		t.Errorf("%+v, %v", n, err)
	}
	if id, err := exo.ParseTargetID("EPIC 211311380.01"); !errors.Is(err, exo.Invalid) {
		t.Errorf("the candidate was read as the star %s: %v", id, err)
	}
}

func TestBareNumberNamesAllThreeCatalogs(t *testing.T) {
	_, err := exo.ParseName("11904151")
	for _, want := range []string{"TIC 11904151", "KIC 11904151", "EPIC 11904151"} {
		if !strings.Contains(exo.HintOf(err), want) {
			t.Errorf("hint %q does not offer %s", exo.HintOf(err), want)
		}
	}
}

func FuzzTargetName(f *testing.F) {
	for _, s := range []string{"TIC 1", "K00072.01", "Kepler-10 b", "..", "a/b", "1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := exo.ParseName(s)
		if err != nil {
			if exo.KindOf(err) != exo.Invalid {
				t.Fatalf("ParseName(%q): kind %s", s, exo.KindOf(err))
			}
			return
		}
		if strings.ContainsAny(n.Canonical, "/\\\x00\n\"") || strings.Contains(n.Canonical, "..") {
			t.Fatalf("ParseName(%q) let %q through", s, n.Canonical)
		}
		again, err := exo.ParseName(n.Canonical)
		if err != nil || again.Canonical != n.Canonical || again.Form != n.Form {
			t.Fatalf("canonical name %q of %q reads as %+v, %v", n.Canonical, s, again, err)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"raw/nasa/koi.csv", "../x", "/x", "a//b", "a/./b", "a\\b", "C:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := exo.ParsePath(s)
		if err != nil {
			return
		}
		for part := range strings.SplitSeq(string(p), "/") {
			if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "\\\x00:\n") {
				t.Fatalf("ParsePath(%q) let the part %q through", s, part)
			}
		}
	})
}

func TestPathParts(t *testing.T) {
	p, err := exo.ParsePath("raw/nasa/koi_20260102_030405.csv")
	if err != nil {
		t.Fatal(err)
	}
	if p.Top() != "raw" || p.Dir() != "raw/nasa" || p.Base() != "koi_20260102_030405.csv" {
		t.Errorf("parts of %s: %s %s %s", p, p.Top(), p.Dir(), p.Base())
	}
	if _, err := p.Join(".."); !errors.Is(err, exo.Invalid) {
		t.Errorf("Join(..) = %v, want Invalid", err)
	}
}

func TestDigestTextRoundTrip(t *testing.T) {
	round := func(b []byte) bool {
		d := exo.DigestOf(b)
		text, err := json.Marshal(d)
		if err != nil {
			return false
		}
		var back exo.Digest
		return json.Unmarshal(text, &back) == nil && back == d
	}
	if err := quick.Check(round, nil); err != nil {
		t.Error(err)
	}
	const abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-4 example
	if got := exo.DigestOf([]byte("abc")).String(); got != abc {
		t.Errorf("digest of abc = %s", got)
	}
	for _, bad := range []string{"x", "sha256:12", "md5:" + abc[7:], strings.Replace(abc, "b", "g", 1)} {
		if _, err := exo.ParseDigest(bad); !errors.Is(err, exo.Invalid) {
			t.Errorf("ParseDigest(%q) = %v, want Invalid", bad, err)
		}
	}
}

func TestErrorTellsUserAndLogApart(t *testing.T) {
	cause := fmt.Errorf("open /srv/secret: %w", io.ErrUnexpectedEOF)
	inner := exo.E("fits.Parse", exo.Corrupt, "HDU 1", cause).Say("HDU 1 is cut short").Try("fetch it again").With("row", 7)
	err := fmt.Errorf("ingest: %w", exo.E("store.Publish", exo.Corrupt, "x.fits", inner))
	if !errors.Is(err, exo.Corrupt) || errors.Is(err, exo.Full) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the kind or the cause is lost on the way up")
	}
	if got := exo.MessageOf(err); got != "HDU 1 is cut short" {
		t.Errorf("message %q", got)
	}
	if got := exo.HintOf(err); got != "fetch it again" {
		t.Errorf("hint %q", got)
	}
	if got := exo.ExtraOf(err)["row"]; got != 7 {
		t.Errorf("extra row = %v", got)
	}
	if !strings.Contains(err.Error(), "/srv/secret") || strings.Contains(exo.MessageOf(err), "secret") {
		t.Error("the log must have the cause, the user must not")
	}
	if got := exo.MessageOf(exo.E("x", exo.Internal, "/etc/shadow", nil)); strings.Contains(got, "shadow") {
		t.Errorf("an internal error shows its item: %q", got)
	}
}

func TestKindOfForeignErrors(t *testing.T) {
	cases := map[string]struct {
		err  error
		want exo.Kind
	}{
		"cancelled context": {context.Canceled, exo.Canceled},
		"deadline":          {context.DeadlineExceeded, exo.Unavailable},
		"anything else":     {io.EOF, exo.Internal},
		"a bare kind":       {fmt.Errorf("x: %w", exo.Full), exo.Full},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := exo.KindOf(c.err); got != c.want {
				t.Errorf("KindOf = %s, want %s", got, c.want)
			}
		})
	}
}

func TestScalesAgree(t *testing.T) {
	// BTJD = BKJD - 2167, both count from BJD.
	if got := exo.BTJD.Zero() - exo.BKJD.Zero(); got != 2167 {
		t.Errorf("BTJD and BKJD differ by %g days, want 2167", got)
	}
	if exo.BJD.Zero() != 0 {
		t.Error("BJD does not start at zero")
	}
}

func TestStampIsUTC(t *testing.T) {
	at := time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("CET", 3600))
	if got := exo.Stamp(at); got != "20260102_030405" {
		t.Errorf("Stamp = %s", got)
	}
}

func TestMissionsAndCatalogsPairUp(t *testing.T) {
	for _, m := range []exo.Mission{exo.Kepler, exo.K2, exo.TESS} {
		if m.Catalog().Mission() != m {
			t.Errorf("%s -> %s -> %s", m, m.Catalog(), m.Catalog().Mission())
		}
		got, err := exo.ParseMission(strings.ToUpper(string(m)))
		if err != nil || got != m {
			t.Errorf("ParseMission(%s) = %s, %v", m, got, err)
		}
	}
	if _, err := exo.ParseMission("Hubble"); !errors.Is(err, exo.Invalid) {
		t.Errorf("ParseMission(Hubble) = %v, want Invalid", err)
	}
}

func TestEdits(t *testing.T) {
	cases := map[string]struct {
		a, b string
		want int
	}{
		"equal":            {"koi_period", "koi_period", 0},
		"one replaced":     {"koi_period", "koi_perlod", 1},
		"one missing":      {"timeout", "timeut", 1},
		"classic":          {"kitten", "sitting", 3},
		"against nothing":  {"", "abc", 3},
		"too long to tell": {strings.Repeat("a", 300), strings.Repeat("a", 299), 300},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := exo.Edits(c.a, c.b); got != c.want {
				t.Errorf("Edits = %d, want %d", got, c.want)
			}
			if exo.Edits(c.a, c.b) != exo.Edits(c.b, c.a) {
				t.Error("not symmetric")
			}
		})
	}
}
