// Package web is the page: what people would rather look at than read.
//
// It is a set of files that the program carries: one HTML document, one style
// sheet, and JavaScript modules without a build step. Handler serves them; all
// data come from the HTTP interface at /api/v1, which anybody may use the same
// way. Nothing is loaded from elsewhere, so that the page works offline.
//
//   - Every screen has an address of its own (Routes), which holds its whole
//     state. All of them answer the same document; app.js, the router, loads the
//     module screens/NAME.js that draws the screen. Only screens whose module
//     exists are listed.
//   - Files stand below /assets/DIGEST/, where DIGEST is of all files together:
//     browsers may keep them for ever, and an old page never meets new modules.
//   - What comes from the interface is data and becomes text, never markup. The
//     Content-Security-Policy allows no inline script and no inline style; a
//     test holds the sources to it.
package web
