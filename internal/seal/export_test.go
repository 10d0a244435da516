package seal

// Head puts a fresh line with a right digest in front of an age file, as
// somebody could who has no key.
func Head(id string, body []byte) []byte { return append(head(id, body), body...) }
