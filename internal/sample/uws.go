package sample

import (
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"exoplanetai/internal/exo"
)

// maxJobs bounds the asynchronous jobs kept; the oldest go first.
const maxJobs = 1000

// jobLife is how long the archive keeps a job.
const jobLife = 4 * 24 * time.Hour

// jobList holds the asynchronous jobs (UWS 1.1).
type jobList struct {
	mu    sync.Mutex // guards the fields below and those of the jobs
	byID  map[string]*job
	order []string
	count int
}

// job is one asynchronous query. It does its work when it is polled for the
// last time before it is complete: nothing runs in the background.
type job struct {
	id     string
	run    int
	ask    ask
	phase  string
	polls  int // polls for which it goes on executing
	start  time.Time
	end    time.Time
	failed string
}

func (l *jobList) create(a ask) *job {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID == nil {
		l.byID = map[string]*job{}
	}
	l.count++
	j := &job{id: jobName(l.count), run: 13957 + l.count, ask: a, phase: "PENDING"}
	l.byID[j.id] = j
	if l.order = append(l.order, j.id); len(l.order) > maxJobs {
		delete(l.byID, l.order[0])
		l.order = slices.Delete(l.order, 0, 1)
	}
	return j
}

// jobName makes the archive's kind of name, eight letters and digits.
func jobName(n int) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "job %d", n)
	return "tap_" + fmt.Sprintf("%013s", strconv.FormatUint(h.Sum64(), 36))[5:13]
}

func (l *jobList) find(id string) *job {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byID[id]
}

func (l *jobList) remove(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byID, id)
	l.order = slices.DeleteFunc(l.order, func(x string) bool { return x == id })
}

// async routes /TAP/async and what is below.
func (s *Server) async(w http.ResponseWriter, r *request, rest string) {
	id, key, _ := strings.Cut(rest, "/")
	if id == "" {
		a, err := r.asked()
		if err != nil {
			refuse(w, "votable400", exo.MessageOf(err))
			return
		}
		j := s.jobs.create(a)
		if strings.EqualFold(r.param("phase"), "RUN") {
			s.start(r, j)
		}
		seeOther(w, r, "/TAP/async/"+j.id)
		return
	}
	j := s.jobs.find(id)
	if v, ok := r.fault("job"); ok && j != nil {
		j = s.spoil(j, v)
	}
	if j == nil {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, errorVOTable("Job "+clip(id)+" does not exist."))
		return
	}
	s.jobItem(w, r, j, strings.ToLower(key))
}

// spoil lets a job fail, abort or vanish.
func (s *Server) spoil(j *job, how string) *job {
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	if how == "gone" {
		delete(s.jobs.byID, j.id)
		return nil
	}
	if j.phase != "PENDING" {
		j.end = s.clock()
		j.phase, j.failed = "ERROR", "ORA-00942: table or view does not exist"
		if how == "abort" {
			j.phase = "ABORTED"
		}
	}
	return j
}

func seeOther(w http.ResponseWriter, r *request, p string) {
	w.Header().Set("Location", "http://"+r.Host+p)
	w.WriteHeader(http.StatusSeeOther)
}

// start sets a job going.
func (s *Server) start(r *request, j *job) {
	polls := 0
	if v, ok := r.fault("executing"); ok {
		polls, _ = strconv.Atoi(v)
	}
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	if j.phase == "PENDING" {
		j.phase, j.polls, j.start = "EXECUTING", polls, s.clock()
	}
}

// poll moves a job on: after its time it does its work.
func (s *Server) poll(r *request, j *job) job {
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	if j.phase == "EXECUTING" {
		if j.polls > 0 {
			j.polls--
			return *j
		}
		j.phase, j.end = "COMPLETED", s.clock()
		if err := s.try(r, j.ask); err != nil {
			j.phase, j.failed = "ERROR", exo.MessageOf(err)
		}
	}
	return *j
}

// try runs a query without sending anything.
func (s *Server) try(r *request, a ask) error {
	q, err := parseQuery(a.query)
	if err != nil {
		return err
	}
	t, _, err := s.lookup(r, q)
	if err != nil {
		return err
	}
	_, err = q.run(t, a.maxrec)
	return err
}

// jobItem serves a job's description or one item of it.
func (s *Server) jobItem(w http.ResponseWriter, r *request, j *job, key string) {
	if r.Method == http.MethodDelete || strings.EqualFold(r.param("action"), "DELETE") {
		s.jobs.remove(j.id)
		seeOther(w, r, "/TAP/async")
		return
	}
	if key == "phase" && r.param("phase") != "" {
		s.setPhase(r, j)
		seeOther(w, r, "/TAP/async/"+j.id)
		return
	}
	now := s.poll(r, j)
	text := map[string]string{
		"phase": now.phase, "starttime": uwsTime(now.start), "endtime": uwsTime(now.end), "executionduration": now.duration(),
		"destruction": uwsTime(now.destruction()), "jobid": now.id, "runid": strconv.Itoa(now.run), "ownerid": "", "quote": "",
	}
	if v, ok := text[key]; ok {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, v)
		return
	}
	switch key {
	case "results/result":
		if now.phase != "COMPLETED" {
			http.NotFound(w, r.Request)
			return
		}
		seeOther(w, r, now.resultPath())
		return
	case "":
		vosi(w, now.document(r.Host, ""))
		return
	case "parameters", "results", "error", "errorsummary":
		if part := now.document(r.Host, key); part != "" {
			vosi(w, part)
			return
		}
	}
	http.NotFound(w, r.Request)
}

func (s *Server) setPhase(r *request, j *job) {
	switch strings.ToUpper(r.param("phase")) {
	case "RUN":
		s.start(r, j)
	case "ABORT":
		s.jobs.mu.Lock()
		defer s.jobs.mu.Unlock()
		if j.phase != "COMPLETED" && j.phase != "ERROR" {
			j.phase, j.end = "ABORTED", s.clock()
		}
	}
}

// workspace serves the result of a job, by the link in its document.
func (s *Server) workspace(w http.ResponseWriter, r *request) {
	id, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/workspace/TAP/"), "/")
	j := s.jobs.find(id)
	if j == nil {
		http.NotFound(w, r.Request)
		return
	}
	now := s.poll(r, j)
	if now.phase != "COMPLETED" || !strings.HasSuffix(now.resultPath(), "/"+name) {
		http.NotFound(w, r.Request)
		return
	}
	if err := s.answer(w, r, now.ask); err != nil {
		refuse(w, "votable400", exo.MessageOf(err))
	}
}

func (j job) resultPath() string {
	ending := map[string]string{"votable": "xml", "ipac": "tbl"}[j.ask.format]
	if ending == "" {
		ending = j.ask.format
	}
	return "/workspace/TAP/" + j.id + "/result." + ending
}

func (j job) destruction() time.Time {
	if j.start.IsZero() {
		return time.Time{}
	}
	return j.start.Add(jobLife)
}

func (j job) duration() string {
	if j.end.IsZero() || j.start.IsZero() {
		return "0"
	}
	return strconv.FormatFloat(j.end.Sub(j.start).Seconds(), 'f', 1, 64)
}

// uwsTime formats a time as the archive does, without a zone.
func uwsTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.00")
}

const uwsSpaces = ` xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0"   xmlns:xlink="http://www.w3.org/1999/xlink"   xmlns:xs="http://www.w3.org/2001/XMLSchema"   xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"   xsi:schemaLocation="http://www.ivoa.net/xml/UWS/v1.0"`

// document writes the job document, or one element of it.
func (j job) document(host, part string) string {
	elements := map[string]string{"parameters": fmt.Sprintf(`<uws:parameters%%s>
        <uws:parameter id="format">%s</uws:parameter>
        <uws:parameter id="lang">ADQL</uws:parameter>
        <uws:parameter id="maxrec">%d</uws:parameter>
        <uws:parameter id="query">%s</uws:parameter>
    </uws:parameters>`, j.ask.format, j.ask.maxrec, strings.ReplaceAll(xmlText(j.ask.query), "%", "%%"))}
	switch j.phase {
	case "COMPLETED":
		elements["results"] = fmt.Sprintf(`<uws:results%%s>
        <uws:result id="result" xlink:type="simple" xlink:href="http://%s%s"/>
    </uws:results>`, host, j.resultPath())
	case "ERROR":
		elements["errorsummary"] = fmt.Sprintf(`<uws:errorSummary%%s type="transient" hasDetail="true">
        <uws:message>%s</uws:message>
    </uws:errorSummary>`, strings.ReplaceAll(xmlText(j.failed), "%", "%%"))
		elements["error"] = elements["errorsummary"]
	}
	if part != "" {
		if elements[part] == "" {
			return ""
		}
		return xmlHead + fmt.Sprintf(elements[part], uwsSpaces) + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, xmlHead+"<uws:job"+uwsSpaces+">\n    <uws:jobId>%s</uws:jobId>\n    <uws:runId>%d</uws:runId>\n    <uws:ownerId xsi:nil=\"true\"/>\n"+
		"    <uws:phase>%s</uws:phase>\n    <uws:quote xsi:nil=\"true\"/>\n    <uws:startTime>%s</uws:startTime>\n    <uws:endTime>%s</uws:endTime>\n"+
		"    <uws:executionDuration>%s</uws:executionDuration>\n    <uws:destruction>%s</uws:destruction>\n",
		j.id, j.run, j.phase, uwsTime(j.start), uwsTime(j.end), j.duration(), uwsTime(j.destruction()))
	for _, name := range []string{"parameters", "results", "errorsummary"} {
		if e := elements[name]; e != "" {
			b.WriteString("    " + fmt.Sprintf(e, "") + "\n")
		}
	}
	b.WriteString("</uws:job>\n")
	return b.String()
}
