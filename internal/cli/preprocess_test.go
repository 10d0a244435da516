package cli_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"exoplanetai/internal/process"
	"exoplanetai/internal/xtest"
)

// lightCurveFile is a real light curve as the fake program reads it.
func lightCurveFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(xtest.Glob(t, "data/real/lightcurves/tess/*.fits")[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestProcessingWritesDataToStandardOutput(t *testing.T) {
	const header = "\tSECTOR\tBEFORE\tAFTER\tPPM BEFORE\tPPM AFTER\tHELD\tREMOVED\tFILE\n"
	for name, c := range map[string]struct{ line, want string }{
		"preprocess lightcurve": {"preprocess lightcurve Kepler-10", "TARGET" + header + "TIC 1\t4\t9\t6\t123\t-\tnew\tquality 3\tprocessed/a.fits\n"},
		"lightcurve list": {"lightcurve list Kepler-10", "TARGET\tSLICE\tCADENCE\tROWS\tAUTHOR\tPROFILE\tRECIPE\tFILE\n" +
			"TIC 1\tS4\t120\t0\t\traw\t\tlightcurves/lightcurve\nTIC 1\tS4\t120\t0\t\traw\t\tlightcurves/processed\n"},
		"preprocess params": {"preprocess params", "baseline_window_length\t101\t"},
	} {
		out, errs, status := run(&fake{}, strings.Fields(c.line)...)
		if status != 0 || !strings.Contains(out, c.want) || strings.ContainsRune(out+errs, '\x1b') {
			t.Errorf("%s: exit %d\ngot  %q\nwant %q\nstderr %s", name, status, out, c.want, errs)
		}
	}
	for _, line := range []string{"preprocess lightcurve Kepler-10", "preprocess lightcurve Kepler-10 TOI-700", "preprocess params", "lightcurve list Kepler-10", "lightcurve plot Kepler-10 -o x.png"} {
		if out, errs, status := run(&fake{}, append(strings.Fields(line), "--json")...); status != 0 || !json.Valid([]byte(out)) {
			t.Errorf("%s: exit %d, %q %s", line, status, out, errs)
		}
	}
}

func TestSetGivesParametersAndSettings(t *testing.T) {
	f := &fake{}
	_, errs, status := run(f, "preprocess", "lightcurve", "Kepler-10", "--profile", "transit", "--set", "sigma_clip_sigma=4", "--set", "wavelet_denoising=Yes",
		"--set", "normalize_method=mean", "--set", "ensemble_members=mad,iqr", "--set", "sigma_upper=inf", "--set", "storage.raw_retention_days=1", "--set", "data_path=other")
	if status != 0 || len(f.calls) != 1 {
		t.Fatalf("exit %d: %s", status, errs)
	}
	req := f.calls[0].(process.Request)
	var got map[string]any
	if err := json.Unmarshal(req.ProcessingParams, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"sigma_clip_sigma": 4.0, "wavelet_denoising": true, "normalize_method": "mean", "ensemble_members": []any{"mad", "iqr"}, "sigma_upper": "inf"}
	if !reflect.DeepEqual(got, want) || req.Profile != "transit" {
		t.Errorf("got %v, want %v; profile %q", got, want, req.Profile)
	}
	if f.common.Set["storage.raw_retention_days"] != "1" || f.common.Set["data_path"] != "other" {
		t.Errorf("settings %v", f.common.Set)
	}
}

func TestWhatCannotBeProcessedIsRefusedBeforeAnyWork(t *testing.T) {
	for line, want := range map[string]string{
		"preprocess lightcurve":                                                     "no star is named",
		"preprocess lightcurve Kepler-10 --profile best":                            `"best" is no profile`,
		"preprocess lightcurve Kepler-10 --set baseline_window_length=4":            "baseline_window_length",
		"preprocess lightcurve Kepler-10 --set no_such=1":                           "no_such",
		"preprocess lightcurve Kepler-10 --set sigma":                               "not key=value",
		"preprocess lightcurve Kepler-10 --set sigma_clip_sigma=NaN":                "sigma_clip_sigma",
		"preprocess file IN.fits":                                                   "where to write",
		"preprocess file -o OUT.fits":                                               "no file is named",
		"preprocess file A.fits B.fits -o OUT.fits":                                 "need a folder",
		"preprocess file A.fits B.fits -o -":                                        "standard output",
		"preprocess file A.fits -o - --json":                                        "--json",
		"preprocess file A.fits B.fits -o out/ --report r.json":                     "--report is for one file",
		"preprocess file A.fits -o B.fits --ephemeris period=1":                     "has no t0",
		"preprocess file A.fits -o B.fits --ephemeris t=1":                          "is not one of",
		"preprocess file A.fits -o B.fits --ephemeris period=1,t0=x":                "no number",
		"preprocess file A.fits -o B.fits --ephemeris period=1,t0=1,duration=3":     "shorter than the period",
		"lightcurve plot Kepler-10":                                                 "where to write",
		"lightcurve plot Kepler-10 -o x.png --width 3":                              "--width 3",
		"lightcurve plot A.fits -o x.png --width 399":                               "400 to 8000",
		"lightcurve plot A.fits -o x.png --width 8001":                              "400 to 8000",
		"lightcurve plot Kepler-10 -o x.png --ephemeris period=1,t0=1,duration=0.1": "--ephemeris is for files",
		"preprocess file A.fits -o B.fits --set grow=1 --set grow=2":                "given twice",
		"preprocess file A.fits -o B.fits --ephemeris period=1,period=2":            "names period twice",
		"preprocess file A.fits -o B.fits --report B.fits":                          "cannot both be B.fits",
		"preprocess file A.fits -o B.fits --report - --json":                        "standard output",
		"preprocess file A.fits -o - --report -":                                    "standard output",
		"lightcurve plot A.fits -o x.png --sector-quarter 5":                        "is one file",
		"reproduce": "needs one more word",
	} {
		f := &fake{list: "x"}
		_, errs, status := run(f, strings.Fields(line)...)
		if status != 2 || !strings.Contains(errs, want) || !(strings.Contains(errs, "Try: ") || strings.Contains(errs, `"hint"`)) || f.opened+len(f.calls)+len(f.files) != 0 {
			t.Errorf("%s: exit %d, %s", line, status, errs)
		}
	}
}

func TestOneFailureStopsNoOtherStar(t *testing.T) {
	out, errs, status := run(&fake{}, "preprocess", "lightcurve", "Nobody", "Kepler-10")
	if status != 3 || !strings.Contains(out, "processed/a.fits") || !strings.Contains(errs, "Nobody") || !strings.Contains(errs, "ingest it") {
		t.Errorf("exit %d\n%s%s", status, out, errs)
	}
	out, _, _ = run(&fake{}, "preprocess", "lightcurve", "Nobody", "Kepler-10", "--json")
	var doc struct{ Outcomes []map[string]any }
	if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc.Outcomes) != 2 || doc.Outcomes[0]["code"] != "NotFound" || doc.Outcomes[1]["result"] == nil {
		t.Errorf("%v %s", err, out)
	}
}

func TestFilesAreProcessedWithoutAStore(t *testing.T) {
	f := &fake{list: lightCurveFile(t)}
	out, errs, status := run(f, "preprocess", "file", "in/a.fits", "-o", "b.fits", "--report", "b.json")
	if status != 0 || f.opened != 0 || string(f.files["b.fits"]) != "SIMPLE" || !json.Valid(f.files["b.json"]) || !strings.Contains(out, "\tb.fits\n") {
		t.Fatalf("exit %d, %d stores opened: %s%s", status, f.opened, out, errs)
	}
	if _, errs, status = run(f, "preprocess", "file", "in/a.fits", "-o", "b.fits"); status != 1 || !strings.Contains(errs, "--force") {
		t.Errorf("over an existing file: exit %d: %s", status, errs)
	}
	if _, errs, status = run(f, "preprocess", "file", "in/a.fits", "-o", "b.fits", "--force"); status != 0 {
		t.Errorf("--force: exit %d: %s", status, errs)
	}
	if out, errs, status = run(f, "preprocess", "file", "a.fits", "c.fits", "-o", "out", "--json"); status != 0 || len(f.files) != 4 || !json.Valid([]byte(out)) {
		t.Errorf("exit %d, %d files: %s%s", status, len(f.files), out, errs)
	}
	if out, _, _ = run(f, "preprocess", "file", "a.fits", "-o", "-"); out != "SIMPLE" {
		t.Errorf("to standard output: %q", out)
	}
}

func TestAnEphemerisChoosesTheProfileAndFollowsTheFilesTime(t *testing.T) {
	f := &fake{list: lightCurveFile(t)}
	_, errs, status := run(f, "preprocess", "file", "a.fits", "-o", "b.fits", "--ephemeris", "period=3.25,t0=2458327.5,duration=6h,object=TOI 1.01")
	if status != 0 {
		t.Fatalf("exit %d: %s", status, errs)
	}
	in := f.calls[0].(process.FileInput)
	if e := in.Ephemerides[0]; in.Profile != "transit" || e.Period != 3.25 || e.T0 != 1327.5 || e.Duration != 0.25 || e.Object != "TOI 1.01" || e.Source == "" {
		t.Errorf("%+v", in)
	}
}

func TestBytesThatAreNoLightCurveAreNamed(t *testing.T) {
	for _, line := range []string{"preprocess file a.fits -o b.fits", "lightcurve plot a.fits -o a.png", "reproduce a.fits"} {
		if _, errs, status := run(&fake{list: "not FITS"}, strings.Fields(line)...); status != 4 || !strings.Contains(errs, "a.fits is no FITS file") {
			t.Errorf("%s: exit %d: %s", line, status, errs)
		}
		if _, errs, status := run(&fake{}, strings.Fields(line)...); status != 3 || !strings.Contains(errs, "cannot be read") {
			t.Errorf("%s: exit %d: %s", line, status, errs)
		}
	}
	if _, errs, status := run(&fake{list: lightCurveFile(t)}, "reproduce", "a.fits"); status != 2 || !strings.Contains(errs, "no processed light curve") {
		t.Errorf("a raw file: exit %d: %s", status, errs)
	}
}

func TestParametersThatStandTwiceInAFileAreRefused(t *testing.T) {
	f := &fake{list: `{"grow": 1, "sigma_clip_sigma": 4, "grow": 2}`}
	if _, errs, status := run(f, "preprocess", "lightcurve", "Kepler-10", "--params", "p.json"); status != 2 || !strings.Contains(errs, "p.json names grow twice") || f.opened != 0 {
		t.Errorf("exit %d: %s", status, errs)
	}
}

func TestNothingIsComputedForAFileThatMayNotBeWritten(t *testing.T) {
	f := &fake{list: lightCurveFile(t), files: map[string][]byte{"old.json": nil, "old.png": nil}}
	for _, line := range []string{"preprocess file a.fits -o b.fits --report old.json", "lightcurve plot a.fits -o old.png"} {
		if _, errs, status := run(f, strings.Fields(line)...); status != 1 || !strings.Contains(errs, "exists") || len(f.calls) != 0 || len(f.files) != 2 {
			t.Errorf("%s: exit %d: %s %v", line, status, errs, f.calls)
		}
	}
}

func TestADamagedFileIsNotProcessed(t *testing.T) {
	text := []byte(lightCurveFile(t))
	text[len(text)/2] ^= 1
	f := &fake{list: string(text)}
	if _, errs, status := run(f, "preprocess", "file", "in/a.fits", "-o", "b.fits"); status != 4 || !strings.Contains(errs, "in/a.fits: HDU 1") || !strings.Contains(errs, "sums") || len(f.calls)+len(f.files) != 0 {
		t.Errorf("exit %d: %s", status, errs)
	}
}

func TestWhatCannotBeReadSaysWhy(t *testing.T) {
	for line, want := range map[string]string{
		"reproduce a.fits":            "there is no such file",
		"preprocess file - -o b.fits": "standard input is no FITS file",
		"lightcurve plot - -o b.png":  "standard input is no FITS file",
	} {
		if _, errs, _ := run(&fake{}, strings.Fields(line)...); !strings.Contains(errs, want) {
			t.Errorf("%s: %s", line, errs)
		}
	}
}

func TestAListMayBeginWithAByteOrderMark(t *testing.T) {
	f := &fake{list: "\ufeffTIC 1\r\n# a comment\r\nKepler-10\r\n"}
	if _, errs, status := run(f, "preprocess", "lightcurve", "--from", "names.txt"); status != 0 || len(f.calls) != 2 || f.calls[0].(process.Request).TargetName != "TIC 1" {
		t.Errorf("exit %d: %s %v", status, errs, f.calls)
	}
}
