package preprocess_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/preprocess"
	"exoplanetai/internal/xtest"
)

type forestVectors struct {
	PathLength struct {
		N []int
		C floats
	} `json:"average_path_length"`
	Given struct {
		MaxSamples int `json:"max_samples"`
		Trees      []struct {
			Left, Right, Feature []int
			Threshold            floats
			Samples              []int `json:"n_samples"`
		}
		Score floats
	} `json:"given_forest"`
	Acceptance struct {
		AUC   float64 `json:"auc_abs"`
		Corr  float64 `json:"score_corr"`
		Seeds int
	}
	Cases []forestCase
}

type forestCase struct {
	X         []floats
	Labels    []int
	Trees     int     `json:"n_estimators"`
	Samples   int     `json:"max_samples"`
	MeanScore floats  `json:"mean_score"`
	AUC       float64 `json:"auc_mean"`
}

// flat returns the rows of X one after the other.
func (c forestCase) flat() (x []float64, features int) {
	for _, row := range c.X {
		x = append(x, row...)
	}
	return x, len(c.X[0])
}

func TestAveragePathLengthAgreesWithTheVectors(t *testing.T) {
	var v forestVectors
	vectors(t, "iforest.json", &v)
	for i, n := range v.PathLength.N {
		if got := preprocess.AveragePathLength(n); !near(got, v.PathLength.C[i], 1e-14) {
			t.Errorf("c(%d) = %v, want %v", n, got, v.PathLength.C[i])
		}
	}
}

func TestAGivenForestScoresAsTheReference(t *testing.T) {
	var v forestVectors
	vectors(t, "iforest.json", &v)
	x, d := v.Cases[0].flat()
	x = x[:len(v.Given.Score)*d]
	for i := range x {
		x[i] = float64(float32(x[i])) // the reference compares rows in single precision
	}
	var trees []preprocess.Tree
	for _, g := range v.Given.Trees {
		trees = append(trees, preprocess.Tree{Left: g.Left, Right: g.Right, Feature: g.Feature, Threshold: g.Threshold, Samples: g.Samples})
	}
	got, err := preprocess.ScoreForest(x, d, trees, v.Given.MaxSamples)
	if err != nil {
		t.Fatal(err)
	}
	allNear(t, "scores", got, v.Given.Score, 1e-12)
}

func TestForestScoresAreLikeTheReference(t *testing.T) {
	var v forestVectors
	vectors(t, "iforest.json", &v)
	for i, c := range v.Cases {
		x, d := c.flat()
		auc, corr := 0.0, 0.0
		for seed := range v.Acceptance.Seeds {
			s, err := preprocess.IsolationForest(x, d, preprocess.ForestOptions{Trees: c.Trees, Samples: c.Samples, Seed: int64(seed)})
			if err != nil {
				t.Fatal(err)
			}
			auc += rocAUC(s, c.Labels) / float64(v.Acceptance.Seeds)
			corr += correlation(s, c.MeanScore) / float64(v.Acceptance.Seeds)
		}
		t.Logf("case %d, %d features: AUC %.4f (reference %.4f), correlation %.4f", i, d, auc, c.AUC, corr)
		if math.Abs(auc-c.AUC) > v.Acceptance.AUC || !(corr > v.Acceptance.Corr) {
			t.Errorf("case %d: AUC %.4f, want %.4f; correlation %.4f", i, auc, c.AUC, corr)
		}
	}
}

// rocAUC is the chance that a row with label 1 scores above one with label 0.
func rocAUC(score []float64, label []int) float64 {
	var in, out []float64
	for i, l := range label {
		if l == 1 {
			in = append(in, score[i])
		} else {
			out = append(out, score[i])
		}
	}
	sum := 0.0
	for _, a := range in {
		for _, b := range out {
			switch {
			case a > b:
				sum++
			case a == b:
				sum += 0.5
			}
		}
	}
	return sum / float64(len(in)*len(out))
}

func correlation(a, b []float64) float64 {
	ma, mb := 0.0, 0.0
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(a))
	}
	ab, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	return ab / math.Sqrt(aa*bb)
}

// TestForestsOfTheLibraryScoreTheSame has scikit-learn grow forests on random
// data of other sizes and gives them to ScoreForest; and holds the scores of our
// own forests to the mean of the library's.
func TestForestsOfTheLibraryScoreTheSame(t *testing.T) {
	const script = `
import sys
try:
    from sklearn.ensemble import IsolationForest
except ImportError:
    print("missing"); sys.exit()
import json, numpy as np
r = np.random.default_rng(11)
out = []
for n, d, m in [(2, 1, 256), (3, 2, 256), (257, 4, 256), (1500, 2, 512)]:
    X = np.float32(r.standard_t(4, (n, d))).astype(float)
    mean = np.zeros(n)
    for seed in range(4):
        f = IsolationForest(n_estimators=100, max_samples=min(m, n), random_state=seed).fit(X)
        mean -= f.score_samples(X)/4
    trees = [dict(left=e.tree_.children_left.tolist(), right=e.tree_.children_right.tolist(), feature=e.tree_.feature.tolist(),
                  threshold=e.tree_.threshold.tolist(), samples=e.tree_.n_node_samples.tolist()) for e in f.estimators_]
    out.append(dict(x=X.ravel().tolist(), features=d, samples=min(m, n), trees=trees, score=(-f.score_samples(X)).tolist(), mean=mean.tolist()))
print(json.dumps(out))`
	text := xtest.Python(t, script)
	if text == "missing\n" {
		pythonMissing(t, "scikit-learn")
	}
	var cases []struct {
		X                 floats
		Features, Samples int
		Trees             []preprocess.Tree
		Score, Mean       floats
	}
	if err := json.Unmarshal([]byte(text), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		name := fmt.Sprintf("%d rows of %d", len(c.Score), c.Features)
		got, err := preprocess.ScoreForest(c.X, c.Features, c.Trees, c.Samples)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		allNear(t, name, got, c.Score, 1e-12)
		corr, offset := 0.0, 0.0
		for seed := range int64(8) {
			own, err := preprocess.IsolationForest(c.X, c.Features, preprocess.ForestOptions{Trees: 100, Samples: max(c.Samples, 2), Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			corr += correlation(own, c.Mean) / 8
			for i := range own {
				offset += (own[i] - c.Mean[i]) / float64(8*len(own))
			}
		}
		if len(c.Score) > 2 && !(corr > 0.97) || math.Abs(offset) > 0.005 {
			t.Errorf("%s: correlation %.4f, mean difference %.4f", name, corr, offset)
		}
	}
}

func TestTheSameSeedScoresTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	x := make([]float64, 3*700)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	o := preprocess.ForestOptions{Trees: 50, Samples: 256, Seed: 7}
	want, err := preprocess.IsolationForest(x, 3, o)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	got := make([][]float64, 4)
	for i := range got {
		wg.Go(func() { got[i], _ = preprocess.IsolationForest(x, 3, o) })
	}
	wg.Wait()
	for i := range got {
		if !slices.Equal(got[i], want) {
			t.Errorf("run %d gives other scores", i)
		}
	}
	o.Seed = 8
	if other, _ := preprocess.IsolationForest(x, 3, o); slices.Equal(other, want) {
		t.Error("another seed gives the same scores")
	}
}

// TestTheStreamOfRandomNumbersStays pins scores: processed files are to be made
// again from their seed by later versions too.
func TestTheStreamOfRandomNumbersStays(t *testing.T) {
	x := make([]float64, 2*500)
	for i := range x {
		x[i] = float64(i * i % 1009)
	}
	got, err := preprocess.IsolationForest(x, 2, preprocess.ForestOptions{Trees: 20, Samples: 256, Seed: -3})
	if err != nil {
		t.Fatal(err)
	}
	allNear(t, "scores", got[:3], []float64{0.61789607532416158, 0.60097614024341317, 0.57379595585490129}, 1e-12)
}

func TestForestsOfFewOrEqualRows(t *testing.T) {
	o := preprocess.ForestOptions{Trees: 10, Samples: 256}
	for name, c := range map[string]struct {
		x        []float64
		features int
	}{
		"no row":         {nil, 2},
		"one row":        {[]float64{1, 2}, 2},
		"two rows":       {[]float64{1, 2}, 1},
		"equal rows":     {make([]float64, 600), 2},
		"huge":           {[]float64{-math.MaxFloat64, math.MaxFloat64, 0, 1}, 1},
		"smallest steps": {[]float64{1, math.Nextafter(1, 2), 1, math.Nextafter(1, 2)}, 1},
		"a constant one": {[]float64{1, 5, 2, 5, 3, 5, 4, 5}, 2},
		"more than 4096": {make([]float64, 3*5000), 3},
	} {
		s, err := preprocess.IsolationForest(c.x, c.features, o)
		if err != nil || len(s) != len(c.x)/c.features {
			t.Errorf("%s: %d scores, %v", name, len(s), err)
		}
		for i, v := range s {
			if !(v > 0 && v <= 1) {
				t.Errorf("%s: score %d is %v", name, i, v)
				break
			}
		}
	}
}

func TestForestMistakesAreNamed(t *testing.T) {
	ok := preprocess.ForestOptions{Trees: 1, Samples: 2}
	for name, f := range map[string]func() error{
		"no tree": func() error {
			_, err := preprocess.IsolationForest(nil, 1, preprocess.ForestOptions{Samples: 2})
			return err
		},
		"too many trees": func() error {
			_, err := preprocess.IsolationForest(nil, 1, preprocess.ForestOptions{Trees: 1001, Samples: 2})
			return err
		},
		"one sample": func() error {
			_, err := preprocess.IsolationForest(nil, 1, preprocess.ForestOptions{Trees: 1, Samples: 1})
			return err
		},
		"too many samples": func() error {
			_, err := preprocess.IsolationForest(nil, 1, preprocess.ForestOptions{Trees: 1, Samples: 4097})
			return err
		},
		"no features":    func() error { _, err := preprocess.IsolationForest(nil, 0, ok); return err },
		"half a row":     func() error { _, err := preprocess.IsolationForest(make([]float64, 3), 2, ok); return err },
		"NaN":            func() error { _, err := preprocess.IsolationForest([]float64{math.NaN()}, 1, ok); return err },
		"infinite":       func() error { _, err := preprocess.IsolationForest([]float64{math.Inf(-1)}, 1, ok); return err },
		"no trees given": func() error { _, err := preprocess.ScoreForest(nil, 1, nil, 2); return err },
		"a tree in a circle": func() error {
			_, err := preprocess.ScoreForest(nil, 1, []preprocess.Tree{{Left: []int{0}, Right: []int{0}, Feature: []int{0}, Threshold: []float64{0}, Samples: []int{1}}}, 2)
			return err
		},
	} {
		if err := f(); !errors.Is(err, exo.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
