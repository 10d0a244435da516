package config

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"exoplanetai/internal/exo"
)

// unknown notes a key that no setting has, with the nearest that there is.
func (l *loader) unknown(from layer, key string) {
	line := fmt.Sprintf("%s: unknown key (%s)", quote(key), place(from.origin))
	if near := l.nearest(key); near != "" {
		line += fmt.Sprintf("; did you mean %s?", near)
	}
	l.mistakes = append(l.mistakes, line)
}

// wrong notes a value that a setting does not take.
func (l *loader) wrong(from layer, s setting, raw any, why string) {
	shown := quote(fmt.Sprint(raw))
	if s.secret || s.address {
		shown = "the value"
	}
	where := place(from.origin)
	if from.origin == FromEnv {
		where += " " + s.env
	}
	l.mistakes = append(l.mistakes, fmt.Sprintf("%s: %s %s (%s); allowed: %s", s.key, shown, why, where, s.allowed()))
}

func place(o Origin) string {
	switch o {
	case FromFile:
		return "configuration file"
	case FromEnv:
		return "environment"
	case FromFlag:
		return "command line"
	}
	return "default"
}

// nearest finds the known key that differs least, if it differs little; else
// the only one with the same last part or that name in the environment.
func (l *loader) nearest(key string) string {
	if len(key) > 100 {
		return ""
	}
	best, least := "", 1+len(key)/4
	last := key[strings.LastIndexByte(key, '.')+1:]
	var alike []string
	for _, s := range l.settings {
		if d := exo.Edits(key, s.key); d < least {
			best, least = s.key, d
		}
		if tail := s.key[strings.LastIndexByte(s.key, '.')+1:]; tail == last || s.env == key {
			alike = append(alike, s.key)
		}
	}
	if best == "" && len(alike) == 1 {
		return alike[0]
	}
	return best
}

// entries renders the settings for `config show`.
func (l *loader) entries(c Config, fileOrigin Origin) []Entry {
	out := []Entry{{Key: "config_file", Value: c.File, Origin: fileOrigin}}
	for _, s := range l.settings {
		shown := s.show(l.values[s.key])
		if s.key == "cache_path" {
			shown = c.CachePath
		}
		out = append(out, Entry{Key: s.key, Value: shown, Origin: l.origins[s.key]})
	}
	sortEntries(out)
	return out
}

// show renders a value as it could stand in the file, secrets hidden.
func (s setting) show(v value) string {
	switch {
	case s.secret && v.text != "":
		return "(hidden)"
	case s.kind == addresses:
		return hosts(v.list)
	case s.kind == origins, s.kind == networks:
		return strings.Join(v.list, ", ")
	case s.kind == share:
		return strconv.FormatFloat(v.real, 'g', -1, 64)
	case s.kind == repository:
		return v.text // has neither user nor password
	case s.address:
		return publicAddress(v.text)
	}
	switch s.kind {
	case count:
		return strconv.FormatInt(v.number, 10)
	case seconds, minutes, days:
		return strconv.FormatInt(int64(v.span/units[s.kind]), 10)
	case span:
		return shortDuration(v.span)
	case yesno:
		return strconv.FormatBool(v.yes)
	}
	return v.text
}

// publicAddress drops user, password and query, which may hold secrets.
func publicAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || text == "" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// hosts names where the addresses of a list lead, and nothing else of them: the
// path of a web hook is often a secret.
func hosts(list []string) string {
	var shown []string
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil {
			continue
		}
		end := ""
		if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
			end = "/(hidden)"
		}
		shown = append(shown, u.Scheme+"://"+u.Host+end)
	}
	return strings.Join(shown, ", ")
}

// shortDuration prints 24h for 24h0m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func plural(n int) string {
	if n == 1 {
		return "one mistake"
	}
	return strconv.Itoa(n) + " mistakes"
}

func quote(s string) string { return strconv.Quote(clip(s)) }

// clip shortens a hostile text for a message.
func clip(s string) string {
	const limit = 80
	if len(s) > limit {
		return strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

// oneLine keeps a parser's message, which may have several lines, in one.
func oneLine(s string) string { return clip(strings.Join(strings.Fields(s), " ")) }
