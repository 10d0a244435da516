// Package exofop fetches the TOI table from ExoFOP-TESS, the follow-up
// programme's site, and asks it which TIC star a name means.
//
// The table comes from download_toi.php, which takes twenty to thirty seconds
// and states neither length nor validators. The site answers questions that it
// cannot answer with status 200 and a page or a sentence; the first bytes are
// looked at before any is handed on. Both dialects of its table are known: the
// download and the export of its web page (byte-order mark, banner).
package exofop
