package version

import "context"

// Alone runs do while no version is made or deleted, for who removes files that
// a version might be about to hold. do must not make or delete one.
func (v *Versions) Alone(ctx context.Context, do func(context.Context) error) error {
	done, err := v.hold(ctx)
	if err != nil {
		return err
	}
	defer done()
	return do(ctx)
}

// What the processes of a shared tree tell each other by; see store.Turn.
const (
	makingTurn  = "versions"
	restoreTurn = "restored"
)

// hold waits until nobody makes or deletes a version, in this process or another
// that shares the tree, and forgets what another has changed.
func (v *Versions) hold(ctx context.Context) (done func(), err error) {
	v.mu.Lock()
	turn, err := v.Store.Turn(ctx, makingTurn)
	if err != nil {
		v.mu.Unlock()
		return nil, err
	}
	done = func() {
		if err := v.changed(ctx); err != nil {
			v.Log.Warn("other processes look after the versions again, in vain", "error", err)
		}
		turn()
		v.mu.Unlock()
	}
	now, err := v.Store.Generation(ctx, makingTurn)
	if err == nil && now != v.generation { // another process was at work
		v.heads, v.record.swept, v.generation = nil, false, now
		if now%2 != 0 && !v.ReadOnly { // and was killed
			err = v.recover(ctx)
			v.changes = err == nil
		}
	}
	if err != nil {
		done()
		return nil, err
	}
	return done, nil
}

// changing tells other processes that a version is about to be made, deleted or
// mended: the generation is odd until that has ended. The caller holds the turn.
func (v *Versions) changing(ctx context.Context) (err error) {
	if v.generation%2 == 0 {
		v.generation, err = v.Store.Bump(ctx, makingTurn)
	}
	v.changes = err == nil
	return err
}

// changed tells that it has ended.
func (v *Versions) changed(ctx context.Context) (err error) {
	if v.changes && v.generation%2 != 0 {
		v.generation, err = v.Store.Bump(context.WithoutCancel(ctx), makingTurn)
	}
	v.changes = false
	return err
}
