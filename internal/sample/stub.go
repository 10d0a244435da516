package sample

import (
	"container/list"
	"io"
	"net/http"
)

type jobList struct{}

func (s *Server) async(w http.ResponseWriter, r *request, rest string) { http.NotFound(w, r.Request) }
func (s *Server) workspace(w http.ResponseWriter, r *request)          { http.NotFound(w, r.Request) }
func (s *Server) legacy(w http.ResponseWriter, r *request)             { http.NotFound(w, r.Request) }
func (s *Server) aliases(w http.ResponseWriter, r *request)            { http.NotFound(w, r.Request) }
func (s *Server) vosiTables(w http.ResponseWriter, r *request)         { http.NotFound(w, r.Request) }
func (s *Server) vosiCapabilities(w http.ResponseWriter, r *request)   { http.NotFound(w, r.Request) }
func (s *Server) exofop(w http.ResponseWriter, r *request)             { http.NotFound(w, r.Request) }
func (s *Server) esa(w http.ResponseWriter, r *request)                { http.NotFound(w, r.Request) }
func (s *Server) index(w http.ResponseWriter, r *request)              { http.NotFound(w, r.Request) }
func (s *Server) schema(r *request, name string) *table                { return nil }

const availability = ""

func vosi(w http.ResponseWriter, doc string) { io.WriteString(w, doc) }

var _ list.List
