package version

import (
	"context"

	"exoplanetai/internal/exo"
)

// Seal gives a made-up manifest its totals.
func Seal(m *Manifest) {
	m.FileCount, m.TotalSizeBytes = len(m.Files), 0
	for _, f := range m.Files {
		m.TotalSizeBytes += f.SizeBytes
	}
	m.ID = identify(m.Files)
}

// Add puts a manifest into the record.
func Add(v *Versions, m Manifest) error { return v.record.add(context.Background(), m) }

// RestoreFolder gives the folder that a version is restored to.
func RestoreFolder(n exo.VersionName, name string) (string, error) { return restoreFolder(n, name) }
