package redis_test

import (
	"strings"
	"testing"

	"exoplanetai/internal/cache/redis"
)

func TestRepliesAreCountedAndCheckedInAnyPieces(t *testing.T) {
	for stream, n := range map[string]int{
		"+OK\r\n": 1, "-ERR no\r\n:12\r\n:-3\r\n": 3, "$0\r\n\r\n": 1, "$5\r\na\r\nbc\r\n": 1, "$-1\r\n*-1\r\n_\r\n": 3, "#t\r\n,1.5\r\n(12\r\n": 3,
		"*0\r\n~0\r\n%0\r\n": 3, "*2\r\n$1\r\na\r\n:1\r\n": 1, "%1\r\n+a\r\n*2\r\n+b\r\n+c\r\n": 1, "*1\r\n*1\r\n*0\r\n+OK\r\n": 2,
		"+O": 0, "$5\r\nabc": 0, "*2\r\n+a\r\n": 0, "": 0,
	} {
		for cut := range len(stream) + 1 {
			if got, ok := redis.Scan([]byte(stream[:cut]), []byte(stream[cut:])); got != n || !ok {
				t.Errorf("%q cut at %d: %d, %t; want %d", stream, cut, got, ok, n)
			}
		}
	}
	for _, stream := range []string{
		"HTTP/1.1 200 OK\r\n", "\r\n", "+\n", "+OK\n", "$x\r\n", "$-2\r\n", "$\r\n", "$9000000000000000000\r\n", "$99999999999999999999\r\n", "$5000000\r\n", "$1\r\nabc",
		"*-2\r\n", "*100001\r\n", "%-1\r\n", "%4611686018427387905\r\n", "~-1\r\n", "*?\r\n", "$?\r\n", ">1\r\n", "|1\r\n", ":\r\n", ":1x\r\n", "#x\r\n", "#\r\n", "_x\r\n",
		".\r\n", strings.Repeat("*1\r\n", 9), "*60000\r\n*60000\r\n", "+" + strings.Repeat("x", 20_000),
	} {
		if n, ok := redis.Scan([]byte(stream)); ok {
			t.Errorf("%.40q: passed with %d replies", stream, n)
		}
	}
}

func FuzzReplies(f *testing.F) {
	f.Add([]byte("*2\r\n$1\r\na\r\n:1\r\n"), 3)
	f.Add([]byte("%1\r\n+a\r\n*-1\r\n$3\r\nabc\r\n"), 9)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = max(0, min(cut, len(data)))
		n, ok := redis.Scan(data)
		if m, also := redis.Scan(data[:cut], data[cut:]); m != n || also != ok || n > len(data)/3 {
			t.Errorf("%q: %d, %t; cut at %d: %d, %t", data, n, ok, cut, m, also)
		}
	})
}
