package backup

// QuickKeys has repositories that the service makes take a way from the password
// to the key that Kopia offers beside its own, and that costs a sixth: tests open
// a repository many times.
func (s *Service) QuickKeys() { s.keys = "pbkdf2-sha256-600000" }
