package candidate_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"exoplanetai/internal/candidate"
)

func TestNumbersAreMovedWithoutLosingADigit(t *testing.T) {
	for _, tt := range []struct {
		text string
		by   int
		want string
	}{
		{"0.0512", 4, "512"}, {"0.05120", 4, "512.0"}, {"1.2e-3", 4, "12"}, {"-.5", 4, "-5000"}, {"7", 4, "70000"},
		{"123456.789", 4, "1234567890"}, {"0.000001", 4, "0.01"}, {"0", 4, "0"}, {"0.00", 4, "0"}, {"1e200", 4, "1e+204"},
		{"", 4, ""}, {"x", 4, ""}, {"1e", 4, ""}, {".", 4, ""}, {"NaN", 4, ""}, {"-", 4, ""}, {"1,5", 4, ""}, {"Inf", 4, ""},
	} {
		if got := candidate.Shift(tt.text, tt.by); got != tt.want {
			t.Errorf("%q by %d: %q, want %q", tt.text, tt.by, got, tt.want)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"170.5387500", "2455003.5387500"}, {"-0.5", "2454832.5"}, {"0", "2454833"}, {"1.7053875e+02", "2455003.53875"},
		{"-2454833.25", "-0.25"}, {"-3000000.5", "-545167.5"}, {"131.", "2454964"}, {".25", "2454833.25"}, {"+1.5", "2454834.5"},
		{"x", ""}, {"", ""}, {"0.1234567890123456789", "2454833.123456789"},
	} {
		if got := candidate.Plus(tt.text, 2454833); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestDecimalArithmeticIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := strconv.Itoa(r.IntN(1<<r.IntN(20) + 1))
		if n := r.IntN(12); n > 0 {
			text += "." + strings.Repeat("0", r.IntN(3)) + strconv.Itoa(r.IntN(int(math.Pow10(n))))
		}
		if r.IntN(2) == 0 {
			text = "-" + text
		}
		if r.IntN(4) == 0 {
			text += "e" + strconv.Itoa(r.IntN(8)-4)
		}
		want, _ := new(big.Rat).SetString(text)
		sum := new(big.Rat).Add(want, big.NewRat(2454833, 1))
		if got, ok := new(big.Rat).SetString(candidate.Plus(text, 2454833)); !ok || got.Cmp(sum) != 0 {
			t.Fatalf("%q: %q", text, candidate.Plus(text, 2454833))
		}
		product := new(big.Rat).Mul(want, big.NewRat(10_000, 1))
		if got, ok := new(big.Rat).SetString(candidate.Shift(text, 4)); !ok || got.Cmp(product) != 0 {
			t.Fatalf("%q: %q", text, candidate.Shift(text, 4))
		}
	}
}

func TestSexagesimalAngles(t *testing.T) {
	for _, tt := range []struct {
		text  string
		hours bool
		want  string
	}{
		{"21:14:56.88", true, "318.7370000"}, {"-55:52:18.71", false, "-55.8718639"}, {"00h44m59.67s", true, "11.2486250"},
		{"-15d16m26.79s", false, "-15.2741083"}, {"-00:00:36", false, "-0.01000"}, {"+10:30", false, "10.50000"}, {"23 59 59.999", true, "359.99999583"},
		{"318.737012", true, "318.737012"}, {"-5", false, "-5"}, {"21:60:00", true, ""}, {"21:10:60", true, ""}, {"a:b:c", true, ""},
		{"1:2:3:4", true, ""}, {"", true, ""}, {"--1:2:3", false, ""}, {"1:-2:3", false, ""}, {"999999:00:00", true, ""}, {"::", true, ""},
	} {
		if got := candidate.Degrees(tt.text, tt.hours); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", "-.5e-3", "00.10", "+7.", "1e400", "0x1p3", "1_000", "", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := strconv.ParseFloat(s, 64)
		if !candidate.IsNumber(s) {
			return
		}
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			t.Fatalf("%q is no number: %v", s, err)
		}
		var back float64
		if err := json.Unmarshal(candidate.AppendJSON(nil, s), &back); err != nil || back != v {
			t.Fatalf("%q is %s in JSON: %v", s, candidate.AppendJSON(nil, s), err)
		}
		for _, got := range []string{candidate.Plus(s, 2454833), candidate.Shift(s, 4)} {
			if !candidate.IsNumber(got) && math.Abs(v) < 1e100 {
				t.Fatalf("%q gives %q", s, got)
			}
		}
		candidate.Degrees(s+":"+s, true)
	})
}
