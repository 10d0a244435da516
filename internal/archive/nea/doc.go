// Package nea fetches the KOI and K2 tables from the NASA Exoplanet Archive by
// its Table Access Protocol service (TAP 1.1), synchronously, or by a UWS job
// when the synchronous answer is late.
//
// The service tells of failure in several ways: with status 200 and a VOTable
// or a JSON object, with status 400, with a web page, and on its older pages
// with a text that begins with ERROR. All of them are told from a table by the
// first bytes, before any byte is handed on.
package nea
