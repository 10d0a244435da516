package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"exoplanetai/internal/exo"
)

// File is what is known of a file before it is fetched.
type File struct {
	Name string             // for messages
	URL  string             //
	Size int64              // that it must have; 0 unknown
	Max  int64              // bound of an unknown size; 0: 4 GiB
	Head func([]byte) error // looks at the first bytes, up to 512, before any is kept; nil: nothing
}

const maxFile = 4 << 30

// Download fetches a file into dst, in as many tries as the endpoint permits.
// A try goes on at dst.Offset() when the server proves that it continues the
// same file: status 206, a Content-Range that begins there and has the known
// total, and the ETag and Last-Modified that the first answer had. Otherwise dst is reset and the
// file comes from its beginning. A server that gives neither validator proves
// only place and total: a file it replaced by one of the same length goes
// unseen here, and the caller's own checks must find it. It returns when the file is whole: with the
// length that the server and f state.
//
// Errors: NotFound, Denied, Unavailable; Upstream for a length that is not the
// listed one, or content that Head refuses. Failures of dst come back as they
// are and are never repeated.
func (c *Client) Download(ctx context.Context, ep Endpoint, f File, dst Partial) (exo.Origin, error) {
	d := &download{c: c, ep: ep.filled(), f: f, dst: dst, total: -1}
	if f.Size > 0 {
		d.total = f.Size
	}
	if d.f.Max <= 0 {
		d.f.Max = maxFile
	}
	err := c.repeat(ctx, d.ep, false, func() error { return d.try(ctx) })
	if d.local != nil {
		return exo.Origin{}, d.local
	}
	if err != nil {
		return exo.Origin{}, err
	}
	return exo.Origin{URL: f.URL, ETag: d.etag, LastModified: d.modified}, nil
}

// download is the state between tries.
type download struct {
	c   *Client
	ep  Endpoint
	f   File
	dst Partial

	known          bool // the validators below are those of what dst holds
	etag, modified string
	total          int64 // length of the whole file; -1 unknown
	local          error // failure of dst
}

// try is one request. It asks for the rest, or for all.
func (d *download) try(ctx context.Context) error {
	off := d.dst.Offset()
	switch {
	case off > 0 && off == d.total:
		return nil // a former run had it all
	case d.total >= 0 && off > d.total:
		if err := d.reset(); err != nil {
			return err
		}
		off = 0
	}
	r := Request{URL: d.f.URL, Identity: true, MaxBytes: d.f.Max, Header: http.Header{}}
	if off > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", off))
		if v := d.validator(); v != "" {
			r.Header.Set("If-Range", v)
		}
	}
	resp, err := d.c.open(ctx, d.ep, r)
	var se *StatusError
	if off > 0 && errors.As(err, &se) && se.Status == http.StatusRequestedRangeNotSatisfiable {
		return d.startOver(errors.New("the server has no such range"))
	}
	if err != nil {
		return err
	}
	defer resp.Close()
	switch resp.Status {
	case http.StatusOK:
		if off > 0 {
			if err := d.reset(); err != nil {
				return err
			}
		}
		return d.whole(resp)
	case http.StatusPartialContent:
		return d.rest(resp, off)
	}
	return exo.Errorf(opGet, exo.Upstream, d.f.Name, "%s answers HTTP %d for a file", resp.host, resp.Status).Try("try again later")
}

// validator returns what If-Range may carry: a strong ETag, or a date (RFC 9110
// §13.1.5). Before the first answer nothing is known, and the total must do.
func (d *download) validator() string {
	switch {
	case !d.known:
		return ""
	case d.etag != "" && !strings.HasPrefix(d.etag, "W/"):
		return d.etag
	}
	return d.modified
}

// whole keeps an answer that begins at the beginning.
func (d *download) whole(resp *Response) error {
	d.known, d.etag, d.modified = true, resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")
	d.total = resp.Length
	if d.f.Size > 0 {
		if resp.Length >= 0 && resp.Length != d.f.Size {
			return d.wrongSize(resp.Length)
		}
		d.total = d.f.Size
	}
	return d.copy(resp, 0)
}

// rest keeps an answer that goes on where dst ends, once it has proved so.
func (d *download) rest(resp *Response, off int64) error {
	from, to, total, ok := contentRange(resp.Header.Get("Content-Range"))
	etag, modified := resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")
	switch {
	case !ok || from != off:
		return d.startOver(errors.New("the range is not the one asked for"))
	case d.known && !d.same(etag, modified):
		return d.startOver(errors.New("the file has changed"))
	case total >= 0 && d.f.Size > 0 && total != d.f.Size:
		return d.wrongSize(total)
	case total >= 0 && d.total >= 0 && total != d.total:
		return d.startOver(errors.New("the file has another length"))
	}
	if !d.known {
		d.known, d.etag, d.modified = true, etag, modified
	}
	if d.total < 0 {
		d.total = total
	}
	if err := d.copy(resp, off); err != nil {
		return err
	}
	if d.total < 0 && d.dst.Offset() != to+1 {
		return d.cut(resp.host)
	}
	return nil
}

// same reports whether the validators of a 206 are those of what is held. With
// If-Range a server repeats the ETag but need not repeat the date (RFC 9110
// §15.3.7); a strong ETag alone is proof.
func (d *download) same(etag, modified string) bool {
	if modified == "" && etag != "" && !strings.HasPrefix(etag, "W/") {
		modified = d.modified
	}
	return etag == d.etag && modified == d.modified
}

// copy appends the body to dst and checks the length.
func (d *download) copy(resp *Response, off int64) error {
	if off == 0 && d.f.Head != nil {
		if err := d.begin(resp); err != nil {
			return err
		}
	}
	limit := d.f.Max
	if d.total >= 0 {
		limit = d.total
	}
	pooled := d.c.bufs.Get().(*[]byte)
	defer d.c.bufs.Put(pooled)
	buf := *pooled
	for {
		n, err := resp.Read(buf)
		if d.dst.Offset()+int64(n) > limit {
			return d.tooLong(resp.host)
		}
		if _, werr := d.dst.Write(buf[:n]); n > 0 && werr != nil {
			return d.broken(werr)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if d.total >= 0 && d.dst.Offset() != d.total {
		return d.cut(resp.host)
	}
	return nil
}

// begin shows the first bytes to Head before they are kept.
func (d *download) begin(resp *Response) error {
	first := make([]byte, 512)
	n, err := io.ReadFull(resp, first)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	if n == 0 || d.total > int64(n) && n < len(first) {
		return d.cut(resp.host)
	}
	if err := d.f.Head(first[:n]); err != nil {
		return err
	}
	if d.total >= 0 && int64(n) > d.total {
		return d.tooLong(resp.host)
	}
	if _, err := d.dst.Write(first[:n]); err != nil {
		return d.broken(err)
	}
	return nil
}

// startOver drops what is held and has the file asked for from its beginning
// by the next try.
func (d *download) startOver(why error) error {
	if err := d.reset(); err != nil {
		return err
	}
	return exo.E(opGet, exo.Upstream, d.f.Name, fmt.Errorf("%w: %w", errCut, why)).
		Say("the download of %s could not be resumed: %s", d.f.Name, why).Try("try again")
}

func (d *download) reset() error {
	d.known, d.etag, d.modified, d.total = false, "", "", -1
	if d.f.Size > 0 {
		d.total = d.f.Size
	}
	if err := d.dst.Reset(); err != nil {
		return d.broken(err)
	}
	return nil
}

// broken remembers a failure of dst. No further try can help.
func (d *download) broken(err error) error {
	d.local = err
	return errLocal
}

var errLocal = errors.New("the receiver failed")

func (d *download) wrongSize(got int64) error {
	return exo.Errorf(opGet, exo.Upstream, d.f.Name, "%s has %d bytes at the archive, which lists it with %d", d.f.Name, got, d.f.Size).
		Try("the archive may be replacing the file: try again later")
}

// tooLong ends a body that goes on beyond the file's length. What was kept may
// be wrong as well.
func (d *download) tooLong(host string) error {
	if err := d.reset(); err != nil {
		return err
	}
	return exo.Errorf(opGet, exo.Upstream, d.f.Name, "%s sends more bytes of %s than it announced", host, d.f.Name).Try("try again later")
}

func (d *download) cut(host string) error {
	return exo.E(opGet, exo.Upstream, d.f.Name, errCut).Say("the answer of %s breaks off before the end of %s", host, d.f.Name).Try("try again later")
}

// contentRange reads "bytes 100-199/200" (RFC 9110 §14.4); total is -1 for "*".
func contentRange(v string) (from, to, total int64, ok bool) {
	v, ok = strings.CutPrefix(v, "bytes ")
	span, size, ok2 := strings.Cut(v, "/")
	a, b, ok3 := strings.Cut(span, "-")
	if !ok || !ok2 || !ok3 {
		return 0, 0, 0, false
	}
	from, err1 := strconv.ParseInt(a, 10, 64)
	to, err2 := strconv.ParseInt(b, 10, 64)
	total = -1
	var err3 error
	if size != "*" {
		total, err3 = strconv.ParseInt(size, 10, 64)
	}
	ok = err1 == nil && err2 == nil && err3 == nil && from >= 0 && to >= from && (total == -1 || to < total)
	return from, to, total, ok
}
