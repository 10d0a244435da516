// Package sample is a server that speaks the protocols of the archives: the
// NASA Exoplanet Archive's TAP service and older interfaces, ExoFOP-TESS, the
// MAST portal, downloads, web folders and bucket, and the ESA Gaia archive.
// Tests run against it, the demo draws from it, and a group can run it as a
// mirror of a folder of real files.
//
// # Data
//
// A Server serves either the synthetic universe (package universe) or a folder
// of real files: table exports as the archives' web pages give them, gzipped or
// not, told apart by their columns, and light curves, told apart by their
// names. Light curves go out byte for byte. Where a folder holds several
// exports of one table the newest is served, unless the switch "data.<table>"
// picks another.
//
// # One listener, all hosts
//
// The archives' paths do not overlap, so that one address plays all of them:
// a client's base URLs are all set to the Server's address.
//
//	/TAP, /cgi-bin, /workspace            NASA Exoplanet Archive   scope nea
//	/tess                                 ExoFOP-TESS              scope exofop
//	/api/v0, /portal, /Santa-war, …       MAST                     scope mast
//	/api/v0.1/Download, /missions, …      MAST downloads           scope download
//	/stpubdata /tess/public …             MAST's bucket            scope s3
//	/tap-server                           ESA Gaia archive         scope esa
//
// # Faults
//
// Archives fail in many ways, and a client that has met only the good day is
// untested. A Fault plays one variant: an error in one of the archive's three
// styles, an answer cut short, a column renamed. Faults lists them. They are
// set at the start or while the Server runs, for all requests, for the next n,
// or only for requests that mention a text:
//
//	nea.error=json200             every query of the scope nea
//	mast.executing=3*2            the next two
//	download.status=503@s0014     only those that mention s0014
//	down                          any.status=503
//
// An answer's order is fixed: first what replaces it (delay, reset, redirect,
// status, html), then the data (pick, empty, shrink, …), then the bytes on the
// wire (slow, cut, stall, truncate, corrupt, gzipcut, lengths).
//
// # Truth
//
// Shapes follow what the services were seen to send and, for TAP, the
// archive's published server source (Caltech-IPAC nexsciTAP). Debian's
// astroquery is the judge in the tests.
package sample
