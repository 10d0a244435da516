package redis_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"time"

	"exoplanetai/internal/cache/redis"
	"exoplanetai/internal/limit"
)

// spenderAddr makes the test program a process that spends a shared budget.
const spenderAddr = "EXOPLANETAI_TEST_SPENDER"

// budget is what the processes share: nothing comes back within a test.
func budget() limit.Options { return limit.Options{PerMinute: 1, Burst: 300, Clock: time.Now} }

// spend asks 400 times, as soon as its input says so, and prints how often it was allowed.
func spend() {
	c := redis.Open(redis.Options{URL: "redis://" + os.Getenv(spenderAddr), Clock: time.Now, Wait: patient})
	l := redis.NewLimiter(c, "user", budget())
	if _, err := l.Allow(context.Background(), "warm", 1); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		fmt.Println(err)
		return
	}
	var n int
	for range 400 {
		d, err := l.Allow(context.Background(), "shared", 1)
		if err != nil {
			fmt.Println(err)
			return
		}
		if d.Allowed {
			n++
		}
	}
	fmt.Println(n)
	_ = c.Close() // the process ends
}
