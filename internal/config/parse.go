package config

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// kind says how a setting is spelled.
type kind string

const (
	folder       kind = "folder"
	token        kind = "token"
	word         kind = "word"
	yesno        kind = "yesno"
	count        kind = "count"
	seconds      kind = "seconds"
	minutes      kind = "minutes"
	days         kind = "days"
	span         kind = "span"
	bitmask      kind = "bitmask"
	hostRoot     kind = "hostRoot"
	optionalRoot kind = "optionalRoot"
	bucketURL    kind = "bucketURL"
	databaseURL  kind = "databaseURL"
	redisURL     kind = "redisURL"
	listenAt     kind = "listenAt"
	addresses    kind = "addresses"
	origins      kind = "origins"
	networks     kind = "networks"
	keyText      kind = "keyText"
	optionalFile kind = "optionalFile"
	share        kind = "share"
	repository   kind = "repository"
)

// units turns whole numbers into durations.
var units = map[kind]time.Duration{seconds: time.Second, minutes: time.Minute, days: 24 * time.Hour}

// maxText bounds every text value.
const maxText = 4096

// allowed describes in words what a setting takes.
func (s setting) allowed() string {
	switch s.kind {
	case folder:
		return "a folder's path"
	case optionalFile:
		return "a file's path"
	case keyText:
		return "the text of a master key file, AGE-SECRET-KEY-1…"
	case origins:
		return fmt.Sprintf("a list of at most %d origins such as https://lab.example.org", maxAddresses)
	case networks:
		return fmt.Sprintf("a list of at most %d addresses or networks such as 10.0.0.0/8", maxAddresses)
	case share:
		return "a number from 0 to 1"
	case token:
		return "a text without blanks"
	case word:
		return "one of " + strings.Join(s.words, ", ")
	case yesno:
		return "true or false"
	case count:
		return fmt.Sprintf("a whole number from %d to %d", s.min, s.max)
	case seconds, minutes, days:
		return fmt.Sprintf("a whole number of %s from %d to %d", s.kind, s.min, s.max)
	case span:
		if s.min > 0 {
			return fmt.Sprintf("a duration such as 24h or 90m, from %s to %dh", shortDuration(time.Duration(s.min)*time.Second), s.max/3600)
		}
		return fmt.Sprintf("a duration such as 24h or 90m, up to %dh", s.max/3600)
	case bitmask:
		return "one of " + strings.Join(s.words, ", ") + ", or a whole number of flag bits"
	case hostRoot, optionalRoot:
		return "a host root such as https://mast.stsci.edu, without path or query"
	case bucketURL:
		return "an address such as https://stpubdata.s3.amazonaws.com, without query"
	case addresses:
		return fmt.Sprintf("a list of at most %d addresses such as https://hooks.example.org/changes", maxAddresses)
	case repository:
		return "a folder's path, or an address such as s3://bucket/prefix?endpoint=s3.example.org"
	case databaseURL:
		return "an address such as postgres://user@host:5432/name"
	case redisURL:
		return "an address such as redis://localhost:6379"
	}
	return "a host and port such as 127.0.0.1:8000"
}

// parse reads a raw value. Environment and flags give texts; the file gives
// what YAML makes of it, and must have the right type there. The text
// says what is wrong, without the value; empty: nothing.
func (s setting) parse(raw any, typed bool) (value, string) {
	switch s.kind {
	case yesno:
		return s.parseBool(raw, typed)
	case count, seconds, minutes, days:
		return s.parseNumber(raw, typed)
	case bitmask:
		return s.parseBitmask(raw)
	case addresses:
		return parseList(raw, "addresses", checkAddress)
	case origins:
		return parseList(raw, "origins", checkOrigin)
	case networks:
		return parseList(raw, "networks", checkNetwork)
	case share:
		return parseShare(raw, typed)
	case keyText:
		return parseKeyText(raw)
	}
	text, ok := raw.(string)
	if !ok {
		return value{}, fmt.Sprintf("is %s, not a text", typeName(raw))
	}
	if why := checkText(text); why != "" {
		return value{}, why
	}
	if s.kind == span {
		return s.parseSpan(text, typed)
	}
	if text == "" && s.fallback == "" {
		return value{}, ""
	}
	return s.parseText(text)
}

func (s setting) parseText(text string) (value, string) {
	switch s.kind {
	case folder:
		if text == "" {
			return value{}, "is empty"
		}
	case token:
		if strings.ContainsFunc(text, unicode.IsSpace) {
			return value{}, "holds blanks"
		}
	case word:
		if !slices.Contains(s.words, text) {
			return value{}, "is not a word of the list"
		}
	case hostRoot, optionalRoot:
		return checkURL(text, false, "http", "https")
	case bucketURL:
		return checkURL(text, true, "http", "https")
	case databaseURL:
		return checkService(text, "postgres", "postgresql")
	case redisURL:
		return checkService(text, "redis", "rediss")
	case listenAt:
		return checkListen(text)
	case repository:
		return checkRepository(text)
	}
	return value{text: text}, ""
}

func (s setting) parseBool(raw any, typed bool) (value, string) {
	if b, ok := raw.(bool); ok {
		return value{yes: b}, ""
	}
	text, ok := raw.(string)
	if !ok || typed {
		return value{}, fmt.Sprintf("is %s, not true or false", typeName(raw))
	}
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on":
		return value{yes: true}, ""
	case "false", "0", "no", "off":
		return value{}, ""
	}
	return value{}, "is neither true nor false"
}

func (s setting) parseNumber(raw any, typed bool) (value, string) {
	n, why := wholeNumber(raw, typed)
	switch {
	case why != "":
		return value{}, why
	case n < 0 && s.min >= 0:
		return value{}, "is negative"
	case n < s.min:
		return value{}, "is too small"
	case n > s.max:
		return value{}, "is too large"
	}
	return value{number: n, span: time.Duration(n) * units[s.kind]}, ""
}

// parseSpan reads a Go duration. CACHE_TTL_HOURS, the one environment name of
// a duration, is a number of hours, as in the guide.
func (s setting) parseSpan(text string, typed bool) (value, string) {
	d, err := time.ParseDuration(text)
	if hours, err2 := strconv.ParseFloat(text, 64); !typed && s.env != "" && err2 == nil {
		if math.IsNaN(hours) || math.Abs(hours) > float64(s.max) {
			return value{}, "is out of range"
		}
		d, err = time.Duration(hours*3600)*time.Second, nil
	}
	switch {
	case err != nil:
		return value{}, "is not a duration"
	case d < 0:
		return value{}, "is negative"
	case d < time.Duration(s.min)*time.Second:
		return value{}, "is too short"
	case d > time.Duration(s.max)*time.Second:
		return value{}, "is too long"
	}
	return value{span: d}, ""
}

func (s setting) parseBitmask(raw any) (value, string) {
	if text, ok := raw.(string); ok && slices.Contains(s.words, text) {
		return value{text: text}, ""
	}
	n, why := wholeNumber(raw, false)
	if why != "" || n < 0 || n > s.max {
		return value{}, "is neither a word of the list nor a number of flag bits"
	}
	return value{text: strconv.FormatInt(n, 10)}, ""
}

func wholeNumber(raw any, typed bool) (int64, string) {
	switch n := raw.(type) {
	case int:
		return int64(n), ""
	case int64:
		return n, ""
	case uint64:
		return 0, "is too large"
	case string:
		if typed {
			return 0, "is a text, not a whole number"
		}
		v, err := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
		if err != nil {
			return 0, "is not a whole number"
		}
		return v, ""
	}
	return 0, fmt.Sprintf("is %s, not a whole number", typeName(raw))
}

func checkText(s string) string {
	switch {
	case len(s) > maxText:
		return fmt.Sprintf("is longer than %d bytes", maxText)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return "holds control characters"
	case s != strings.TrimSpace(s):
		return "begins or ends with a blank"
	}
	return ""
}

// checkURL checks an http address and drops its final slash.
func checkURL(text string, path bool, schemes ...string) (value, string) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return value{}, "is not an address"
	case !slices.Contains(schemes, u.Scheme):
		return value{}, fmt.Sprintf("does not begin with %s://", strings.Join(schemes, ":// or "))
	case u.Hostname() == "" || strings.ContainsAny(u.Host, " \\") || u.Opaque != "":
		return value{}, "names no host"
	case u.User != nil:
		return value{}, "holds a user or password"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#"):
		return value{}, "has a query or fragment"
	case !path && u.Path != "" && u.Path != "/":
		return value{}, "has a path"
	case badPort(u.Port(), u.Host):
		return value{}, "has a bad port"
	}
	return value{text: strings.TrimRight(text, "/")}, ""
}

// checkService checks the address of a database or cache server.
func checkService(text string, schemes ...string) (value, string) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return value{}, "is not an address"
	case !slices.Contains(schemes, u.Scheme):
		return value{}, fmt.Sprintf("does not begin with %s://", strings.Join(schemes, ":// or "))
	case u.Hostname() == "" && !(schemes[0] == "postgres" && u.Query().Get("host") != ""): // a socket's folder
		return value{}, "names no host"
	case u.Host != "" && badPort(u.Port(), u.Host):
		return value{}, "has a bad port"
	}
	return value{text: text}, ""
}

// checkRepository accepts a folder, or an address of S3 without a key in it.
func checkRepository(text string) (value, string) {
	if !strings.Contains(text, "://") {
		return value{text: text}, ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return value{}, "is not an address"
	case u.Scheme != "s3":
		return value{}, "is neither a folder nor an address that begins with s3://"
	case u.Hostname() == "" || u.Port() != "":
		return value{}, "names no bucket"
	case u.User != nil:
		return value{}, "holds a user or password"
	}
	for name := range u.Query() {
		if name != "endpoint" && name != "region" {
			return value{}, "has a parameter that is neither endpoint nor region"
		}
	}
	return value{text: text}, ""
}

func badPort(port, host string) bool {
	if port == "" {
		return strings.HasSuffix(host, ":")
	}
	n, err := strconv.Atoi(port)
	return err != nil || n < 1 || n > 65535
}

// checkListen accepts host:port, where no host is every address of the machine.
// Port 0 lets the system choose.
func checkListen(text string) (value, string) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return value{}, "is not host:port"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return value{}, "has a bad port"
	}
	if host == "" || host == "localhost" {
		return value{text: text}, ""
	}
	if ip, err := netip.ParseAddr(host); err != nil || ip.Zone() != "" {
		return value{}, "is not an address of this machine in numbers"
	}
	return value{text: text}, ""
}

func typeName(raw any) string {
	switch raw.(type) {
	case nil:
		return "empty"
	case bool:
		return "true or false"
	case int, int64, uint64, float64:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	case map[string]any, map[any]any:
		return "a group of keys"
	case time.Time:
		return "a date"
	}
	return "of another type"
}
