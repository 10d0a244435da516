//go:build race

package backup_test

const underRace = true
