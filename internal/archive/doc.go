// Package archive is how the program talks to the archives: the contracts that
// every origin fulfils (TableSource, Resolver, LightCurveSource) and the one
// HTTP client that all of them use.
//
// The client is polite and suspicious. Polite: each host has a budget of
// requests under way; failures are repeated a configured number of times, with
// growing, jittered pauses, and a Retry-After is obeyed. Suspicious: every
// answer is hostile input. Bodies are bounded in bytes, in the ratio of
// decompression and in time; a body that ends early is an error, never a short
// file; redirects stay on hosts that were configured; and the address that a
// name resolved to is checked when the connection is dialled, so that no name,
// redirect or rebinding reaches a private network (OWASP API7:2023).
//
// Errors are exo errors: Unavailable (down, late, 5xx, 429), NotFound (404),
// Denied (401, 403, a forbidden address), Upstream (HTML, an error document, a
// truncated body, a wrong length, more than a limit), Canceled.
package archive
