// Package auth knows who calls: users and their roles, passwords, access
// tokens, refresh tokens and API keys.
//
// A user has a name, a password and one [Role]: user < researcher < admin. A
// call comes with an access token or an API key, and [Service.Authenticate]
// turns it into a [Caller]. Which role a route asks for is not said here but in
// the edges; they compare it by [Caller.Allows].
//
//   - Passwords are kept as argon2id hashes. A wrong password and an unknown name
//     take the same time and get the same answer. Ten tries a minute are allowed
//     for a user and an address, sixty for an address with all users and for a
//     user from all addresses. At most four hashes are computed at once, since
//     each takes 19 MiB.
//   - An access token is a JWT (RFC 7519, RFC 9068) signed with EdDSA, good for
//     15 minutes. It only names the user and the session: role and rights are
//     looked up, so that a change holds soon. A check is kept for 30 seconds at
//     most, and forgotten at once in the process that made the change; whatever
//     is revoked anywhere is therefore refused everywhere within 60 seconds.
//   - A refresh token works once and gives the next pair. One that comes a second
//     time was copied by somebody: its whole session ends. A session ends 30 days
//     after the sign-in in any case.
//   - An API key (exo_<id>_<secret>) has 32 random bytes, of which only a SHA-256
//     is kept, a role never above its owner's, and scopes that narrow it further.
//     It stops with its owner, and shrinks with the owner's role.
//
// The keys that sign tokens lie in the database sealed under the master key
// (package seal). If the master key is lost, a new signing key is made, and
// everybody signs in again; nothing else is lost.
//
// There is always an admin who can sign in: the first user must be one, and the
// last cannot be removed, disabled or lowered, also not by two calls at once.
//
// All state is in the database, in the tables of docs/format/accounts.md, which
// several servers may share.
package auth
