package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
)

// recipe gathers the flags that say how to process.
type recipe struct {
	profile     string
	set         []string
	file        string
	ephemerides []string
}

// profiles are the words of --profile.
var profiles = []string{string(preprocess.ProfileDefault), string(preprocess.ProfileTransit)}

// maxParams bounds a file of parameters.
const maxParams = 1 << 20

// flags adds the flags to a command. Its --set stands before the one of the
// program: here it gives parameters.
func (r *recipe) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.profile, "profile", "", "set of parameters: default, or transit, which keeps transits")
	f.StringArrayVar(&r.set, "set", nil, "a parameter of the processing, as `key=value`; see exoplanetai preprocess params")
	f.StringVar(&r.file, "params", "", "read parameters, one JSON object, from this `file`; - is standard input")
	words := func(list []string, d cobra.ShellCompDirective) cobra.CompletionFunc {
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) { return list, d }
	}
	var keys []string
	for _, p := range preprocess.Parameters() {
		keys = append(keys, p.Name+"=")
	}
	// A completion can be refused only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("profile", words(profiles, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("set", words(keys, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
}

// ephemerisFlag adds --ephemeris.
func (r *recipe) ephemerisFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&r.ephemerides, "ephemeris", nil,
		"a planet's transits, as `period=8.46,t0=1330.39,duration=3.5h`; days, or hours with h; t0 as in the file, or a full BJD; may be given several times")
}

// params makes the JSON object of the parameters given by --params and --set,
// the latter over the former, and checks them before anything is opened.
// Settings of the program among --set go to the configuration.
func (c *command) params(ctx context.Context, r *recipe) (json.RawMessage, error) {
	const op = "cli.params"
	given := map[string]json.RawMessage{}
	if r.file != "" {
		text, err := c.input(ctx, r.file, maxParams)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &given); err != nil || given == nil {
			return nil, exo.E(op, exo.Invalid, nil, err).Say("%s holds no JSON object", called(r.file)).Try(`write {"sigma_clip_sigma": 4, "normalize_method": "mean"} for one`)
		}
		if name := twice(text); name != "" {
			return nil, exo.Errorf(op, exo.Invalid, nil, "%s names %s twice", called(r.file), clean(name)).Try("leave one of the two out")
		}
	}
	if r.profile != "" && !slices.Contains(profiles, r.profile) {
		return nil, exo.Errorf(op, exo.Invalid, nil, "--profile %.40q is no profile", r.profile).Try("%s", strings.Join(profiles, " or "))
	}
	set := map[string]bool{}
	for _, pair := range r.set {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, exo.Errorf(op, exo.Invalid, nil, "--set %q is not key=value", clean(pair)).Try("--set sigma_clip_sigma=4; exoplanetai preprocess params lists all parameters")
		}
		if set[key] {
			return nil, exo.Errorf(op, exo.Invalid, nil, "--set %s is given twice", clean(key)).Try("leave one of the two out")
		}
		set[key] = true
		if c.isSetting(key) {
			c.common.Set[key] = value
			continue
		}
		given[key] = parameter(key, value)
	}
	var doc json.RawMessage
	if len(given) > 0 {
		var err error
		if doc, err = json.Marshal(given); err != nil {
			return nil, exo.E(op, exo.Invalid, nil, err).Say("the parameters cannot be read")
		}
	}
	_, err := preprocess.NewRecipe(r.chosen(), doc, nil)
	if err != nil && exo.HintOf(err) == "" {
		err = exo.E(op, exo.KindOf(err), nil, err).Say("%s", exo.MessageOf(err)).Try("exoplanetai preprocess params lists all parameters and their limits")
	}
	return doc, err
}

// twice returns a member that stands twice in a JSON object; "" if none does.
func twice(object []byte) string {
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil {
		return ""
	}
	seen := map[string]bool{}
	for dec.More() {
		name, err := dec.Token()
		key, ok := name.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			return ""
		}
		if seen[key] {
			return key
		}
		seen[key] = true
	}
	return ""
}

// chosen is the profile. Who gives an ephemeris means to keep the transits.
func (r *recipe) chosen() preprocess.Profile {
	switch {
	case r.profile != "":
		return preprocess.Profile(r.profile)
	case len(r.ephemerides) > 0:
		return preprocess.ProfileTransit
	}
	return preprocess.ProfileDefault
}

// isSetting tells a key of the configuration from a parameter of the
// processing.
func (c *command) isSetting(key string) bool {
	if strings.Contains(key, ".") {
		return true
	}
	for _, p := range preprocess.Parameters() {
		if p.Name == key {
			return false
		}
	}
	list, err := c.program.Settings(Common{})
	return err == nil && slices.ContainsFunc(list, func(s Setting) bool { return s.Key == key })
}

// parameter writes a value of --set as JSON, in the form that its parameter has.
// What cannot be read stays a text, and is refused with the parameter's name.
func parameter(key, value string) json.RawMessage {
	kind := ""
	for _, p := range preprocess.Parameters() {
		if p.Name == key {
			kind = p.Type
		}
	}
	text := func(s string) json.RawMessage {
		b, err := json.Marshal(s)
		if err != nil {
			return json.RawMessage(`""`)
		}
		return b
	}
	switch low := strings.ToLower(strings.TrimSpace(value)); {
	case kind == "string":
		return text(value)
	case kind == "boolean" && slices.Contains([]string{"true", "yes", "on"}, low):
		return json.RawMessage("true")
	case kind == "boolean" && slices.Contains([]string{"false", "no", "off"}, low):
		return json.RawMessage("false")
	case kind == "array" && !strings.HasPrefix(low, "["):
		var list []string
		for word := range strings.SplitSeq(value, ",") {
			list = append(list, strings.TrimSpace(word))
		}
		if b, err := json.Marshal(list); err == nil {
			return b
		}
	}
	if json.Valid([]byte(value)) {
		return json.RawMessage(value)
	}
	return text(value)
}

// knownEphemerides reads the --ephemeris flags; zero is the BJD at which the
// light curve's time reads zero.
func (r *recipe) knownEphemerides(zero float64) ([]preprocess.Ephemeris, error) {
	var list []preprocess.Ephemeris
	for _, text := range r.ephemerides {
		e, err := parseEphemeris(text, zero)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func parseEphemeris(text string, zero float64) (preprocess.Ephemeris, error) {
	const op = "cli.ephemeris"
	e := preprocess.Ephemeris{Source: "command line"}
	numbers := map[string]*float64{
		"period": &e.Period, "t0": &e.T0, "duration": &e.Duration, "period_err": &e.PeriodErr, "t0_err": &e.T0Err, "duration_err": &e.DurationErr, "depth_ppm": &e.DepthPPM,
	}
	given := map[string]bool{}
	for pair := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		to := numbers[key]
		switch {
		case ok && key == "object":
			e.Object = value
			continue
		case !ok || to == nil:
			return e, exo.Errorf(op, exo.Invalid, nil, "%q in --ephemeris is not one of %s", clean(pair), strings.Join(slices.Sorted(maps.Keys(numbers)), ", ")).
				Try("--ephemeris period=8.463,t0=1330.39,duration=3.5h")
		}
		if given[key] {
			return e, exo.Errorf(op, exo.Invalid, nil, "--ephemeris %q names %s twice", clean(text), key).Try("write one --ephemeris for each planet")
		}
		unit := 1.0
		if hours, found := strings.CutSuffix(value, "h"); found && key != "depth_ppm" {
			value, unit = hours, 24
		}
		v, err := strconv.ParseFloat(strings.TrimSuffix(value, "d"), 64)
		if err != nil || v-v != 0 {
			return e, exo.E(op, exo.Invalid, nil, err).Say("%q in --ephemeris is no number", clean(pair)).Try("--ephemeris period=8.463,t0=1330.39,duration=3.5h")
		}
		*to, given[key] = v/unit, true
	}
	for _, key := range []string{"period", "t0", "duration"} {
		if !given[key] {
			return e, exo.Errorf(op, exo.Invalid, nil, "--ephemeris %q has no %s", clean(text), key).Try("--ephemeris period=8.463,t0=1330.39,duration=3.5h; period=0 is a single transit")
		}
	}
	if e.Period < 0 || e.Duration <= 0 || (e.Period > 0 && e.Duration >= e.Period) {
		return e, exo.Errorf(op, exo.Invalid, nil, "--ephemeris %q is no transit: the duration must be positive and shorter than the period", clean(text)).
			Try("days are meant; write hours as duration=3.5h")
	}
	if e.T0 > 2_000_000 {
		e.T0 -= zero
	}
	return e, nil
}

// input reads a file that the user named; - is standard input.
func (c *command) input(ctx context.Context, name string, limit int64) ([]byte, error) {
	const op = "cli.input"
	data, err := c.readInput(ctx, name, limit)
	switch {
	case err == nil:
		return data, nil
	case errors.Is(err, exo.TooLarge):
		return nil, exo.E(op, exo.Invalid, nil, err).Say("%s is larger than %s", clean(name), size(limit)).Try("name another file")
	}
	return nil, exo.E(op, exo.NotFound, nil, err).Say("the file %s cannot be read", clean(name)).Try("name a readable file")
}

func (c *command) paramsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "params", Short: "List the parameters of the processing", Args: words(),
		Long: "Lists every parameter with its default in the profile default, its limits, and what it means.\n" +
			"Give them with --set key=value, in a file with --params, or as processing_params over HTTP.",
		Example: "  exoplanetai preprocess params\n" +
			"  exoplanetai preprocess params --json\n" +
			"  exoplanetai preprocess lightcurve \"TIC 441420236\" --set sigma_clip_sigma=4 --set outlier_sides=upper",
		RunE: func(*cobra.Command, []string) error {
			if c.json {
				return c.printParams()
			}
			var rows [][]string
			for _, p := range preprocess.Parameters() {
				limits := p.Limits
				if len(p.Words) > 0 {
					limits = strings.Join(p.Words, " ")
				}
				rows = append(rows, []string{p.Name, p.Default, limits, p.Doc})
			}
			return c.table([]string{"PARAMETER", "DEFAULT", "LIMITS", "MEANING"}, rows)
		},
	}
}

// parameterDoc is an entry of `preprocess params --json`.
type parameterDoc struct {
	Name    string          `json:"name"`
	Type    string          `json:"type"`
	Default json.RawMessage `json:"default"`
	Words   []string        `json:"words,omitempty"`
	Limits  string          `json:"limits,omitempty"`
	Doc     string          `json:"doc"`
	Guide   bool            `json:"guide"` // one of the twelve of the user guide
}

func (c *command) printParams() error {
	list := []parameterDoc{}
	for _, p := range preprocess.Parameters() {
		value := json.RawMessage(p.Default)
		if !json.Valid(value) {
			value = json.RawMessage("null")
		}
		list = append(list, parameterDoc{p.Name, p.Type, value, p.Words, p.Limits, p.Doc, p.Guide})
	}
	return c.printJSON(list)
}
