package api

// KeptBytes tells how many bytes of answers are kept in memory.
func (s *Server) KeptBytes() int {
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	return s.kept.bytes
}

// LimitKept sets how many bytes of answers are kept in memory.
func (s *Server) LimitKept(n int) { s.kept.max = n }

// Streams tells how many event streams are open.
func (s *Server) Streams() int {
	s.streamMu.Lock()
	defer s.streamMu.Unlock()
	return s.streamsOpen
}
