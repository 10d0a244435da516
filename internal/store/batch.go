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

	all querier // not nil: one transaction for everything, which the caller ends
}

const batchSize = 500

func (s *Store) newBatch(ctx context.Context) *batch { return &batch{s: s, ctx: ctx} }

// batched gives do a batch, and ends it. On Postgres it is one transaction, which
// readers see all or nothing of, and another process's death leaves nothing of.
func (s *Store) batched(ctx context.Context, do func(b *batch) error) error {
	if !s.postgres() {
		b := s.newBatch(ctx)
		return b.end(do(b))
	}
	return s.DB.InTx(ctx, func(tx *sql.Tx) error { return do(&batch{s: s, ctx: ctx, all: tx}) })
}

// query is what sees the rows of the batch, after a commit.
func (b *batch) query() querier {
	if b.all != nil {
		return b.all
	}
	return b.s.DB
}

// do runs f in the current transaction.
func (b *batch) do(f func(q querier) error) (err error) {
	if b.all != nil {
		return sqldb.Typed("store.batch", nil, f(b.all))
	}
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
