package process

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/store"
)

// Combine makes one report of several, of the same recipe. Counts are sums;
// what is not a count (limits, scatter, cadence, share) is the median of the
// files that have it, as no number of one file stands for all. Steps are told
// apart by name and stand in the order of the first report that has them. The
// warnings are those of all, each once.
func Combine(list []preprocess.Report) preprocess.Report {
	if len(list) == 0 {
		return preprocess.Report{}
	}
	all := list[0]
	if len(list) == 1 {
		return all
	}
	all.Quality.Rows, all.Quality.Bits = 0, map[string]int{}
	all.Flags, all.Warnings = map[string]int{}, []string{}
	for _, r := range list {
		all.Quality.Rows += r.Quality.Rows
		add(all.Quality.Bits, r.Quality.Bits)
		add(all.Flags, r.Flags)
		for _, w := range r.Warnings {
			if !slices.Contains(all.Warnings, w) {
				all.Warnings = append(all.Warnings, w)
			}
		}
	}
	all.Steps = combineSteps(list)
	raw, done := make([]preprocess.Metrics, len(list)), make([]preprocess.Metrics, len(list))
	for i, r := range list {
		raw[i], done[i] = r.Metrics.Raw, r.Metrics.Processed
	}
	all.Metrics.Raw, all.Metrics.Processed = combineMetrics(raw), combineMetrics(done)
	return all
}

func add(to, from map[string]int) {
	for k, n := range from {
		to[k] += n
	}
}

func combineSteps(list []preprocess.Report) []preprocess.Step {
	var names []string
	same := map[string][]preprocess.Step{}
	for _, r := range list {
		for _, s := range r.Steps {
			if len(same[s.Name]) == 0 {
				names = append(names, s.Name)
			}
			same[s.Name] = append(same[s.Name], s)
		}
	}
	steps := make([]preprocess.Step, 0, len(names))
	for _, name := range names {
		step := preprocess.Step{Name: name, Method: same[name][0].Method}
		for _, s := range same[name] {
			step.PointsBefore += s.PointsBefore
			step.PointsAfter += s.PointsAfter
		}
		step.Values = combineValues(same[name])
		steps = append(steps, step)
	}
	return steps
}

// counted are the values of a step that are sums over files.
var counted = []string{"quality", "no_time", "no_flux", "duplicate_time", "flagged", "segments", "short_segments", "fits"}

// combineValues combines the values of one step, in the order of the first that
// has them.
func combineValues(steps []preprocess.Step) preprocess.Values {
	var names []string
	by := map[string][]float64{}
	for _, s := range steps {
		for _, v := range s.Values {
			if _, seen := by[v.Name]; !seen {
				names = append(names, v.Name)
			}
			by[v.Name] = append(by[v.Name], v.Value)
		}
	}
	var values preprocess.Values
	for _, name := range names {
		v := median(by[name])
		if slices.Contains(counted, name) {
			v = 0
			for _, x := range by[name] {
				v += x
			}
		}
		values = append(values, preprocess.Value{Name: name, Value: v})
	}
	return values
}

// median leaves NaN out; NaN if nothing is left.
func median(x []float64) float64 {
	x = slices.DeleteFunc(slices.Clone(x), math.IsNaN)
	slices.Sort(x)
	n := len(x)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1 || x[n/2-1] == x[n/2]: // infinities are not averaged
		return x[n/2]
	}
	return (x[n/2-1] + x[n/2]) / 2
}

func combineMetrics(list []preprocess.Metrics) preprocess.Metrics {
	var out preprocess.Metrics
	sum := func(pick func(*preprocess.Metrics) **int) {
		for i := range list {
			if v := *pick(&list[i]); v != nil {
				to := pick(&out)
				if *to == nil {
					*to = new(int)
				}
				**to += *v
			}
		}
	}
	middle := func(pick func(*preprocess.Metrics) **float64) {
		var x []float64
		for i := range list {
			if v := *pick(&list[i]); v != nil {
				x = append(x, *v)
			}
		}
		if len(x) > 0 {
			m := median(x)
			*pick(&out) = &m
		}
	}
	sum(func(m *preprocess.Metrics) **int { return &m.NIn })
	sum(func(m *preprocess.Metrics) **int { return &m.NKept })
	sum(func(m *preprocess.Metrics) **int { return &m.Segments })
	sum(func(m *preprocess.Metrics) **int { return &m.ShortSegments })
	sum(func(m *preprocess.Metrics) **int { return &m.InTransitPoints })
	sum(func(m *preprocess.Metrics) **int { return &m.InTransitRemoved })
	middle(func(m *preprocess.Metrics) **float64 { return &m.MedianCadenceDays })
	middle(func(m *preprocess.Metrics) **float64 { return &m.DutyCycle })
	middle(func(m *preprocess.Metrics) **float64 { return &m.RMS })
	middle(func(m *preprocess.Metrics) **float64 { return &m.MADStd })
	middle(func(m *preprocess.Metrics) **float64 { return &m.P2PMAD })
	middle(func(m *preprocess.Metrics) **float64 { return &m.P2PStd })
	middle(func(m *preprocess.Metrics) **float64 { return &m.CDPPPPM })
	middle(func(m *preprocess.Metrics) **float64 { return &m.CDPP13x101PPM })
	if out.NIn != nil && out.NKept != nil && *out.NIn > 0 {
		share := float64(*out.NKept) / float64(*out.NIn)
		out.FractionRetained = &share
	}
	return out
}

func reportsOf(outputs []Output) []preprocess.Report {
	list := make([]preprocess.Report, len(outputs))
	for i, o := range outputs {
		list[i] = o.Report
	}
	return list
}

// labelled is a warning of one file.
type labelled struct {
	label string // "sector 1"
	text  string
}

// sliceLabel names a file's slice in words; "" if it is unknown.
func sliceLabel(m store.Meta) string {
	if m.SectorQuarter == nil {
		return ""
	}
	return m.Mission.SliceWord() + " " + strconv.Itoa(*m.SectorQuarter)
}

// warningsTogether gives each warning once, in the order of the files. Of several
// files a warning that not all have says which do: "sectors 1, 2: …".
func warningsTogether(said []labelled, files int) []string {
	var texts []string
	labels := map[string][]string{}
	count := map[string]int{}
	for _, w := range said {
		if count[w.text]++; count[w.text] == 1 {
			texts = append(texts, w.text)
		}
		if w.label != "" && !slices.Contains(labels[w.text], w.label) {
			labels[w.text] = append(labels[w.text], w.label)
		}
	}
	list := make([]string, 0, len(texts))
	for _, text := range texts {
		if of := labels[text]; files > 1 && count[text] < files && len(of) > 0 {
			text = joinLabels(of) + ": " + text
		}
		list = append(list, text)
	}
	return list
}

// joinLabels makes "sectors 1, 2" of "sector 1", "sector 2".
func joinLabels(labels []string) string {
	if len(labels) == 1 {
		return labels[0]
	}
	word, _, _ := strings.Cut(labels[0], " ")
	numbers := make([]string, len(labels))
	for i, l := range labels {
		_, numbers[i], _ = strings.Cut(l, " ")
	}
	return word + "s " + strings.Join(numbers, ", ")
}
