package auth

import (
	"context"
	"slices"

	"exoplanetai/internal/exo"
)

// Role says what a user may do at most. Each includes the ones before it.
type Role string

// The roles, lowest first.
const (
	User       Role = "user"       // reads, fetches one table or light curve, validates, processes
	Researcher Role = "researcher" // batches, versions, restores to a folder
	Admin      Role = "admin"      // everything
)

// Roles returns all roles, lowest first.
func Roles() []Role { return []Role{User, Researcher, Admin} }

// ParseRole reads a role. exo.Invalid if there is no such role.
func ParseRole(text string) (Role, error) {
	if r := Role(text); r.rank() > 0 {
		return r, nil
	}
	return "", exo.Errorf("auth.ParseRole", exo.Invalid, nil, "there is no such role").Try("the roles are user, researcher, admin")
}

// Includes reports whether whoever has this role may do what the other may.
// What is no role includes nothing and is included in nothing.
func (r Role) Includes(other Role) bool { return other.rank() > 0 && r.rank() >= other.rank() }

func (r Role) rank() int { return slices.Index(Roles(), r) + 1 }

// lower returns the lesser of two roles.
func lower(a, b Role) Role {
	if a.Includes(b) {
		return b
	}
	return a
}

// Scope narrows what an API key may be used for.
type Scope string

// The scopes. A key without any may do all that its role allows.
const (
	ScopeRead    Scope = "read"
	ScopeIngest  Scope = "ingest"
	ScopeProcess Scope = "process"
	ScopeVersion Scope = "version"
	ScopeBackup  Scope = "backup"
	ScopeAdmin   Scope = "admin"
)

// Scopes returns all scopes.
func Scopes() []Scope {
	return []Scope{ScopeRead, ScopeIngest, ScopeProcess, ScopeVersion, ScopeBackup, ScopeAdmin}
}

// ParseScopes reads a list of scopes, sorts it and takes out what is double.
// exo.Invalid if one of them does not exist.
func ParseScopes(words []string) ([]Scope, error) {
	var scopes []Scope
	for _, w := range words {
		if !slices.Contains(Scopes(), Scope(w)) {
			return nil, exo.Errorf("auth.ParseScopes", exo.Invalid, nil, "there is no such scope").
				Try("the scopes are read, ingest, process, version, backup, admin")
		}
		scopes = append(scopes, Scope(w))
	}
	slices.Sort(scopes)
	return slices.Compact(scopes), nil
}

// The ways in which a caller may have shown who it is.
const (
	ViaLocal    = "local"    // the loopback address of a server that has no users; also the command line
	ViaPassword = "password" // while signing in
	ViaToken    = "token"    // an access token
	ViaKey      = "key"      // an API key
)

// Caller is who makes a call. Its scopes are shared and must not be changed.
type Caller struct {
	Name   string  // the user's, or "local"
	Role   Role    // as it is now, not as it was when the token was made
	Scopes []Scope // of the key; none: no limit beyond the role
	Via    string  // ViaLocal and so on
	KeyID  string  // the API key, or the session of the token
	UserID string
}

// Local returns the caller of a server or a command that needs no sign-in.
func Local() Caller { return Caller{Name: "local", Role: Admin, Via: ViaLocal} }

// Allows reports whether the caller has the role and, if it came with a key
// that is limited to scopes, the scope.
func (c Caller) Allows(role Role, scope Scope) bool {
	return c.Role.Includes(role) && (len(c.Scopes) == 0 || slices.Contains(c.Scopes, scope))
}

type callerKey struct{}

// With returns a context that knows who calls.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From returns who calls; false if nobody said.
func From(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
