// Package derive makes the tables of processed/v1 and processed/v2 from those
// that are held, and publishes them. A table whose sources have not changed is
// not made again; a former one always stays.
package derive
