package preprocess_test

import (
	"math"
	"slices"
	"testing"

	"exoplanetai/internal/preprocess"
)

func TestSigmaClipAgreesWithTheReference(t *testing.T) {
	var doc struct {
		Cases []struct {
			Input  string
			Params struct {
				Sigma        float64
				MaxIters     *int
				Lower, Upper *number
				Grow         int
				Std          string
			}
			Lower, Upper number
			Flagged      []int
		}
	}
	vectors(t, "sigma_clip.json", &doc)
	in := inputs(t)
	for _, c := range doc.Cases {
		_, x, _ := in[c.Input].valid()
		p := c.Params
		o := preprocess.SigmaClipOptions{Lower: p.Sigma, Upper: p.Sigma, Grow: p.Grow, MADStd: p.Std == "mad_std"}
		if p.Lower != nil {
			o.Lower = float64(*p.Lower)
		}
		if p.Upper != nil {
			o.Upper = float64(*p.Upper)
		}
		if p.MaxIters != nil {
			o.MaxIters = *p.MaxIters
		}
		bad, b := preprocess.SigmaClip(x, o)
		tol := 1e-12 * maxAbs(x)
		// Where the deviation is zero the library makes NaN of 0·inf; here no
		// limit is no limit.
		if !near(b.Lower, float64(c.Lower), tol) || !near(b.Upper, float64(c.Upper), tol) && !math.IsNaN(float64(c.Upper)) {
			t.Errorf("%s %+v: limits %v %v, want %v %v", c.Input, o, b.Lower, b.Upper, c.Lower, c.Upper)
		}
		if got := indices(bad); !slices.Equal(got, c.Flagged) || b.Flagged != len(got) {
			t.Errorf("%s %+v: %d flagged %v, want %v", c.Input, o, b.Flagged, got, c.Flagged)
		}
	}
}

type outlierCase struct {
	Method, Input string
	K             float64
	Sides         preprocess.Sides
	Center, Scale number
	From          string `json:"scale_from"`
	Q1, Q3        number
	Lower, Upper  number
	Z             floats
	Flagged       []int
	Members       []string
	MinVotes      int `json:"min_votes"`
}

func TestOutlierMethodsAgreeWithTheReference(t *testing.T) {
	var doc struct{ Cases []outlierCase }
	vectors(t, "outliers.json", &doc)
	in := inputs(t)
	for _, c := range doc.Cases {
		_, x, _ := in[c.Input].valid()
		big := maxAbs(x)
		var bad []bool
		switch c.Method {
		case "mad":
			var b preprocess.ClipBounds
			bad, b = preprocess.MADClip(x, c.K, c.Sides)
			if !near(b.Center, float64(c.Center), 1e-13*big) || !near(b.Scale, float64(c.Scale), 1e-12*big) || b.From != c.From {
				t.Errorf("mad %s: %+v, want %+v", c.Input, b, c)
			}
		case "iqr":
			var b preprocess.ClipBounds
			bad, b = preprocess.IQRClip(x, c.K, c.Sides)
			checkQuartiles(t, c, b, big)
		case "modified_zscore":
			var z []float64
			var b preprocess.ClipBounds
			bad, z, b = preprocess.ModifiedZScore(x, c.K, c.Sides)
			if b.From != c.From {
				t.Errorf("modified z %s: from %s, want %s", c.Input, b.From, c.From)
			}
			for i, want := range c.Z {
				if !near(z[i], want, 1e-11*maxAbs(c.Z)) {
					t.Errorf("modified z %s row %d: %v, want %v", c.Input, i, z[i], want)
				}
			}
		case "ensemble":
			bad = vote(x, c.MinVotes)
		}
		if got := indices(bad); !slices.Equal(got, c.Flagged) {
			t.Errorf("%s %s %v %s: flagged %v, want %v", c.Method, c.Input, c.K, c.Sides, got, c.Flagged)
		}
	}
}

func checkQuartiles(t *testing.T, c outlierCase, b preprocess.ClipBounds, big float64) {
	t.Helper()
	ok := near(b.Q1, float64(c.Q1), 1e-13*big) && near(b.Q3, float64(c.Q3), 1e-13*big)
	if b.From != "zero" {
		ok = ok && near(b.Upper, float64(c.Upper), 1e-12*big)
		ok = ok && (c.Sides == preprocess.SidesUpper || near(b.Lower, float64(c.Lower), 1e-12*big))
	}
	if !ok {
		t.Errorf("iqr %s: %+v, want %+v", c.Input, b, c)
	}
}

// vote is the ensemble of the four methods that do not draw lots, each with its
// default limit.
func vote(x []float64, least int) []bool {
	var members [4][]bool
	members[0], _ = preprocess.SigmaClip(x, preprocess.SigmaClipOptions{Lower: 5, Upper: 5, MaxIters: 3})
	members[1], _ = preprocess.MADClip(x, 5, preprocess.SidesBoth)
	members[2], _ = preprocess.IQRClip(x, 1.5, preprocess.SidesBoth)
	members[3], _, _ = preprocess.ModifiedZScore(x, 3.5, preprocess.SidesBoth)
	return preprocess.Vote(members[:], least)
}
