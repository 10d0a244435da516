package api_test

import (
	"bufio"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"exoplanetai/internal/api"
	"exoplanetai/internal/jobs"
)

// listen runs the interface as the program does, with short time-outs.
func listen(t *testing.T, queue *fakeQueue) string {
	t.Helper()
	s, err := api.New(api.Options{
		Ingest: &fakeIngest{}, Process: &fakeProcess{}, Jobs: queue, Version: "test", Clock: time.Now, Rand: rand.NewChaCha8([32]byte{1}),
		Log: slog.New(slog.DiscardHandler), BodyTimeout: 200 * time.Millisecond, WriteTimeout: 300 * time.Millisecond,
		Poll: time.Millisecond, Heartbeat: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := s.HTTPServer()
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	return l.Addr().String()
}

func TestASlowBodyIsCut(t *testing.T) {
	conn, err := net.Dial("tcp", listen(t, &fakeQueue{}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /api/v1/data/ingest/table HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != 503 || !strings.Contains(string(text), "in time") {
		t.Errorf("%d %s", res.StatusCode, text)
	}
}

func TestALongCallOutlivesTheBodysTimeLimit(t *testing.T) {
	queue := &fakeQueue{}
	queue.set(jobs.Job{ID: "j1", State: jobs.Running})
	addr := listen(t, queue)
	time.AfterFunc(600*time.Millisecond, func() { queue.set(jobs.Job{ID: "j1", State: jobs.Succeeded}) })
	res, err := http.Get("http://" + addr + "/api/v1/jobs/j1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(text), "event: end") || !strings.Contains(string(text), ": still here") {
		t.Errorf("%v in %.300s", err, text)
	}
	time.Sleep(400 * time.Millisecond) // the deadline of that answer is over; the connection is used again
	again, err := http.Get("http://" + addr + "/api/v1/jobs")
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Body.Close()
	if again.StatusCode != 200 {
		t.Errorf("%d", again.StatusCode)
	}
}

func TestAClientThatTakesNothingIsLeft(t *testing.T) {
	queue := &fakeQueue{}
	queue.set(jobs.Job{ID: "j1", State: jobs.Running, Kind: strings.Repeat("x", 1<<20)})
	conn, err := net.Dial("tcp", listen(t, queue))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.Repeat("GET /api/v1/jobs/j1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 20)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(800 * time.Millisecond)
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, conn)
	if nerr, ok := err.(net.Error); ok && nerr.Timeout() || n >= 20<<20 {
		t.Errorf("the server kept the connection: %d bytes, %v", n, err)
	}
}

func TestALargeHeaderIsRefused(t *testing.T) {
	conn, err := net.Dial("tcp", listen(t, &fakeQueue{}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 1<<20)+"\r\n\r\n") // cut by the server
	}()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	defer time.Sleep(700 * time.Millisecond) // the server lingers half a second over such a connection
	if err != nil {
		return // cut: refused as well
	}
	defer res.Body.Close()
	if res.StatusCode != 431 {
		t.Errorf("%d", res.StatusCode)
	}
}
