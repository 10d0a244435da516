// Package metrics holds the program's numbers for Prometheus: how much was asked,
// fetched, processed and stored, how long it took, what failed, and how the data
// are kept.
//
// There is one Metrics, with a registry of its own. Packages are told of what
// happens through functions and small interfaces that they declare themselves;
// package app connects these with the methods here. What changes slowly, such as
// the files held, is asked for when somebody scrapes (see Options.Sample).
//
// Every name begins with exoplanetai_ and ends with its unit: _seconds, _bytes,
// _ratio (0…1), _timestamp_seconds (since 1970), _total for what only grows. Labels
// come from closed lists or from the routes of the program; nothing that a user
// writes, a star or a name, becomes a label. Catalogue lists all of them, and
// docs/monitoring.md is written from it.
//
// All methods work on a nil *Metrics and do nothing then. Those that are called
// for each request take no memory after the first call.
package metrics
