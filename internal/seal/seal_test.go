package seal_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"go.uber.org/goleak"

	"exoplanetai/internal/exo"
	"exoplanetai/internal/seal"
	"exoplanetai/internal/xtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const purpose = "signing key 0123"

// canary must be found in nothing that is written.
var canary = []byte("canary-4f1d2c")

func newRing(t testing.TB) *seal.Ring {
	t.Helper()
	r, err := seal.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sealed(t testing.TB, r *seal.Ring, plain []byte) []byte {
	t.Helper()
	b, err := r.Seal(plain, purpose)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsSealedOpensAndShowsNothing(t *testing.T) {
	r := newRing(t)
	for _, n := range []int{0, 1, 32, 65535, 65536, 65537, seal.MaxSecret} {
		plain := bytes.Repeat(canary, n/len(canary)+1)[:n]
		b := sealed(t, r, plain)
		if bytes.Contains(b, canary) || bytes.Contains(b, canary[:6]) {
			t.Errorf("%d bytes: the secret can be read in what was sealed", n)
		}
		got, err := r.Open(b, purpose)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d came back, %v", n, len(got), err)
		}
		if id, err := seal.KeyOf(b); err != nil || id != r.ID() {
			t.Errorf("sealed with %q, %v", id, err)
		}
	}
	if _, err := r.Seal(make([]byte, seal.MaxSecret+1), purpose); !errors.Is(err, exo.TooLarge) {
		t.Errorf("too long: %v", err)
	}
}

func TestEachDamageIsFound(t *testing.T) {
	r := newRing(t)
	b := sealed(t, r, canary)
	for i := range b {
		for bit := range 8 {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << bit
			if _, err := r.Open(bad, purpose); !errors.Is(err, exo.Corrupt) {
				t.Fatalf("bit %d of byte %d flipped: %v", bit, i, err)
			}
		}
		if _, err := r.Open(b[:i], purpose); !errors.Is(err, exo.Corrupt) {
			t.Fatalf("cut after %d bytes: %v", i, err)
		}
	}
	long := sealed(t, r, bytes.Repeat(canary, 20000)) // four chunks of age
	for name, bad := range map[string][]byte{
		"longer":              append(bytes.Clone(b), 'x'),
		"twice":               append(bytes.Clone(b), b...),
		"not sealed":          []byte("hello"),
		"a cut between parts": long[:len(long)-(len(long)%65552)],
		"a part repeated":     append(bytes.Clone(long[:len(long)-70000]), long[len(long)-140000:]...),
		"huge":                make([]byte, 3<<20),
	} {
		if _, err := r.Open(bad, purpose); !errors.Is(err, exo.Corrupt) || exo.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A digest that was put right by somebody who has no key must not help.
func TestDamageUnderAFreshHeadIsFoundByTheCipher(t *testing.T) {
	r := newRing(t)
	b := sealed(t, r, bytes.Repeat(canary, 12000))
	body := b[bytes.IndexByte(b, '\n')+1:]
	if _, err := r.Open(seal.Head(r.ID(), body), purpose); err != nil {
		t.Fatalf("the whole body: %v", err)
	}
	const chunk = 64<<10 + 16
	end := len(body) - (32 + len(canary)*12000 + 3*16) // of the header and the nonce
	for name, bad := range map[string][]byte{
		"flipped in the header":    flip(body, 30),
		"flipped in the stanza":    flip(body, 120),
		"flipped in the text":      flip(body, len(body)-100),
		"cut at the end":           body[:len(body)-1],
		"cut to one chunk":         body[:end+chunk],
		"first two chunks swapped": append(append(append(bytes.Clone(body[:end]), body[end+chunk:end+2*chunk]...), body[end:end+chunk]...), body[end+2*chunk:]...),
		"empty":                    nil,
	} {
		if got, err := r.Open(seal.Head(r.ID(), bad), purpose); !errors.Is(err, exo.Corrupt) || got != nil {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

func TestASecretOpensForItsPurposeOnly(t *testing.T) {
	r := newRing(t)
	b := sealed(t, r, canary)
	for _, other := range []string{"", "signing key 0124", purpose + "c", purpose[:len(purpose)-1]} {
		if _, err := r.Open(b, other); !errors.Is(err, exo.Corrupt) {
			t.Errorf("opened for %q: %v", other, err)
		}
	}
}

func TestWhoKnowsOnlyThePublicHalfCanMakeNothing(t *testing.T) {
	r := newRing(t)
	identities, err := age.ParseIdentities(bytes.NewReader(r.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	recipient := identities[0].(*age.X25519Identity).Recipient()
	for _, inner := range [][]byte{nil, canary, append(make([]byte, 32), canary...)} {
		var body bytes.Buffer
		w, err := age.Encrypt(&body, recipient)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(inner); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Open(seal.Head(r.ID(), body.Bytes()), purpose); !errors.Is(err, exo.Corrupt) {
			t.Errorf("forged: %v", err)
		}
	}
}

func TestWrongLostAndRotatedKeys(t *testing.T) {
	first := newRing(t)
	old := sealed(t, first, canary)
	if _, err := newRing(t).Open(old, purpose); !errors.Is(err, exo.Denied) || !strings.Contains(exo.HintOf(err), "master_key_file") {
		t.Errorf("wrong key: %v", err)
	}
	second, err := first.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	if second.ID() == first.ID() || second.IDs()[1] != first.ID() {
		t.Errorf("the ring after its turn: %v", second.IDs())
	}
	if got, err := second.Open(old, purpose); err != nil || !bytes.Equal(got, canary) {
		t.Errorf("an old secret after the key was changed: %q, %v", got, err)
	}
	if _, err := first.Open(sealed(t, second, canary), purpose); !errors.Is(err, exo.Denied) {
		t.Errorf("a new secret with the old key: %v", err)
	}
	again, err := seal.Parse(second.Encode())
	if err != nil || !bytes.Equal(again.Encode(), second.Encode()) {
		t.Fatalf("the key file does not come back as it was: %v", err)
	}
	if _, err := again.Open(old, purpose); err != nil {
		t.Error(err)
	}
}

func TestKeyFiles(t *testing.T) {
	r := newRing(t)
	key := strings.Split(string(r.Encode()), "\n")[3]
	tests := map[string]struct {
		text string
		ok   bool
	}{
		"one key":               {key, true},
		"blanks and comments":   {"# a\n\n  " + key + "\r\n", true},
		"empty":                 {"", false},
		"comments only":         {"# x\n", false},
		"a letter changed":      {strings.Replace(key, key[30:31], "B", 1), false},
		"cut":                   {key[:40], false},
		"small letters":         {strings.ToLower(key), false},
		"the same key twice":    {key + "\n" + key, false},
		"a public key":          {"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", false},
		"good, then bad":        {key + "\nsecret-of-mine", false},
		"longer than it may be": {strings.Repeat("#", seal.MaxText+1), false},
		"zero bytes":            {strings.Repeat("\x00", 100), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := seal.Parse([]byte(tt.text))
			if tt.ok {
				if err != nil || got.ID() != r.ID() {
					t.Fatalf("%v", err)
				}
				return
			}
			if !errors.Is(err, exo.Invalid) {
				t.Fatalf("%v", err)
			}
			if s := err.Error() + exo.HintOf(err); strings.Contains(s, key[15:40]) || strings.Contains(s, "secret-of-mine") {
				t.Errorf("the error tells the key: %s", s)
			}
		})
	}
	var many strings.Builder
	for range seal.MaxKeys + 1 {
		many.Write(newRing(t).Encode())
	}
	if _, err := seal.Parse([]byte(many.String())); !errors.Is(err, exo.Invalid) {
		t.Errorf("too many keys: %v", err)
	}
	if _, err := seal.New(strings.NewReader("short")); err == nil {
		t.Error("a key was made from five bytes")
	}
	a, err1 := seal.New(strings.NewReader(strings.Repeat("a", 32)))
	b, err2 := seal.New(strings.NewReader(strings.Repeat("a", 32)))
	if err1 != nil || err2 != nil || a.ID() != b.ID() || a.ID() == r.ID() {
		t.Errorf("keys of the same random bytes: %v %v", err1, err2)
	}
}

func TestNoFileKeyIsUsedTwice(t *testing.T) {
	n := 1000
	if xtest.Nightly() {
		n = 100_000
	}
	r := newRing(t)
	shares, nonces := map[string]bool{}, map[string]bool{}
	for range n {
		b := sealed(t, r, nil)
		lines := bytes.SplitN(b, []byte("\n"), 6) // head, age, stanza, wrapped key, MAC, nonce and text
		shares[string(lines[2])] = true
		nonces[string(lines[5][:16])] = true
	}
	if len(shares) != n || len(nonces) != n {
		t.Errorf("%d shares and %d nonces in %d secrets", len(shares), len(nonces), n)
	}
}

// age's own program is the judge: it opens what was sealed, with the key file
// as it is, and our ring takes a file that age-keygen wrote.
func TestAgeOpensWhatWasSealed(t *testing.T) {
	program, keygen := xtest.Tool(t, "age"), xtest.Tool(t, "age-keygen")
	dir := t.TempDir()
	keyFile := filepath.Join(dir, "master.key")
	if out, err := exec.Command(keygen, "-o", keyFile).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	text, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	r, err := seal.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = r.Rotate(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keyFile, r.Encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	b := sealed(t, r, canary)
	cmd := exec.Command(program, "-d", "-i", keyFile)
	cmd.Stdin = bytes.NewReader(b[bytes.IndexByte(b, '\n')+1:])
	out, err := cmd.Output()
	if err != nil || len(out) < 32 || !bytes.Equal(out[32:], canary) {
		t.Errorf("age read %q, %v", out, err)
	}
}

func FuzzOpen(f *testing.F) {
	r := newRing(f)
	good := sealed(f, r, canary)
	f.Add(good)
	f.Add([]byte("exoseal/1 "))
	f.Add(seal.Head(r.ID(), []byte("age-encryption.org/v1\n-> X25519 a\n")))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := r.Open(b, purpose)
		if err == nil && (!bytes.Equal(b, good) || !bytes.Equal(got, canary)) {
			t.Errorf("%q opened as %q", b, got)
		}
		if err == nil {
			return
		}
		if k := exo.KindOf(err); k != exo.Corrupt && k != exo.Denied {
			t.Errorf("%v", err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(newRing(f).Encode())
	f.Add([]byte("AGE-SECRET-KEY-1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := seal.Parse(text)
		if err != nil {
			return
		}
		again, err := seal.Parse(r.Encode())
		if err != nil || fmt.Sprint(again.IDs()) != fmt.Sprint(r.IDs()) {
			t.Errorf("%v", err)
		}
	})
}

func BenchmarkSealAndOpen(b *testing.B) {
	r := newRing(b)
	plain := binary.BigEndian.AppendUint64(nil, 1)
	for b.Loop() {
		s, err := r.Seal(plain, purpose)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Open(s, purpose); err != nil {
			b.Fatal(err)
		}
	}
}
