// Package mast finds and fetches light curves in the Mikulski Archive for Space
// Telescopes, and asks it which star a name means.
//
// Searching is a POST to one address, with the question as JSON; the answer's
// status, not HTTP's, tells whether it is COMPLETE, still EXECUTING, or an
// ERROR. Observations give products, products give files; which product is a
// light curve, and of what, is read from its file name, because everything
// else in the answers was seen to be missing or wrong at some time.
//
// A download goes on where the last try stopped, if the server proves that it
// continues the same file; the result has the listed length or is an error.
package mast
