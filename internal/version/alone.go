package version

import "context"

// Alone runs do while no version is made or deleted, for who removes files that
// a version might be about to hold. do must not make or delete one.
func (v *Versions) Alone(ctx context.Context, do func(context.Context) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return do(ctx)
}
