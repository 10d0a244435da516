package config

import (
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// maxAddresses bounds a list.
const maxAddresses = 16

// parseList reads a list of the file, or a text with blanks or commas between
// the items. check says what is wrong with one; empty: nothing.
func parseList(raw any, what string, check func(text string) string) (value, string) {
	var texts []string
	switch raw := raw.(type) {
	case string:
		texts = strings.FieldsFunc(raw, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	case []any:
		for _, item := range raw {
			text, ok := item.(string)
			if !ok {
				return value{}, fmt.Sprintf("holds %s, not a text", typeName(item))
			}
			texts = append(texts, text)
		}
	default:
		return value{}, fmt.Sprintf("is %s, not a list of texts", typeName(raw))
	}
	if len(texts) > maxAddresses {
		return value{}, "has too many " + what
	}
	v := value{}
	for _, text := range texts {
		why := checkText(text)
		if why == "" {
			why = check(text)
		}
		if why != "" {
			return value{}, why
		}
		v.list = append(v.list, text)
	}
	return v, ""
}

func checkAddress(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "holds what is not an address"
	case u.Scheme != "https" && u.Scheme != "http":
		return "holds an address that does not begin with https:// or http://"
	case u.Hostname() == "" || strings.ContainsAny(u.Host, " \\") || u.Opaque != "":
		return "holds an address that names no host"
	case u.User != nil:
		return "holds an address with a user or password"
	case u.Fragment != "":
		return "holds an address with a fragment"
	case badPort(u.Port(), u.Host):
		return "holds an address with a bad port"
	}
	return ""
}

// checkOrigin accepts what a browser sends as Origin: scheme, host, port.
func checkOrigin(text string) string {
	if why := checkAddress(text); why != "" {
		return why
	}
	u, err := url.Parse(text)
	if err != nil || text != u.Scheme+"://"+u.Host || text != strings.ToLower(text) {
		return "holds an origin that has more than scheme, host and port, or capital letters"
	}
	return ""
}

func checkNetwork(text string) string {
	if _, ok := parseNetwork(text); !ok {
		return "holds what is neither an address nor a network"
	}
	return ""
}

// parseNetwork reads 10.0.0.0/8, or one address. A network of all addresses is
// none: everybody would be a proxy, and could say to be anybody.
func parseNetwork(text string) (netip.Prefix, bool) {
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" {
		return netip.PrefixFrom(ip, ip.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Bits() == 0 {
		return netip.Prefix{}, false
	}
	return p.Masked(), true
}

// parseShare reads a number from 0 to 1.
func parseShare(raw any, typed bool) (value, string) {
	var f float64
	switch n := raw.(type) {
	case float64:
		f = n
	case int:
		f = float64(n)
	case string:
		var err error
		if f, err = strconv.ParseFloat(strings.TrimSpace(n), 64); err != nil || typed {
			return value{}, "is not a number"
		}
	default:
		return value{}, fmt.Sprintf("is %s, not a number", typeName(raw))
	}
	if math.IsNaN(f) || f < 0 || f > 1 {
		return value{}, "is out of range"
	}
	return value{real: f}, ""
}

// parseKeyText reads the text of a key file; in the environment, blanks or commas
// may stand for the ends of lines.
func parseKeyText(raw any) (value, string) {
	text, ok := raw.(string)
	switch {
	case !ok:
		return value{}, fmt.Sprintf("is %s, not a text", typeName(raw))
	case len(text) > 16*maxText:
		return value{}, "is too long"
	}
	keys := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	for _, k := range keys {
		if !strings.HasPrefix(k, "AGE-SECRET-KEY-1") {
			return value{}, "holds what is not a master key"
		}
	}
	return value{text: strings.Join(keys, "\n")}, ""
}
