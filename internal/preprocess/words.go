package preprocess

// waveletWords are the names of the wavelets.
func waveletWords() []string {
	return []string{"haar", "db1", "db2", "db3", "db4", "db5", "db6", "db7", "db8",
		"sym2", "sym3", "sym4", "sym5", "sym6", "sym7", "sym8", "coif1", "coif2", "coif3"}
}
