package history

// LinesWith is for the fuzz test.
var LinesWith = linesWith
