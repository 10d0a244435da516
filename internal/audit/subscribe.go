package audit

import (
	"context"
	"time"
)

// subscriberBuffer is how many events a subscriber may be behind.
const subscriberBuffer = 4096

type subscriber struct {
	events chan Event
	closed bool // guarded by Log.subMu
}

// Subscribe returns the events as they are written, in order, from now on. The
// channel is closed when the context ends, and when the reader is too far
// behind; Query with After then gives what was missed. Events of other processes
// come too while Run runs.
func (l *Log) Subscribe(ctx context.Context) <-chan Event {
	s := &subscriber{events: make(chan Event, subscriberBuffer)}
	l.subMu.Lock()
	l.subs[s] = struct{}{}
	l.subMu.Unlock()
	context.AfterFunc(ctx, func() {
		l.subMu.Lock()
		defer l.subMu.Unlock()
		l.unsubscribe(s)
	})
	return s.events
}

// unsubscribe is called with subMu.
func (l *Log) unsubscribe(s *subscriber) {
	if !s.closed {
		s.closed = true
		close(s.events)
		delete(l.subs, s)
	}
}

// publish hands rows to the subscribers; it never waits.
func (l *Log) publish(rows []row) {
	l.published = rows[len(rows)-1].seq
	l.subMu.Lock()
	defer l.subMu.Unlock()
	if len(l.subs) == 0 {
		return
	}
	for i := range rows {
		e := rows[i].event()
		for s := range l.subs {
			select {
			case s.events <- e:
			default:
				l.unsubscribe(s)
			}
		}
	}
}

// Run looks for events that other processes appended, for the subscribers and
// the mirror, and writes ends of calls that are late, until the context ends.
func (l *Log) Run(ctx context.Context) error {
	tick := time.NewTicker(l.o.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := l.poll(ctx); err != nil && ctx.Err() == nil {
			l.o.Log.WarnContext(ctx, "the audit log cannot be followed", "error", err)
		}
	}
}

func (l *Log) poll(ctx context.Context) error {
	h, err := readHead(ctx, l.o.DB)
	if err != nil {
		return err
	}
	l.writeMu.Lock()
	defer l.writeMu.Unlock()
	if err := l.each(ctx, l.published, h.seq, func(rows []row) error { l.publish(rows); return nil }); err != nil {
		return err
	}
	if h.seq > l.seen.seq {
		l.seen = h
	}
	if l.o.DB.ReadOnly() {
		return nil
	}
	if l.o.Mirror != nil {
		if err := l.fillMirror(ctx, l.seen.seq); err != nil {
			return err
		}
	}
	l.queueMu.Lock()
	late := len(l.late)
	l.queueMu.Unlock()
	if late > 0 {
		l.writeGroup(ctx)
	}
	return nil
}
