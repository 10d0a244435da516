package universe

import (
	"math"

	"exoplanetai/internal/exo"
)

// What quality bits do to a row was counted in the missions' files: TESS gives
// no PDCSAP_FLUX where one of noFluxTESS is set, and gives it everywhere else.
const noFluxTESS = 4 | 8 | 16 | 32 | 128 | 4096 | 32768

// Kepler's rows without time. The first two also have positions that make no
// sense.
const (
	noData      = 98304      // no data collected, not in fine point
	noDataTweak = noData + 1 // attitude tweak
	noDataEarth = noData + 8 // Earth point
	noDataSafe  = noData + 8 + 2
)

// flagRows sets the quality of all rows.
func (sc scene) flagRows(s *series, c chance) {
	switch sc.window.mission {
	case exo.TESS:
		sc.flagTESS(s, c)
	case exo.K2:
		sc.flagK2(s, c)
	default:
		if sc.window.cadence == 60 {
			sc.flagShort(s, c)
			return
		}
		sc.flagKepler(s, c)
	}
}

// put adds bits to n rows from row at on.
func (s *series) put(at, n int, bits int32) {
	for i := max(at, 0); i < min(at+n, len(s.quality)); i++ {
		s.quality[i] |= bits
	}
}

// sprinkle adds bits to n rows that have none.
func (s *series) sprinkle(c chance, n int, bits int32) {
	for n > 0 {
		if i := c.intn(len(s.quality)); s.quality[i] == 0 {
			s.quality[i] = bits
			n--
		}
	}
}

func (sc scene) flagTESS(s *series, c chance) {
	n, w := len(s.quality), sc.window
	old := w.date < "2019"
	perDay := int(math.Round(1 / w.step()))
	s.put(0, 1, 8)
	gap := int32(8)
	if old {
		gap = 136
	}
	middle := n * 46 / 100
	s.put(middle, w.gap, gap)
	s.put(middle+w.gap, perDay/8, 128)
	for at := int(w.dumpDays * float64(perDay)); at < n-10; at += int(w.dumpDays * float64(perDay)) {
		if s.quality[at] != 0 || s.quality[at+7] != 0 {
			continue
		}
		for k, bits := range [...]int32{160, 176, 180, 180, 164, 160, 160} {
			if !old {
				bits &^= 128
			}
			s.quality[at+k] = bits
		}
	}
	if old {
		s.put(n*78/100, n/25, 128) // weeks of unsteady pointing were cut out by hand
	} else {
		s.put(n-perDay, perDay*2/3, 4096)
		s.put(n-perDay/3, perDay/12, 4096|32768)
	}
	s.sprinkle(c, 1+c.intn(5), 512)
}

func (sc scene) flagKepler(s *series, c chance) {
	n, w := len(s.quality), sc.window
	perDay := int(math.Round(1 / w.step()))
	s.put(0, 9, 256)
	s.put(11, 1, noDataTweak)
	for _, at := range [...]int{n / 3, n * 2 / 3} { // the monthly download
		s.put(at, w.gap*4/10, noDataEarth)
		s.put(at+w.gap*4/10, w.gap*6/10, noDataSafe)
		s.put(at+w.gap*4/10+w.gap*6/10, 3, 32772)
	}
	for at := 3 * perDay / 2; at < n; at += int(w.dumpDays * float64(perDay)) {
		if s.quality[at] == 0 {
			s.put(at, 1, 32800)
		}
	}
	s.sprinkle(c, n/60, 16)
	s.sprinkle(c, n/90, 128)
	s.sprinkle(c, n/28, 8192)
	s.sprinkle(c, 2, 4160)
	s.sprinkle(c, 1, 12352)
	s.sprinkle(c, n/400, 16384)
	s.sprinkle(c, 2, 64)
}

func (sc scene) flagShort(s *series, c chance) {
	n := len(s.quality)
	s.put(n*28/100, 30, 32772)
	s.put(n*28/100+30, 4, 32804)
	s.put(n*28/100+34, 4, 4)
	s.sprinkle(c, n/23, 128)
	s.sprinkle(c, n/39, 8192)
	s.sprinkle(c, 14, 8320)
	s.sprinkle(c, 1, 2048)
	s.sprinkle(c, 22, 2176)
	s.sprinkle(c, 2, 4160)
	s.sprinkle(c, 2, 12352)
	s.sprinkle(c, 3, 64)
	s.sprinkle(c, 1, 8256)
}

func (sc scene) flagK2(s *series, c chance) {
	n := len(s.quality)
	s.put(n*18/100, 7, noData)
	firings := 0
	for at := rollRows - 1; at < n; at += rollRows {
		if s.quality[at] != 0 {
			continue
		}
		switch firings++; {
		case firings%8 == 0:
			s.put(at, 1, 1081376) // and a desaturation, out of fine point
		case firings%2 == 0:
			s.put(at, 1, 1048576)
		}
	}
	s.sprinkle(c, n/20, 8192)
	s.sprinkle(c, 10, 2048)
	s.sprinkle(c, 1, 4096)
	s.sprinkle(c, 1, 12288)
}

// blank puts NaN where the pipelines give no value.
func (sc scene) blank(s *series, c chance) {
	tess := sc.window.mission == exo.TESS
	gap := int32(noData)
	for i, q := range s.quality {
		noTime := !tess && q&gap == gap
		noSAP := noTime
		noPDC := noTime
		if tess {
			noTime = q&8 != 0 && i > 0
			noSAP = noTime || q&(4|16) != 0
			noPDC = q&noFluxTESS != 0
		} else {
			noSAP = noTime || q&32768 != 0 || q&16384 != 0 || q&4096 != 0
			noPDC = noSAP || q&(4|64|256|1048576) != 0
			if sc.window.mission == exo.K2 && q == 0 && (i == 0 || (i%rollRows == 0 && c.oneIn(3))) {
				noPDC = true // given up without a flag
			}
		}
		s.clear(i, noTime, noSAP, noPDC, tess)
		switch {
		case noTime && !tess && (q == noDataTweak || q == noData):
			s.pos1[i], s.pos2[i] = float32(-sc.col), float32(-sc.row)
		case q == 512:
			s.sap[i] *= 1.004
		}
	}
}

func (s *series) clear(i int, noTime, noSAP, noPDC, tess bool) {
	if noTime {
		s.time[i], s.corr[i] = math.NaN(), 0
	}
	if noSAP {
		s.sap[i], s.sapErr[i], s.bkg[i], s.bkgErr[i] = nan32, nan32, nan32, nan32
		s.col[i], s.row[i], s.colErr[i], s.rowErr[i] = math.NaN(), math.NaN(), nan32, nan32
	}
	if noPDC {
		s.pdc[i], s.pdcErr[i] = nan32, nan32
	}
	if noSAP || (tess && s.quality[i]&(4|8|16|32) != 0) {
		s.pos1[i], s.pos2[i] = nan32, nan32
	}
}
