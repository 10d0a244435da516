package sqldb

// Dollars numbers the places of a statement.
func Dollars(query string) string {
	text, _ := dollars(query)
	return text
}
