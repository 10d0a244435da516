package sample

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// headBytes is what is read of a light curve to find its header keywords: the
// first two headers of the missions' files end at byte 20,160.
const headBytes = 32 << 10

// mjdZero is the BJD of MJD 0.
const mjdZero = 2400000.5

// fromHeader fills in star, position and times from the head of a file. It
// serves listings only, so a keyword that is missing or odd is left unknown.
func (f *file) fromHeader(head []byte) {
	keys := keywords(head)
	num := func(name string) float64 { return number(keys[name]) }
	f.ra, f.dec = num("RA_OBJ"), num("DEC_OBJ")
	f.tmin, f.tmax = num("LC_START"), num("LC_END")
	if f.product.Mission == exo.TESS && math.IsNaN(f.tmin) {
		f.tmin, f.tmax = num("TSTART")+exo.BTJD.Zero()-mjdZero, num("TSTOP")+exo.BTJD.Zero()-mjdZero
	}
	f.release = keys["DATA_REL"]
	f.gaia = keys["GAIADR3"]
	if f.product.ID.IsZero() {
		if n, err := strconv.ParseUint(keys["TICID"], 10, 64); err == nil && n > 0 {
			f.product.ID = exo.TargetID{Catalog: exo.TIC, Number: n}
		}
	}
}

// keywords reads the cards of the first header, and of the second where the
// first has no data behind it. The first card of a name counts.
func keywords(head []byte) map[string]string {
	keys := map[string]string{}
	for hdu, at := 0, 0; hdu < 2; hdu++ {
		end := -1
		for i := at; i+80 <= len(head); i += 80 {
			card := head[i : i+80]
			name := strings.TrimRight(string(card[:8]), " ")
			if name == "END" {
				end = i + 80
				break
			}
			if card[8] != '=' {
				continue
			}
			if _, have := keys[name]; !have {
				keys[name] = cardText(card[10:])
			}
		}
		if end < 0 || keys["NAXIS"] != "0" {
			return keys
		}
		at = (end + 2879) / 2880 * 2880
	}
	return keys
}

// cardText gives the value of a card without quotes and comment.
func cardText(b []byte) string {
	s := string(bytes.TrimSpace(b))
	if strings.HasPrefix(s, "'") {
		if i := strings.IndexByte(s[1:], '\''); i >= 0 {
			return strings.TrimRight(s[1:1+i], " ")
		}
		return ""
	}
	s, _, _ = strings.Cut(s, "/")
	return strings.TrimSpace(s)
}
