// Package api is the HTTP interface: it turns requests into calls of the use
// cases and their results into JSON.
//
// Every route stands in the OpenAPI 3.1 document at /openapi.json, which is
// made from the same Go types that read and write the bodies, so that the two
// cannot drift apart; /docs shows it as a page that loads nothing from
// elsewhere.
//
// Every error, of the use cases, of the validation, of the router and of a
// panic, is a problem document (RFC 9457) with the members type, title,
// status, detail, code, hint and request_id. The code is an exo.Kind; one
// table turns it into the status. Causes, paths of this machine and stacks go
// to the log under the request's identifier, never to the client.
//
// Nothing is written on bad input: unknown fields and query parameters, wrong
// types, wrong content types and bodies over 1 MiB are refused before a use
// case is called.
//
// # Who may call
//
// One table, access.go, says for each route the role, the scope of a key,
// whether calls are recorded, and whether the answer is kept; New fails if a
// route has no row or a row no route. Every request goes through the same layers
// (Server.layers): identifier, headers, panics, address behind proxies, Host and
// Origin, route, limits, caller, body, record, kept answers, handler. Without
// accounts, and on a loopback address without users, everybody is local admin.
//
// Answers that depend on nothing but the address and what is held are kept under
// a key that names the state of what is held: new data are another state, and no
// message is needed to forget the old. X-Cache and Age tell.
package api
