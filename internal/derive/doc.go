// Package derive makes the tables of processed/v1 and processed/v2 from those
// that are held, and publishes them. A table whose sources have not changed is
// not made again; a former one always stays.
//
// A derived table bears the time of the newest table that it rests on, not the
// time of its making: so what was known on a day is found by that day, also when
// it is made years later, and equal sources give equal records.
package derive
