// Package esa fetches host-star parameters from ESA's Gaia archive (Data
// Release 3) by its Table Access Protocol service.
//
// The stars are asked for by position, many in one query. Gaia's positions are
// those of 2016, the catalogs' those of 2000; each source is moved back by its
// proper motion before it is compared. All sources near a star are given, with
// their distances: which of them is the host is the reader's judgement.
package esa
