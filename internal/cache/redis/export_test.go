package redis

import "exoplanetai/internal/exo"

// UseClock has the limiter tell the server the time, instead of asking it.
func (l *Limiter) UseClock(c exo.Clock) { l.clock = c }

// Scan goes through a stream in pieces: how many replies it holds, and whether
// all of it is sound.
func Scan(pieces ...[]byte) (done int, ok bool) {
	var f frames
	for _, p := range pieces {
		n, ok := f.scan(p)
		if done += n; !ok {
			return done, false
		}
	}
	return done, true
}
