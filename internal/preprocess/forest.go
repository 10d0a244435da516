package preprocess

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"

	"exoplanetai/internal/exo"
)

// ForestOptions are the parameters of the isolation forest.
type ForestOptions struct {
	Trees   int   // 1 to 1000
	Samples int   // rows of each tree, at most; 2 to 4096
	Seed    int64 // with the tree's number the seed of its generator
}

// Limits of the forest.
const (
	maxTrees   = 1000
	maxSamples = 4096
)

// IsolationForest scores the rows of X, row-major with the given number of
// features each: between 0 and 1, larger is stranger, about 0.5 for rows like
// all others. (Liu, Ting and Zhou, Isolation Forest, ICDM 2008;
// -score_samples of sklearn.ensemble.IsolationForest. docs/preprocessing.md, the
// outlier method isolation_forest.)
//
// Each tree is grown on Samples rows drawn without replacement, by a generator of
// its own (PCG, seeded by Seed and the number of the tree): equal input gives
// equal scores. exo.Invalid for options out of range, a length that is no
// multiple of features, and numbers that are not finite.
func IsolationForest(X []float64, features int, o ForestOptions) ([]float64, error) {
	const op = "preprocess.IsolationForest"
	if features < 1 || len(X)%features != 0 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "%d numbers are no rows of %d features", len(X), features)
	}
	for i, v := range X {
		if v-v != 0 {
			return nil, exo.Errorf(op, exo.Invalid, nil, "feature %d of row %d is %v, must be finite", i%features, i/features, v)
		}
	}
	var w forestWork
	s := make([]float64, len(X)/features)
	if err := w.scores(context.Background(), X, features, o, s); err != nil {
		return nil, err
	}
	return s, nil
}

// AveragePathLength returns the mean depth of a leaf in a binary search tree of n
// values: 2(ln(n-1) + γ) - 2(n-1)/n, 1 for two, 0 for fewer (Liu, Ting and Zhou,
// equation 1).
func AveragePathLength(n int) float64 {
	const gamma = 0.5772156649015329
	switch {
	case n <= 1:
		return 0
	case n == 2:
		return 1
	}
	m := float64(n)
	return 2*(math.Log(m-1)+gamma) - 2*(m-1)/m
}

// check refuses options out of range.
func (o ForestOptions) check() error {
	const op = "preprocess.ForestOptions"
	if o.Trees < 1 || o.Trees > maxTrees {
		return exo.Errorf(op, exo.Invalid, o.Trees, "iforest_trees is %d, must be 1 to %d", o.Trees, maxTrees)
	}
	if o.Samples < 2 || o.Samples > maxSamples {
		return exo.Errorf(op, exo.Invalid, o.Samples, "iforest_samples is %d, must be 2 to %d", o.Samples, maxSamples)
	}
	return nil
}

// forestWork is the memory of the isolation forest. The zero value is ready; one
// goroutine uses it at a time.
type forestWork struct {
	stat statWork
	rng  rand.PCG

	tree  *fullTree // at hand
	depth int       // its levels

	mean  []float64 // AveragePathLength by rows
	drawn []int32   // per row: the last tree that drew it, from 1
	rows  []int32   // of the tree, then reordered by its splits
	x     []float64 // their features
	left  []int32   // features not tried yet

	feature []float64 // of the light curve
	score   []float64
	window  sortedWindow
}

// fullTree is a full binary tree: the root is node 1, the children of node i are
// 2i and 2i+1. A branch that ends early goes on to the left, so that each row
// takes as many steps and none has to ask whether it has arrived.
type fullTree struct {
	node [maxSamples]splitNode
	path [maxSamples]float64 // of leaf 2^depth + i: the depth it has, and c(rows in it)
}

// splitNode sends a row to the left when its feature is at most the threshold.
type splitNode struct {
	threshold float64
	feature   int32
}

// scores is IsolationForest of finite numbers into s. It looks at ctx once a
// tree.
func (w *forestWork) scores(ctx context.Context, X []float64, features int, o ForestOptions, s []float64) error {
	if err := o.check(); err != nil {
		return err
	}
	n := len(X) / features
	s = s[:n]
	clear(s)
	if n == 0 {
		return nil
	}
	m := min(o.Samples, n)
	w.prepare(n, m, features)
	for t := range o.Trees {
		if err := ctx.Err(); err != nil {
			return exo.E("preprocess.IsolationForest", exo.KindOf(err), nil, err)
		}
		w.rng.Seed(uint64(o.Seed), uint64(t))
		w.draw(X, n, m, features, int32(t+1))
		w.grow(1, 0, m, 0, features)
		w.descend(X, features, s)
	}
	finishScores(s, o.Trees, m)
	return nil
}

// finishScores makes scores of the sums of path lengths.
func finishScores(s []float64, trees, samples int) {
	c := float64(trees) * AveragePathLength(samples)
	for i, v := range s {
		if c == 0 { // trees of one row: all paths are as long as expected
			s[i] = 0.5
			continue
		}
		s[i] = math.Exp2(-v / c)
	}
}

// prepare sizes the memory for n rows, m of them in each tree.
func (w *forestWork) prepare(n, m, features int) {
	if w.tree == nil {
		w.tree = new(fullTree)
	}
	w.drawn = grown(w.drawn, n)
	clear(w.drawn)
	w.rows = grown(w.rows, m)
	w.x = grown(w.x, m*features)
	w.left = grown(w.left, features)
	w.depth = bits.Len(uint(max(m, 2) - 1)) // ceil(log2)
	if len(w.mean) != m+1 {
		w.mean = grown(w.mean, m+1)
		for i := range w.mean {
			w.mean[i] = AveragePathLength(i)
		}
	}
}

// draw takes m of n rows without replacement (Floyd's way: Bentley and Floyd,
// Communications of the ACM 30, 754, 1987).
func (w *forestWork) draw(X []float64, n, m, features int, tree int32) {
	for i := range m {
		at := w.below(n - m + i + 1)
		if w.drawn[at] == tree {
			at = n - m + i
		}
		w.drawn[at] = tree
		w.rows[i] = int32(i * features)
		copy(w.x[i*features:(i+1)*features], X[at*features:(at+1)*features])
	}
}

// below returns a random number from 0 to n-1 (Lemire's multiplication; its bias
// is below n/2^64).
func (w *forestWork) below(n int) int {
	hi, _ := bits.Mul64(w.rng.Uint64(), uint64(n))
	return int(hi)
}

// grow makes the node at of the tree, and those below it, of the rows lo to hi.
func (w *forestWork) grow(at, lo, hi, depth, features int) {
	if depth < w.depth && hi-lo > 1 {
		if f, threshold, ok := w.split(lo, hi, features); ok {
			w.tree.node[at] = splitNode{threshold, int32(f)}
			mid := w.part(lo, hi, f, threshold)
			w.grow(2*at, lo, mid, depth+1, features)
			w.grow(2*at+1, mid, hi, depth+1, features)
			return
		}
	}
	length := float64(depth) + w.mean[hi-lo]
	for ; depth < w.depth; depth++ {
		w.tree.node[at] = splitNode{threshold: math.Inf(1)}
		at *= 2
	}
	w.tree.path[at-1<<w.depth] = length
}

// split picks a feature at random among those that are not constant in the rows
// lo to hi, and a threshold uniformly between its smallest and largest value, the
// largest excluded.
func (w *forestWork) split(lo, hi, features int) (feature int, threshold float64, ok bool) {
	for f := range w.left {
		w.left[f] = int32(f)
	}
	for n := features; n > 0; n-- {
		k := 0
		if n > 1 {
			k = w.below(n)
		}
		f := int(w.left[k])
		w.left[k] = w.left[n-1]
		small, large := w.limits(lo, hi, f)
		if !(small < large) {
			continue
		}
		u := float64(w.rng.Uint64()>>11) * 0x1p-53
		threshold = float64(small*(1-u)) + float64(large*u)
		if !(threshold >= small && threshold < large) {
			threshold = small
		}
		return f, threshold, true
	}
	return 0, 0, false
}

// limits returns the smallest and largest value of a feature in the rows lo to hi.
func (w *forestWork) limits(lo, hi, f int) (small, large float64) {
	x := w.x
	small = x[int(w.rows[lo])+f]
	large = small
	for _, r := range w.rows[lo+1 : hi] {
		v := x[int(r)+f]
		small, large = min(small, v), max(large, v)
	}
	return small, large
}

// part moves the rows of lo to hi whose feature is at most the threshold before
// the others, and returns where those begin.
func (w *forestWork) part(lo, hi, f int, threshold float64) int {
	rows, x := w.rows[lo:hi], w.x
	k := 0
	for i, r := range rows {
		step := 0
		if x[int(r)+f] <= threshold {
			step = 1
		}
		rows[i], rows[k] = rows[k], r
		k += step
	}
	return lo + k
}
