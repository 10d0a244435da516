// Package config reads the program's settings from four layers into one typed
// value: defaults, the YAML file, the environment, the command line's flags.
// A later layer wins over an earlier one, key by key.
//
// The file is data_config.yaml in the working folder unless CONFIG_FILE or
// --config names another. A missing data_config.yaml is no mistake, a missing
// file that was named is. The keys of the file and the names of the environment
// are those of the user guide; docs/configuration.md lists all of them.
//
// Load reports every mistake at once: unknown keys (with the nearest known
// one), wrong types, values out of range, addresses that are no host roots. A
// Config that Load returned needs no further check.
//
// One table, settings, is the only place that knows a key, its type, its
// default, its limits, its name in the environment and whether it is a secret.
package config
