package auth

// steps make the tables of docs/format/accounts.md, on SQLite and Postgres
// alike: one statement each. Times are milliseconds since 1970, UTC; 0 is never.
var steps = []string{
	`CREATE TABLE auth_users(
		id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, password TEXT NOT NULL, gen BIGINT NOT NULL,
		created_at BIGINT NOT NULL, last_sign_in BIGINT NOT NULL, disabled BIGINT NOT NULL)`,
	`CREATE TABLE auth_sessions(
		id TEXT PRIMARY KEY, user_id TEXT NOT NULL, gen BIGINT NOT NULL,
		created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, ended_at BIGINT NOT NULL)`,
	`CREATE INDEX auth_sessions_user ON auth_sessions(user_id)`,
	`CREATE INDEX auth_sessions_expiry ON auth_sessions(expires_at)`,
	`CREATE TABLE auth_refresh(
		hash TEXT PRIMARY KEY, session_id TEXT NOT NULL, created_at BIGINT NOT NULL, used_at BIGINT NOT NULL)`,
	`CREATE INDEX auth_refresh_session ON auth_refresh(session_id)`,
	`CREATE TABLE auth_keys(
		id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, scopes TEXT NOT NULL, hash TEXT NOT NULL,
		created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, last_used_at BIGINT NOT NULL, revoked_at BIGINT NOT NULL)`,
	`CREATE INDEX auth_keys_user ON auth_keys(user_id)`,
	`CREATE TABLE auth_signing(
		kid TEXT PRIMARY KEY, sealed TEXT NOT NULL, created_at BIGINT NOT NULL, retire_at BIGINT NOT NULL)`,
	`CREATE TABLE auth_secrets(name TEXT PRIMARY KEY, sealed TEXT NOT NULL, created_at BIGINT NOT NULL)`,
	`CREATE TABLE auth_locks(name TEXT PRIMARY KEY, turns BIGINT NOT NULL)`,
	`CREATE TABLE auth_owned(object TEXT NOT NULL, user_id TEXT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY(object, user_id))`,
	`CREATE INDEX auth_owned_user ON auth_owned(user_id, created_at)`,
}
