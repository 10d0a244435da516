package store

import (
	"context"
	"database/sql"
	"errors"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/sqldb"
)

// enter writes the index rows of the group in one transaction, together with
// the length of the checksum files that they account for.
func (s *Store) enter(ctx context.Context, acts []*act, sums *sums) error {
	return s.DB.InTx(ctx, func(tx *sql.Tx) error {
		if err := sums.note(ctx, tx); err != nil {
			return err
		}
		for _, a := range acts {
			for _, e := range a.items {
				if e.held {
					continue
				}
				if err := put(ctx, tx, row{e.meta, e.text, e.line, e.mline}); err != nil {
					return sqldb.Typed("store.Publish", e.meta.Path, err)
				}
			}
		}
		return nil
	})
}

// errUnknown is a transaction of which nobody knows whether it came about.
var errUnknown = errors.New("the outcome of the transaction is not known")

// entered is enter where the database may be lost in the middle: then the notes
// tell, which nobody else changes meanwhile, whether the transaction came about.
// If they cannot be asked, or tell of somebody else, nothing may be taken back.
func (s *Store) entered(ctx context.Context, acts []*act, sums *sums) error {
	err := s.enter(ctx, acts, sums)
	if err == nil || !s.postgres() {
		return err
	}
	ask, cancel := context.WithTimeout(context.Background(), 5*lifeWait) // ctx may be over
	defer cancel()
	notes, nerr := s.notes(ask)
	switch {
	case nerr == nil && sums.are(notes, 0):
		return err
	case nerr == nil && sums.are(notes, 1):
		return nil
	}
	return exo.E("store.Publish", exo.Unavailable, nil, errors.Join(errUnknown, err, nerr)).
		Say("the database was lost while the index was written; the files are stored and will be in the index").
		Try("when the database answers, do the same again: what is stored is found")
}
