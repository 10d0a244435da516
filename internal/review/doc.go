// Package review validates what is held: the current table of a type, another
// version of it, or the light curves of a star. The report is kept; the answer
// carries the counts, the metrics with their trend, and the first findings.
package review
