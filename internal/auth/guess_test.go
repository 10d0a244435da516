package auth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
	"exoplanetai/internal/seal"
	"exoplanetai/internal/xtest"
)

// Ten thousand guesses in a minute: ten are looked at (S4).
func TestTenThousandGuesses(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		var looked, limited int
		for i := range 10_000 {
			_, err := s.SignIn(ctx, "ada", fmt.Sprintf("guess number %d", i), address)
			switch {
			case errors.Is(err, exo.Unauthenticated):
				looked++
			case errors.Is(err, exo.RateLimited):
				limited++
				if after, ok := exo.ExtraOf(err)["retry_after"].(int); !ok || after < 1 || after > 60 {
					t.Fatalf("retry_after %v", exo.ExtraOf(err)["retry_after"])
				}
			default:
				t.Fatal(err)
			}
			w.pass(5 * time.Millisecond) // 50 seconds in all
		}
		if looked != 10 || limited != 9990 {
			t.Errorf("%d guesses were looked at, %d refused", looked, limited)
		}
		_, err := s.SignIn(ctx, "ada", password, address)
		wantKind(t, "the right one among them", err, exo.RateLimited)
		must(s.SignIn(ctx, "ada", password, "198.51.100.1"))(t) // elsewhere nobody is shut out
		must(s.SignIn(ctx, "rob", password, address))(t)
		w.pass(time.Minute)
		must(s.SignIn(ctx, "ada", password, address))(t)
	})
}

// Who has many names or addresses is limited, too; here without hashes, which
// are refused before they begin.
func TestGuessesFromManySides(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		tests := map[string]struct {
			name, address func(i int) string
			want          int
		}{
			"many names, one address":                {func(i int) string { return fmt.Sprintf("user%d", i) }, func(int) string { return address }, 60},
			"one name, many addresses":               {func(int) string { return "ada" }, func(i int) string { return fmt.Sprintf("10.0.%d.%d", i>>8, i&255) }, 60},
			"one name, one net of IPv6":              {func(int) string { return "ada" }, func(i int) string { return fmt.Sprintf("2001:db8::%x", i) }, 10},
			"one name, one address in many writings": {func(int) string { return "ada" }, func(i int) string { return []string{"192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207"}[i%3] }, 10},
			"one name in many writings":              {func(i int) string { return []string{"ada", "ADA", "Ada"}[i%3] }, func(int) string { return address }, 10},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				s := w.service()
				canceled, cancel := context.WithCancel(ctx)
				cancel() // the database is asked after the count
				looked := 0
				for i := range 1000 {
					if _, err := s.SignIn(canceled, tt.name(i), "x", tt.address(i)); !errors.Is(err, exo.RateLimited) {
						looked++
					}
				}
				if looked != tt.want {
					t.Errorf("%d were let through, want %d", looked, tt.want)
				}
			})
		}
	})
}

func TestTheCountOfTriesIsBounded(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		allow, size := auth.NewTries(w.clock)
		for i := range 3 * auth.MaxWindows {
			if wait, err := allow(ctx, fmt.Sprint(i), 10); wait != 0 || err != nil {
				t.Fatalf("%v, %v", wait, err)
			}
		}
		if n := size(); n > auth.MaxWindows || n < auth.MaxWindows/2 {
			t.Errorf("%d names and addresses are remembered", n)
		}
	})
}

func TestNetworks(t *testing.T) {
	for in, want := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "", "socket": "socket"} {
		if got := auth.Network(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestManyAtOnceWaitOrAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := must(auth.Open(ctx, auth.Options{DB: w.db, Ring: w.keys, Clock: w.clock,
			Tries: func(context.Context, string, int) (time.Duration, error) { return 0, nil }}))(t)
		people(t, s)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var wg sync.WaitGroup
		var mu sync.Mutex
		kinds := map[exo.Kind]int{}
		for range 300 {
			wg.Go(func() {
				_, err := s.SignIn(ctx, "ada", "wrong", address)
				mu.Lock()
				defer mu.Unlock()
				kinds[exo.KindOf(err)]++
				cancel() // after the first who got an answer
			})
		}
		wg.Wait()
		if kinds[exo.RateLimited]+kinds[exo.Unauthenticated]+kinds[exo.Canceled] != 300 || kinds[exo.RateLimited] == 0 && kinds[exo.Canceled] == 0 {
			t.Errorf("%v", kinds)
		}
	})
}

// Known and unknown names, and names that cannot be: the same answer in the same
// time. The test fails if the times differ with p < 0.01 three times in a row.
func TestUnknownNamesTakeTheSameTime(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := must(auth.Open(ctx, auth.Options{DB: w.db, Ring: w.keys, Clock: w.clock,
			Tries: func(context.Context, string, int) (time.Duration, error) { return 0, nil }}))(t)
		people(t, s)
		must(s.CreateUser(ctx, "off", auth.User, password))(t)
		if err := s.Disable(ctx, "off"); err != nil {
			t.Fatal(err)
		}
		try := func(name, password string) float64 {
			begin := time.Now()
			_, err := s.SignIn(ctx, name, password, address)
			took := time.Since(begin).Seconds()
			if !errors.Is(err, exo.Unauthenticated) || exo.MessageOf(err) != "wrong name or password" || exo.HintOf(err) != "" {
				t.Fatalf("%s: %v", name, err)
			}
			return took
		}
		n := 25
		switch {
		case raceDetector:
			n = 8 // its times are not the program's; enough to see a hash that is left out
		case xtest.Nightly():
			n = 500
		}
		others := map[string][2]string{"unknown": {"eve", "wrong"}, "disabled, right password": {"off", password}, "no name": {"../../x", "wrong"},
			"a long password": {"ada", strings.Repeat("x", 100_000)}}
		for what, other := range others {
			differ := func() bool {
				var known, unknown []float64
				for i := range 2 * n { // in turn, so that the machine's other work falls on both
					if i%4 == 0 || i%4 == 3 {
						known = append(known, try("ada", "wrong"))
					} else {
						unknown = append(unknown, try(other[0], other[1]))
					}
				}
				p := sameTime(known, unknown)
				t.Logf("%s: median %.1f ms and %.1f ms, p = %.3f", what, 1e3*median(known), 1e3*median(unknown), p)
				return p < 0.01
			}
			if differ() && differ() && differ() {
				t.Errorf("%s: the time tells it apart", what)
			}
		}
	})
}

// Comparing hashes must take as long wherever they differ.
func TestComparingTellsNothing(t *testing.T) {
	right := strings.Repeat("5a", 32)
	texts := [2]string{"0" + right[1:], right[:63] + "0"}
	differ := func() bool {
		var took [2][]float64
		for range 2000 { // 100 compares each, 10^5 of either kind
			which := mathrand.IntN(2)
			text := strings.Clone(texts[which]) // the same steps for both, and a place in memory by chance
			begin := time.Now()
			for range 100 {
				if auth.SameHash(right, text) {
					t.Fatal("equal")
				}
			}
			took[which] = append(took[which], time.Since(begin).Seconds())
		}
		p := sameTime(took[0], took[1])
		t.Logf("first %.1f ns, last %.1f ns, p = %.3f", 1e7*median(took[0]), 1e7*median(took[1]), p)
		return p < 0.01
	}
	if differ() && differ() && differ() {
		t.Error("the time tells where the hashes differ")
	}
	if !auth.SameHash(right, right) || auth.SameHash(right, "") || auth.SameHash("", right) {
		t.Error("the comparison is wrong")
	}
}

// The judge of times must see a difference where there is one.
func TestTheJudgeOfTimesSees(t *testing.T) {
	var a, b []float64
	x := uint64(1)
	for range 25 {
		for _, to := range []*[]float64{&a, &b} {
			x = x*6364136223846793005 + 1442695040888963407
			*to = append(*to, 30+float64(x>>40)/float64(1<<24)) // 30 to 31
		}
	}
	if p := sameTime(a, b); p < 0.01 {
		t.Errorf("the same: p = %v", p)
	}
	for i := range b {
		b[i]++
	}
	if p := sameTime(a, b); p > 1e-6 {
		t.Errorf("3 %% longer: p = %v", p)
	}
}

// sameTime returns the two-sided p of the rank-sum test (Mann and Whitney 1947,
// normal approximation): how likely samples of one distribution differ so much.
func sameTime(a, b []float64) float64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	var u float64
	for _, x := range a {
		lo, _ := slices.BinarySearch(all, x)
		hi := lo
		for hi < len(all) && all[hi] == x {
			hi++
		}
		u += float64(lo+hi-1)/2 + 1 // mean rank of ties
	}
	m, n := float64(len(a)), float64(len(b))
	z := (u - m*(m+n+1)/2) / math.Sqrt(m*n*(m+n+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

// The reference implementation of argon2 is the judge of ours, both ways.
func TestArgon2Agrees(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		tool := xtest.Tool(t, "argon2")
		const salt = "sixteen-bytes-ok"
		cmd := exec.Command(tool, salt, "-id", "-t", "2", "-k", "19456", "-p", "1", "-l", "32", "-e")
		cmd.Stdin = strings.NewReader(password)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		theirs := strings.TrimSpace(string(out))
		if ours := auth.PHC([]byte(salt), auth.Argon(password, []byte(salt))); ours != theirs {
			t.Errorf("%s, argon2 says %s", ours, theirs)
		}
		s := newWorld(t).service()
		if ok, err := s.Matches(ctx, theirs, password); !ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
		for _, bad := range []string{"", "$argon2id$", strings.Replace(theirs, "m=19456", "m=4194304", 1), strings.Replace(theirs, "argon2id", "argon2i", 1), theirs + "A", theirs[:80]} {
			if ok, err := s.Matches(ctx, bad, password); ok || !errors.Is(err, exo.Corrupt) {
				t.Errorf("%q: %v, %v", bad, ok, err)
			}
		}
	})
}

// Seeded secrets are searched for in every byte of the database's files and in
// the log (R24, S4, S11).
func TestNothingSecretIsOnTheDisk(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	s := must(auth.Open(ctx, auth.Options{DB: w.db, Ring: w.keys, Clock: w.clock, Log: slog.New(slog.NewTextHandler(&log, nil))}))(t)
	people(t, s)
	tokens := signIn(t, s, "ada")
	next := must(s.Refresh(ctx, tokens.RefreshToken))(t)
	_, _ = s.Refresh(ctx, tokens.RefreshToken) // reused: is logged
	_, key, err := s.CreateKey(ctx, auth.NewKey{Name: "k", User: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	caller(t, s, key)
	if err := s.PutSecret(ctx, "hook", []byte("canary-hook-secret")); err != nil {
		t.Fatal(err)
	}
	mac := must(s.Secret(ctx, "audit", 32))(t)
	_, private, err := s.Signer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ring, _ := w.keys()
	secrets := map[string]string{"password": password, "hook": "canary-hook-secret", "mac": string(mac), "signing key": string(private.Seed()),
		"access token": tokens.AccessToken, "signature": tokens.AccessToken[strings.LastIndexByte(tokens.AccessToken, '.')+1:],
		"refresh token": tokens.RefreshToken[4:], "next refresh token": next.RefreshToken[4:], "key": key[21:], "master key": strings.Split(string(ring.Encode()), "\n")[3]}
	files, err := filepath.Glob(w.path + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	all := log.Bytes()
	for _, f := range files {
		all = append(all, must(os.ReadFile(f))(t)...)
	}
	if !bytes.Contains(all, []byte("argon2id")) || log.Len() == 0 {
		t.Fatal("the search sees nothing")
	}
	for what, secret := range secrets {
		forms := []string{secret, fmt.Sprintf("%x", secret), base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))}
		for _, form := range forms {
			if bytes.Contains(all, []byte(form)) {
				t.Errorf("the %s is on the disk or in the log", what)
			}
		}
	}
}

func TestSecretsAreMadeOnceAndSealed(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		results := make(chan []byte, 8)
		for range 8 {
			go func() {
				b, err := w.service().Secret(ctx, "audit", 32)
				if err != nil {
					t.Error(err)
				}
				results <- b
			}()
		}
		want := must(s.Secret(ctx, "audit", 32))(t)
		for range 8 {
			if got := <-results; !bytes.Equal(got, want) || len(got) != 32 {
				t.Errorf("%x, want %x", got, want)
			}
		}
		_, err := s.FindSecret(ctx, "none")
		wantKind(t, "none", err, exo.NotFound)
		if err := s.PutSecret(ctx, "hook", []byte("a")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.db.Exec(`UPDATE auth_secrets SET sealed = (SELECT sealed FROM auth_secrets WHERE name = 'hook') WHERE name = 'audit'`); err != nil {
			t.Fatal(err)
		}
		_, err = s.Secret(ctx, "audit", 32)
		wantKind(t, "another secret's bytes", err, exo.Corrupt)
		if err := s.DropSecret(ctx, "audit"); err != nil {
			t.Fatal(err)
		}
		if got := must(s.Secret(ctx, "audit", 32))(t); bytes.Equal(got, want) {
			t.Error("a dropped secret came back")
		}
	})
}

// The master key is changed; a kill before and after each step leaves all
// secrets readable, and old copies of the database open with the new file.
func TestTheMasterKeyIsChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, newWorld maker) {
		w := newWorld(t)
		s := w.service()
		people(t, s)
		token := signIn(t, s, "ada").AccessToken
		if err := s.PutSecret(ctx, "hook", []byte("x")); err != nil {
			t.Fatal(err)
		}
		old, _ := w.keys()
		next := must(old.Rotate())(t)

		w.setRing(next, nil) // killed after the file was written: nothing is sealed again yet
		caller(t, w.service(), token)

		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := s.RotateMaster(gone, old, next); err == nil {
			t.Error("a cancelled rotation succeeds")
		}
		caller(t, w.service(), token)

		r := must(s.RotateMaster(ctx, old, next))(t)
		if r.Sealed != 2 || len(r.Lost) != 0 {
			t.Errorf("%+v", r)
		}
		newest := must(seal.Parse([]byte(strings.Split(string(next.Encode()), "\n")[3])))(t)
		w.setRing(newest, nil) // the newest alone opens all
		s = w.service()
		caller(t, s, token)
		if b, err := s.FindSecret(ctx, "hook"); err != nil || string(b) != "x" {
			t.Errorf("%q, %v", b, err)
		}
		w.setRing(old, nil)
		_, err := w.service().FindSecret(ctx, "hook")
		wantKind(t, "the old key alone", err, exo.Denied)

		lost := must(s.RotateMaster(ctx, nil, must(seal.New(nil))(t)))(t)
		if lost.Sealed != 0 || len(lost.Lost) != 2 {
			t.Errorf("with a foreign ring: %+v", lost)
		}
	})
}
