package cli

import (
	"context"
	"io"

	"exoplanetai/internal/audit"
	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/jobs"
)

// Services are the parts of the program that several people share: accounts, the
// audit log and the jobs. They are opened without the data tree, so that these
// commands run beside a server. A [Program] that has them implements this.
type Services interface {
	// Accounts opens users, keys and the audit log; with write to change them.
	Accounts(ctx context.Context, c Common, write bool) (*Accounts, error)
	// Jobs opens the queue of jobs.
	Jobs(ctx context.Context, c Common) (*JobBook, error)
	// Seal seals the secret of a setting with the newest master key, for the file of
	// settings. It asks for the secret when the setting is one that can be sealed.
	Seal(ctx context.Context, c Common, setting string, secret func() (string, error)) (string, error)
	// Work does jobs until ctx ends; ready is called when it begins.
	Work(ctx context.Context, c Common, ready func(about string)) error
}

// Users are the accounts; package auth has them.
type Users interface {
	CreateUser(ctx context.Context, name string, role auth.Role, password string) (auth.UserInfo, error)
	Users(ctx context.Context) ([]auth.UserInfo, error)
	User(ctx context.Context, name string) (auth.UserInfo, error)
	SetRole(ctx context.Context, name string, role auth.Role) error
	SetPassword(ctx context.Context, name, password string) error
	Disable(ctx context.Context, name string) error
	Enable(ctx context.Context, name string) error
	DeleteUser(ctx context.Context, name string) error
	CreateKey(ctx context.Context, k auth.NewKey) (auth.KeyInfo, string, error)
	Keys(ctx context.Context, user string) ([]auth.KeyInfo, error)
	RevokeKey(ctx context.Context, id string) error
	SignIn(ctx context.Context, name, password, address string) (auth.Tokens, error)
	RotateSigning(ctx context.Context) error
	ReplaceSigning(ctx context.Context) error
}

// AuditLog is the record of who changed what; package audit has it.
type AuditLog interface {
	Query(ctx context.Context, f audit.Filter) (audit.Page, error)
	Export(ctx context.Context, w io.Writer) error
	Verify(ctx context.Context) (audit.Report, error)
	Subscribe(ctx context.Context) <-chan audit.Event
	Run(ctx context.Context) error
}

// Accounts is the open part of the state that has users, keys and the audit log.
type Accounts struct {
	Users Users
	Audit AuditLog
	// RotateMaster puts a new master key in front of the others and seals every
	// secret again.
	RotateMaster func(ctx context.Context, o RotateOptions) (MasterRotated, error)
	// LoseMaster makes a new key for the audit log, because the master key that
	// sealed the one before is lost.
	LoseMaster func(ctx context.Context) error
	// Act records that something is done to an object. What cannot be recorded is
	// not done. done tells how it ended.
	Act   func(ctx context.Context, object string) (done func(error), err error)
	Close func() error
}

// RotateOptions says what RotateMaster does.
type RotateOptions struct {
	SealOnly bool // no new key; the secrets are sealed with the newest there is
}

// MasterRotated is the document of `key rotate-master --json`.
type MasterRotated struct {
	Key    string   `json:"key"`            // name of the new key
	File   string   `json:"file,omitempty"` // that holds it; empty: Text
	Text   string   `json:"text,omitempty"` // for MASTER_KEY, where the keys come from there
	Sealed int      `json:"sealed"`         // secrets that were sealed again
	Lost   []string `json:"lost"`           // secrets that no key opens
}

// JobBook is the open queue of jobs.
type JobBook struct {
	Queue jobs.Queue
	Act   func(ctx context.Context, object string) (done func(error), err error) // as of Accounts
	Close func() error
}

func (c *command) services() (Services, error) {
	s, ok := c.program.(Services)
	if !ok {
		return nil, exo.Errorf("cli", exo.Internal, nil, "this program keeps no accounts")
	}
	return s, nil
}

// accounts opens the accounts, does the work and closes them.
func (c *command) accounts(ctx context.Context, write bool, do func(context.Context, *Accounts) error) error {
	s, err := c.services()
	if err != nil {
		return err
	}
	a, err := s.Accounts(ctx, c.common, write)
	if err != nil {
		return err
	}
	return joined(do(ctx, a), a.Close())
}

// change does something to the accounts that the audit log tells of.
func (c *command) change(ctx context.Context, object string, do func(context.Context, *Accounts) error) error {
	return c.accounts(ctx, true, func(ctx context.Context, a *Accounts) error {
		done, err := a.Act(ctx, object)
		if err != nil {
			return err
		}
		err = do(ctx, a)
		done(err)
		return err
	})
}
