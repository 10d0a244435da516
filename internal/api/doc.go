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
// case is called. Until there are users, the server answers on loopback only:
// requests under a foreign Host name and writes from another origin, which a
// page in the user's browser could send, are refused.
package api
