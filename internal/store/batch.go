package store

import (
	"context"
	"database/sql"

	"exoplanetai/internal/sqldb"
)

// batch groups many small writes to the index into transactions of some
// hundred, so that neither the log of the database nor the wait of other
// writers grows with the number of files.
type batch struct {
	s   *Store
	ctx context.Context // a batch lives within one call
	tx  *sql.Tx
	n   int
}

const batchSize = 500

func (s *Store) newBatch(ctx context.Context) *batch { return &batch{s: s, ctx: ctx} }

// do runs f in the current transaction.
func (b *batch) do(f func(q querier) error) (err error) {
	if b.tx == nil {
		if b.tx, err = b.s.DB.BeginTx(b.ctx, nil); err != nil {
			return sqldb.Typed("store.batch", nil, err)
		}
	}
	if err := f(b.tx); err != nil {
		return sqldb.Typed("store.batch", nil, err)
	}
	if b.n++; b.n < batchSize {
		return nil
	}
	return b.commit()
}

func (b *batch) commit() error {
	if b.tx == nil {
		return nil
	}
	tx := b.tx
	b.tx, b.n = nil, 0
	return sqldb.Typed("store.batch", nil, tx.Commit())
}

// end commits what is left, or takes it back if err is set, and returns the
// first error.
func (b *batch) end(err error) error {
	if err == nil {
		return b.commit()
	}
	if b.tx != nil {
		_ = b.tx.Rollback() // the first error is the one to tell
		b.tx = nil
	}
	return err
}
