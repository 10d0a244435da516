package preprocess_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
)

func mustRecipe(t testing.TB, profile preprocess.Profile, params string, known ...preprocess.Ephemeris) *preprocess.Recipe {
	t.Helper()
	r, err := preprocess.NewRecipe(profile, json.RawMessage(params), known)
	if err != nil {
		t.Fatalf("%s %s: %v", profile, params, err)
	}
	return r
}

func TestTheGuidesParametersComeFirstWithItsDefaults(t *testing.T) {
	want := [][2]string{
		{"remove_outliers", "true"}, {"sigma_clip_sigma", "5"}, {"sigma_clip_maxiters", "3"},
		{"baseline_window_length", "101"}, {"baseline_polyorder", "2"}, {"wavelet_denoising", "false"},
		{"wavelet_type", `"db4"`}, {"wavelet_levels", "6"}, {"normalize_method", `"median"`},
		{"quality_bitmask", `"default"`}, {"gap_threshold_hours", "0.5"}, {"min_points_per_segment", "100"},
	}
	for i, p := range preprocess.Parameters() {
		if p.Guide != (i < len(want)) {
			t.Errorf("%s: guide %v", p.Name, p.Guide)
		}
		if i < len(want) && (p.Name != want[i][0] || p.Default != want[i][1]) {
			t.Errorf("parameter %d is %s = %s, want %s = %s", i, p.Name, p.Default, want[i][0], want[i][1])
		}
		if p.Doc == "" || p.Limits == "" || p.Type == "" || !json.Valid([]byte(p.Default)) {
			t.Errorf("%s is not described: %+v", p.Name, p)
		}
	}
}

// TestEveryFieldHasItsParameter holds the table to the struct.
func TestEveryFieldHasItsParameter(t *testing.T) {
	var tags, names []string
	typ := reflect.TypeFor[preprocess.Params]()
	for i := range typ.NumField() {
		tags = append(tags, typ.Field(i).Tag.Get("json"))
	}
	for _, p := range preprocess.Parameters() {
		names = append(names, p.Name)
	}
	slices.Sort(tags)
	slices.Sort(names)
	if !slices.Equal(tags, names) {
		t.Errorf("fields %v\nparameters %v", tags, names)
	}
}

// TestDefaultsFitTheirOwnLimits gives each default back as a parameter.
func TestDefaultsFitTheirOwnLimits(t *testing.T) {
	plain := mustRecipe(t, "default", "{}")
	for _, p := range preprocess.Parameters() {
		r := mustRecipe(t, "default", `{"`+p.Name+`":`+p.Default+`}`)
		if r.Digest() != plain.Digest() {
			t.Errorf("%s: giving the default %s changes the recipe", p.Name, p.Default)
		}
	}
}

func TestWhatDoesNotFitIsRefusedByName(t *testing.T) {
	for name, c := range map[string]struct{ params, names, limits string }{
		"an even window":                  {`{"baseline_window_length":100}`, "baseline_window_length", "odd, 3 to 999999"},
		"a window of zero":                {`{"baseline_window_length":0}`, "baseline_window_length", "odd"},
		"a negative window":               {`{"baseline_window_length":-5}`, "baseline_window_length", "odd"},
		"a huge window":                   {`{"baseline_window_length":1000001}`, "baseline_window_length", "999999"},
		"a window with a fraction":        {`{"baseline_window_length":101.5}`, "baseline_window_length", "odd"},
		"an order as large as the window": {`{"baseline_window_length":5,"baseline_polyorder":5}`, "baseline_polyorder", "below baseline_window_length"},
		"an order out of reach":           {`{"baseline_polyorder":40}`, "baseline_polyorder", "0 to 9"},
		"a negative sigma":                {`{"sigma_clip_sigma":-1}`, "sigma_clip_sigma", "above 0"},
		"sigma zero":                      {`{"sigma_clip_sigma":0}`, "sigma_clip_sigma", "above 0"},
		"an infinite sigma":               {`{"sigma_clip_sigma":"inf"}`, "sigma_clip_sigma", "above 0"},
		"minus infinity":                  {`{"sigma_lower":"-inf"}`, "sigma_lower", "inf"},
		"a number beyond float64":         {`{"sigma_clip_sigma":1e999}`, "sigma_clip_sigma", "above 0"},
		"the text NaN":                    {`{"sigma_clip_sigma":"NaN"}`, "sigma_clip_sigma", "above 0"},
		"a word for a number":             {`{"grow":"two"}`, "grow", "integer"},
		"a number for true":               {`{"remove_outliers":1}`, "remove_outliers", "true or false"},
		"an unknown wavelet":              {`{"wavelet_type":"db99"}`, "wavelet_type", "coif3"},
		"an unknown method":               {`{"normalize_method":"max"}`, "normalize_method", "minmax"},
		"an unknown preset":               {`{"quality_bitmask":"soft"}`, "quality_bitmask", "hardest"},
		"a mask of 32 bits":               {`{"quality_bitmask":4294967296}`, "quality_bitmask", "2147483647"},
		"a mask below zero":               {`{"quality_bitmask":-1}`, "quality_bitmask", "2147483647"},
		"a misspelt name":                 {`{"sigma_clip_sigm":4}`, "sigma_clip_sigm", "did you mean sigma_clip_sigma?"},
		"part of a name":                  {`{"window_length":51}`, "window_length", "did you mean baseline_window_length?"},
		"a name given twice":              {`{"grow":1,"grow":2}`, "grow", "once"},
		"too many trees":                  {`{"iforest_trees":100000}`, "iforest_trees", "1000"},
		"more votes than members":         {`{"ensemble_members":["mad","iqr"],"ensemble_min_votes":3}`, "ensemble_min_votes", "which is 2"},
		"a member twice":                  {`{"ensemble_members":["mad","mad"]}`, "ensemble_members", "different"},
		"no members":                      {`{"ensemble_members":[]}`, "ensemble_members", "different"},
		"an ephemeris without duration":   {`{"ephemerides":[{"period":3,"t0":1}]}`, "ephemerides[0].duration", "given"},
		"a duration above the period":     {`{"ephemerides":[{"period":3,"t0":1,"duration":4}]}`, "ephemerides[0].duration", "shorter"},
		"an ephemeris with another name":  {`{"ephemerides":[{"period":3,"t0":1,"duration":0.1,"epoch":2}]}`, "ephemerides[0].epoch", "only"},
		"another word for ephemerides":    {`{"ephemerides":"all"}`, "ephemerides", "catalog"},
		"an object for a number":          {`{"grow":{"a":1}}`, "grow", "integer"},
		"a list for the window":           {`{"baseline_window_length":[101]}`, "baseline_window_length", "odd"},
		"a column's name with a line end": {`{"flux_column":"A\nB"}`, "flux_column", "characters"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := preprocess.NewRecipe("default", json.RawMessage(c.params), nil)
			if !errors.Is(err, exo.Invalid) {
				t.Fatalf("%v", err)
			}
			list, _ := exo.ExtraOf(err)["parameters"].([]preprocess.Mistake)
			if len(list) != 1 || list[0].Name != c.names || !strings.Contains(list[0].Limits, c.limits) {
				t.Errorf("mistakes %+v", list)
			}
			if m := exo.MessageOf(err); !strings.Contains(m, c.names) || !strings.Contains(m, c.limits) {
				t.Errorf("message %q", m)
			}
		})
	}
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	_, err := preprocess.NewRecipe("default", json.RawMessage(`{"grow":-1,"wavelet_type":"db0","sigma":3}`), nil)
	list, _ := exo.ExtraOf(err)["parameters"].([]preprocess.Mistake)
	if len(list) != 3 {
		t.Fatalf("%v", err)
	}
}

func TestWhatIsNoJSONObjectIsRefused(t *testing.T) {
	for _, text := range []string{"[]", "3", `"x"`, "{", `{"grow":NaN}`, `{"grow":1} {}`, `{"grow":1}]`, "{" + strings.Repeat(" ", 1<<20) + "}"} {
		if _, err := preprocess.NewRecipe("default", json.RawMessage(text), nil); !errors.Is(err, exo.Invalid) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if _, err := preprocess.NewRecipe("fast", nil, nil); !errors.Is(err, exo.Invalid) || !strings.Contains(exo.MessageOf(err), "default or transit") {
		t.Errorf("unknown profile: %v", err)
	}
}

var wasp62 = preprocess.Ephemeris{Period: 4.411953, T0: 1326.04, Duration: 0.152, PeriodErr: 1e-6, T0Err: 2e-4, Object: "TOI 102.01", Source: "toi"}

func TestProfilesAndTheOrderOfTheirLayers(t *testing.T) {
	inf := math.Inf(1)
	single := preprocess.Ephemeris{T0: 1330, Duration: 0.4}
	for name, c := range map[string]struct {
		profile preprocess.Profile
		params  string
		known   []preprocess.Ephemeris
		check   func(p preprocess.Params) bool
	}{
		"default leaves known planets alone": {"default", `{}`, []preprocess.Ephemeris{wasp62}, func(p preprocess.Params) bool {
			return len(p.Ephemerides) == 0 && p.Ephemerides != nil && !*p.ProtectTransits && !*p.NormExcludeTransits && p.BaselineMethod == "savgol" && *p.SigmaLower == 5 && *p.MADK == 5 && *p.EnsembleMinVotes == 3 && *p.BiweightWindowDays == 1.5
		}},
		"the empty profile is default": {"", `null`, nil, func(p preprocess.Params) bool { return p.BaselineMethod == "savgol" }},
		"transit masks known planets": {"transit", ``, []preprocess.Ephemeris{wasp62, single}, func(p preprocess.Params) bool {
			return len(p.Ephemerides) == 2 && *p.ProtectTransits && *p.NormExcludeTransits && p.BaselineMethod == "savgol_masked" && p.BaselineWindowDurations == 3 && p.ClipAfter && float64(*p.SigmaLower) == inf && *p.SigmaUpper == 5 && near(*p.BiweightWindowDays, 1.2, 1e-12)
		}},
		"transit without planets is blind": {"transit", `{}`, nil, func(p preprocess.Params) bool {
			return p.BaselineMethod == "biweight" && *p.BiweightWindowDays == 1.5 && float64(*p.SigmaLower) == inf && !*p.ProtectTransits
		}},
		"none makes transit blind": {"transit", `{"ephemerides":"none"}`, []preprocess.Ephemeris{wasp62}, func(p preprocess.Params) bool {
			return p.BaselineMethod == "biweight" && len(p.Ephemerides) == 0
		}},
		"an empty list too": {"transit", `{"ephemerides":[]}`, []preprocess.Ephemeris{wasp62}, func(p preprocess.Params) bool { return p.BaselineMethod == "biweight" }},
		"catalog uses them in default": {"default", `{"ephemerides":"catalog"}`, []preprocess.Ephemeris{wasp62}, func(p preprocess.Params) bool {
			return len(p.Ephemerides) == 1 && *p.ProtectTransits && p.BaselineMethod == "savgol" && *p.SigmaLower == 5
		}},
		"the user's list replaces the catalog's": {"transit", `{"ephemerides":[{"period":null,"t0":2457001,"duration":0.2}]}`, []preprocess.Ephemeris{wasp62}, func(p preprocess.Params) bool {
			return len(p.Ephemerides) == 1 && p.Ephemerides[0].T0 == 2457001 && p.Ephemerides[0].Period == 0
		}},
		"null is unset": {"transit", `{"ephemerides":null,"sigma_lower":null}`, []preprocess.Ephemeris{wasp62}, func(p preprocess.Params) bool {
			return len(p.Ephemerides) == 1 && float64(*p.SigmaLower) == inf
		}},
		"the user wins over the profile": {"transit", `{"sigma_lower":4,"clip_after":false,"baseline_method":"savgol","outlier_sides":"both"}`, nil, func(p preprocess.Params) bool {
			return *p.SigmaLower == 4 && !p.ClipAfter && p.BaselineMethod == "savgol" && p.OutlierSides == "both"
		}},
		"unprotected planets take a biweight of six durations": {"default", `{"ephemerides":"catalog","protect_transits":false}`, []preprocess.Ephemeris{wasp62}, func(p preprocess.Params) bool {
			return near(*p.BiweightWindowDays, 6*wasp62.Duration, 1e-12)
		}},
		"limits follow sigma": {"default", `{"sigma_clip_sigma":4,"sigma_upper":"inf"}`, nil, func(p preprocess.Params) bool {
			return *p.SigmaLower == 4 && float64(*p.SigmaUpper) == inf && *p.MADK == 4
		}},
		"unusable planets are left aside": {"transit", `{}`, []preprocess.Ephemeris{{Period: 3, T0: math.NaN(), Duration: 1}, {Period: 1, T0: 3, Duration: 2}, {Period: 3, T0: 4}}, func(p preprocess.Params) bool {
			return p.BaselineMethod == "biweight"
		}},
		"a mask of its own": {"default", `{"quality_bitmask":21183}`, nil, func(p preprocess.Params) bool { return p.QualityBitmask == preprocess.Bitmask{Mask: 21183} }},
	} {
		t.Run(name, func(t *testing.T) {
			r := mustRecipe(t, c.profile, c.params, c.known...)
			if !c.check(r.Params) {
				t.Errorf("%s", r.Canonical())
			}
		})
	}
}

func TestParseOfCanonicalIsTheIdentity(t *testing.T) {
	odd := preprocess.Ephemeris{Period: 1e-3 * math.Pi, T0: 2454833.123456789, Duration: 1e-7 / 3, DepthPPM: 1, Object: "K2-18 b “é” \U0001F30D\\\"\n", Source: strings.Repeat("é", 90)}
	for _, r := range []*preprocess.Recipe{
		mustRecipe(t, "default", "{}"),
		mustRecipe(t, "transit", "{}", wasp62, odd),
		mustRecipe(t, "transit", `{"sigma_upper":1e-9,"gap_threshold_hours":1e5,"iforest_seed":9007199254740991,"quality_bitmask":3}`),
	} {
		c := r.Canonical()
		back, err := preprocess.ParseRecipe(r.Profile, c)
		if err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		if string(back.Canonical()) != string(c) || back.Digest() != r.Digest() || !reflect.DeepEqual(back.Params, r.Params) {
			t.Errorf("%s\nbecame %s", c, back.Canonical())
		}
		var sorted map[string]json.RawMessage
		if err := json.Unmarshal(c, &sorted); err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(sorted); len(again) < len(c)/2 {
			t.Errorf("%s", again)
		}
		for _, b := range c {
			if b < ' ' || b > '~' {
				t.Fatalf("byte %#x in the canonical form", b)
			}
		}
		if want := exo.DigestOf(c); r.Digest() != want || r.Short() != want.Hex()[:8] {
			t.Error("digest")
		}
	}
}

func TestOnlyTheCanonicalFormIsParsed(t *testing.T) {
	c := string(mustRecipe(t, "transit", "{}", wasp62).Canonical())
	for name, text := range map[string]string{
		"a blank":        strings.Replace(c, ":", ": ", 1),
		"a longer float": strings.Replace(c, `"mask_factor":1.5`, `"mask_factor":1.50`, 1),
		"a missing one":  strings.Replace(c, `"mask_factor":1.5,`, ``, 1),
		"null":           strings.Replace(c, `"mask_factor":1.5`, `"mask_factor":null`, 1),
		"a word":         c[:strings.Index(c, `"ephemerides":`)] + `"ephemerides":"none",` + c[strings.Index(c, `"flux_column"`):],
		"another order":  `{"clip_after":true,` + strings.Replace(c, `"clip_after":true,`, ``, 1)[1:],
		"nothing":        "",
	} {
		if text == c {
			t.Fatalf("%s: the case changes nothing", name)
		}
		if _, err := preprocess.ParseRecipe("transit", []byte(text)); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPairsOfTheCommandLine(t *testing.T) {
	got, err := preprocess.ParamJSON([]string{"sigma_clip_sigma=4", "wavelet_type=db4", `quality_bitmask="hard"`, "sigma_lower = inf", "remove_outliers=false", "flux_column=a=b", "grow=NaN"})
	want := `{"sigma_clip_sigma":4,"wavelet_type":"db4","quality_bitmask":"hard","sigma_lower":"inf","remove_outliers":false,"flux_column":"a=b","grow":"NaN"}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	for _, pair := range []string{"sigma", "=3", ""} {
		if _, err := preprocess.ParamJSON([]string{pair}); !errors.Is(err, exo.Invalid) {
			t.Errorf("%q: %v", pair, err)
		}
	}
}

func FuzzNewRecipe(f *testing.F) {
	f.Add("default", `{"sigma_lower":"inf","quality_bitmask":21183}`)
	f.Add("transit", `{"ephemerides":[{"period":3,"t0":1,"duration":0.1,"object":"é"}]}`)
	f.Add("transit", `{"ensemble_members":["mad"],"grow":1e3,"biweight_window_days":0.7}`)
	f.Fuzz(func(t *testing.T, profile, params string) {
		r, err := preprocess.NewRecipe(preprocess.Profile(profile), json.RawMessage(params), []preprocess.Ephemeris{wasp62})
		if err != nil {
			if !errors.Is(err, exo.Invalid) || len(exo.MessageOf(err)) > 1<<14 {
				t.Fatalf("%v", err)
			}
			return
		}
		back, err := preprocess.ParseRecipe(r.Profile, r.Canonical())
		if err != nil || string(back.Canonical()) != string(r.Canonical()) {
			t.Fatalf("%s: %v", r.Canonical(), err)
		}
	})
}
