package preprocess

import "exoplanetai/internal/exo"

// descend adds to s the path length of each row in the tree.
//
// There is no branch to be mispredicted: each row goes down all the levels, the
// comparison's outcome is added to its place. Four rows go down together, so
// that one's loads are done while another's are waited for.
func (w *forestWork) descend(X []float64, features int, s []float64) {
	r := 0
	if features == 2 {
		r = w.descend2(X, s)
	}
	tree, leaves := w.tree, 1<<w.depth
	for ; r < len(s); r++ {
		x := X[r*features : (r+1)*features]
		at := 1
		for range w.depth {
			n := &tree.node[at&(maxSamples-1)]
			at += at
			if x[n.feature] > n.threshold {
				at++
			}
		}
		s[r] += tree.path[(at-leaves)&(maxSamples-1)]
	}
}

// descend2 is descend for two features and as many rows as go in fours; it
// returns how many.
func (w *forestWork) descend2(X, s []float64) int {
	const m = maxSamples - 1
	n := len(s) &^ 3
	leaves, depth := 1<<w.depth, w.depth
	node, path := &w.tree.node, &w.tree.path
	for r := 0; r < n; r += 4 {
		x := (*[8]float64)(X[2*r:])
		o := (*[4]float64)(s[r:])
		a, b, c, d := 1, 1, 1, 1
		for range depth {
			na, nb, nc, nd := &node[a&m], &node[b&m], &node[c&m], &node[d&m]
			a = 2*a + above(x[na.feature&1], na.threshold)
			b = 2*b + above(x[2+nb.feature&1], nb.threshold)
			c = 2*c + above(x[4+nc.feature&1], nc.threshold)
			d = 2*d + above(x[6+nd.feature&1], nd.threshold)
		}
		o[0] += path[(a-leaves)&m]
		o[1] += path[(b-leaves)&m]
		o[2] += path[(c-leaves)&m]
		o[3] += path[(d-leaves)&m]
	}
	return n
}

// above is 1 where v > limit, else 0, without a branch.
func above(v, limit float64) int {
	k := 0
	if v > limit {
		k = 1
	}
	return k
}

// Tree is a given isolation tree, node by node, the root first: a row goes to
// Left when its Feature is at most Threshold. A leaf has children -1 and holds
// Samples rows. Children stand after their parents.
type Tree struct {
	Left, Right, Feature []int
	Threshold            []float64
	Samples              []int
}

// ScoreForest scores the rows of X with given trees, each grown on the given
// number of samples: what IsolationForest does with trees of its own. exo.Invalid
// for trees that are none.
func ScoreForest(X []float64, features int, trees []Tree, samples int) ([]float64, error) {
	const op = "preprocess.ScoreForest"
	if features < 1 || len(X)%features != 0 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "%d numbers are no rows of %d features", len(X), features)
	}
	if len(trees) == 0 {
		return nil, exo.Errorf(op, exo.Invalid, nil, "no trees")
	}
	s := make([]float64, len(X)/features)
	for i, t := range trees {
		if !t.valid(features) {
			return nil, exo.Errorf(op, exo.Invalid, i, "tree %d is not a tree of %d features", i, features)
		}
		for r := range s {
			s[r] += t.pathLength(X[r*features : (r+1)*features])
		}
	}
	finishScores(s, len(trees), samples)
	return s, nil
}

// valid reports whether each walk through the tree ends in a leaf.
func (t *Tree) valid(features int) bool {
	n := len(t.Left)
	if n == 0 || len(t.Right) != n || len(t.Feature) != n || len(t.Threshold) != n || len(t.Samples) != n {
		return false
	}
	for i, l := range t.Left {
		r := t.Right[i]
		if l == -1 && r == -1 {
			continue
		}
		if l <= i || r <= i || l >= n || r >= n || t.Feature[i] < 0 || t.Feature[i] >= features {
			return false
		}
	}
	return true
}

// pathLength returns the depth of a row's leaf and the depth that its rows would
// still have.
func (t *Tree) pathLength(x []float64) float64 {
	at, depth := 0, 0
	for t.Left[at] >= 0 {
		if x[t.Feature[at]] <= t.Threshold[at] {
			at = t.Left[at]
		} else {
			at = t.Right[at]
		}
		depth++
	}
	return float64(depth) + AveragePathLength(t.Samples[at])
}
