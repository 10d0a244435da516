package sample

import (
	"container/list"
	"io"
	"net/http"
	"strconv"
)

type jobList struct{}
type waitList struct{}
type nameIndex struct{}
type caom struct{}

func (s *Server) async(w http.ResponseWriter, r *request, rest string) { http.NotFound(w, r.Request) }
func (s *Server) workspace(w http.ResponseWriter, r *request)          { http.NotFound(w, r.Request) }
func (s *Server) legacy(w http.ResponseWriter, r *request)             { http.NotFound(w, r.Request) }
func (s *Server) aliases(w http.ResponseWriter, r *request)            { http.NotFound(w, r.Request) }
func (s *Server) vosiTables(w http.ResponseWriter, r *request)         { http.NotFound(w, r.Request) }
func (s *Server) vosiCapabilities(w http.ResponseWriter, r *request)   { http.NotFound(w, r.Request) }
func (s *Server) exofop(w http.ResponseWriter, r *request)             { http.NotFound(w, r.Request) }
func (s *Server) bundle(w http.ResponseWriter, r *request, ext string) { http.NotFound(w, r.Request) }
func (s *Server) sectorScript(w http.ResponseWriter, r *request) bool  { return false }
func (s *Server) pathLookup(w http.ResponseWriter, r *request)         { http.NotFound(w, r.Request) }
func (s *Server) invoke(w http.ResponseWriter, r *request)             { http.NotFound(w, r.Request) }
func (s *Server) columnsConfig(w http.ResponseWriter, r *request)      { http.NotFound(w, r.Request) }
func (s *Server) santa(w http.ResponseWriter, r *request)              { http.NotFound(w, r.Request) }
func (s *Server) whoami(w http.ResponseWriter, r *request)             { http.NotFound(w, r.Request) }
func (s *Server) esa(w http.ResponseWriter, r *request)                { http.NotFound(w, r.Request) }
func (s *Server) index(w http.ResponseWriter, r *request)              { http.NotFound(w, r.Request) }
func (s *Server) schema(r *request, name string) *table                { return nil }

const availability = ""

func vosi(w http.ResponseWriter, doc string) { io.WriteString(w, doc) }
func jsonText(s string) string               { return strconv.Quote(s) }

var _ list.List
