package audit

import (
	"fmt"
	"net/netip"
	"time"
)

// Rules are the bounds above which Watch speaks. A zero field takes the value of
// DefaultRules; a negative number switches its rule off.
type Rules struct {
	SignIns       Burst // failed sign-ins of one address, or for one user
	SignInsTotal  Burst // failed sign-ins in all: guesses from many addresses
	Denied        Burst // denied calls of one caller
	DeniedTotal   Burst // denied calls in all
	DownloadFiles Burst // files that one caller downloads
	DownloadBytes Burst // bytes that one caller downloads

	// A key that is used from two networks within this time is a break-in or a key
	// that was passed on; one that moves more slowly is a traveller.
	KeyPlaces time.Duration

	// Admin calls before From or from To on (hours of the day in Location), or on a
	// day that is not a working day, are spoken of.
	From, To int            // hours; both 0: the default; From = -1: never
	Weekend  bool           // Saturday and Sunday are working days too
	Location *time.Location // nil: UTC

	Quiet time.Duration // no second alert of a rule about the same subject within this time
}

// Burst is so many within a time.
type Burst struct {
	Count  int64
	Within time.Duration
}

// DefaultRules are the bounds for a research group: a person mistypes a password
// five times and a script retries with an old key for a while, but neither
// passes them; a batch that fetches some thousand light curves a day neither.
func DefaultRules() Rules {
	return Rules{
		SignIns:       Burst{10, 2 * time.Minute},
		SignInsTotal:  Burst{60, 5 * time.Minute},
		Denied:        Burst{30, time.Minute},
		DeniedTotal:   Burst{300, 5 * time.Minute},
		DownloadFiles: Burst{5000, 10 * time.Minute},
		DownloadBytes: Burst{20 << 30, time.Hour},
		KeyPlaces:     10 * time.Minute,
		From:          6, To: 22,
		Quiet: 15 * time.Minute,
	}
}

// withDefaults fills zero fields.
func (r Rules) withDefaults() Rules {
	d := DefaultRules()
	for _, b := range []struct{ have, def *Burst }{
		{&r.SignIns, &d.SignIns}, {&r.SignInsTotal, &d.SignInsTotal}, {&r.Denied, &d.Denied}, {&r.DeniedTotal, &d.DeniedTotal},
		{&r.DownloadFiles, &d.DownloadFiles}, {&r.DownloadBytes, &d.DownloadBytes},
	} {
		if b.have.Count == 0 {
			b.have.Count = b.def.Count
		}
		if b.have.Within <= 0 {
			b.have.Within = b.def.Within
		}
	}
	if r.KeyPlaces == 0 {
		r.KeyPlaces = d.KeyPlaces
	}
	if r.From == 0 && r.To == 0 {
		r.From, r.To = d.From, d.To
	}
	if r.Location == nil {
		r.Location = time.UTC
	}
	if r.Quiet <= 0 {
		r.Quiet = d.Quiet
	}
	return r
}

// offHours reports whether nobody is expected at work.
func (r *Rules) offHours(at time.Time) bool {
	if r.From < 0 {
		return false
	}
	at = at.In(r.Location)
	if day := at.Weekday(); !r.Weekend && (day == time.Saturday || day == time.Sunday) {
		return true
	}
	return at.Hour() < r.From || at.Hour() >= r.To
}

// The rules' names: Alert.Rule, Event.Code, and the label of a metric.
const (
	RuleSignIns   = "sign_ins"
	RuleDenied    = "denied"
	RuleDownloads = "downloads"
	RuleKeyPlaces = "key_places"
	RuleOffHours  = "off_hours"
)

// windowParts is how finely a window slides: a burst is told by its count within
// the window, up to this part of it more.
const windowParts = 8

// window counts within a sliding time.
type window struct {
	slots [windowParts + 1]int64
	at    int64 // number of the newest slot since 1970
}

// add counts n at a time and returns the count within the window. A clock that
// goes back counts into the newest slot.
func (w *window) add(at time.Time, within time.Duration, n int64) (total int64) {
	slot := at.UnixNano() / max(1, int64(within)/windowParts)
	if slot > w.at {
		for i := max(w.at+1, slot-windowParts); i <= slot; i++ {
			w.slots[i%int64(len(w.slots))] = 0
		}
		w.at = slot
	}
	w.slots[w.at%int64(len(w.slots))] += n
	for _, c := range w.slots {
		total += c
	}
	return total
}

// counters counts per subject. Their number is bounded: when there are too many,
// those that have been quiet for longer than the window go, and if that is not
// enough, all: a flood of new subjects is what the rule on the total is for.
type counters struct {
	max  int
	list map[string]*window
}

func (c *counters) add(subject string, at time.Time, b Burst, n int64) (total int64, over bool) {
	if b.Count < 0 {
		return 0, false
	}
	w := c.list[subject]
	if w == nil {
		if len(c.list) >= c.max {
			c.sweep(at, b.Within)
		}
		if c.list == nil {
			c.list = map[string]*window{}
		}
		w = &window{}
		c.list[subject] = w
	}
	total = w.add(at, b.Within, n)
	return total, total >= b.Count
}

func (c *counters) sweep(at time.Time, within time.Duration) {
	oldest := at.UnixNano()/max(1, int64(within)/windowParts) - windowParts
	for s, w := range c.list {
		if w.at < oldest {
			delete(c.list, s)
		}
	}
	if len(c.list) >= c.max {
		clear(c.list)
	}
}

// place is where a key was used.
type place struct {
	net  string
	last time.Time
}

// places remembers where each key was used lately: of each family of addresses
// the last two networks, as a host may have one of each.
type places struct {
	max  int
	list map[string]*[2]place // by key and family
}

// saw notes a use and returns the other network where the key was used within
// the time, "" if none.
func (p *places) saw(key, address string, at time.Time, within time.Duration) string {
	net, family := network(address)
	if net == "" || within < 0 {
		return ""
	}
	id := key + family
	have := p.list[id]
	if have == nil {
		if len(p.list) >= p.max {
			clear(p.list)
		}
		if p.list == nil {
			p.list = map[string]*[2]place{}
		}
		have = &[2]place{}
		p.list[id] = have
	}
	if have[0].net != net {
		if have[1].net == net {
			have[0], have[1] = have[1], have[0]
		} else {
			have[1] = have[0]
			have[0] = place{net: net}
		}
	}
	have[0].last = at
	if other := have[1]; other.net != "" && at.Sub(other.last) <= within {
		return other.net
	}
	return ""
}

// network returns the network of an address that one user may be anywhere in:
// /24 of IPv4, /48 of IPv6 (RFC 6177). Text that is no address is its own.
func network(address string) (net, family string) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		ap, portErr := netip.ParseAddrPort(address)
		if portErr != nil {
			return address, "/?"
		}
		a = ap.Addr()
	}
	a = a.Unmap().WithZone("")
	bits, family := 48, "/6"
	if a.Is4() {
		bits, family = 24, "/4"
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return address, "/?"
	}
	return p.String(), family
}

// number writes a count of bytes or things for a message.
func number(n int64) string {
	const gib = 1 << 30
	if n >= gib {
		return fmt.Sprintf("%.1f Gi", float64(n)/gib)
	}
	return itoa(n)
}
