// Package trace tells a collector how the time of a request or a job was spent:
// which calls it made of the archives, and what it stored, by OpenTelemetry.
//
// A Tracer begins roots: a request, a job, a command. Whatever works under a root
// calls Start with its context and End on what it gets; under a context without
// a sampled root that costs a look at the context and no memory. Nothing has to
// be handed around, and nothing is global.
//
// A span's name is a constant of the program; what users wrote stands in
// attributes. Neither carries a secret: no header, no query, no body.
//
// What a caller sends as traceparent is not followed: who may call could have
// everything traced with it.
package trace
