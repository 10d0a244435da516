package api

// KeptBytes tells how many bytes of answers are kept in memory.
func (s *Server) KeptBytes() int {
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	return s.kept.bytes
}

// LimitKept sets how many bytes of answers are kept in memory.
func (s *Server) LimitKept(n int) { s.kept.max = n }
