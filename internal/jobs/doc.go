// Package jobs is the durable queue of long work: a batch of tables, a set of
// light curves. A job that was submitted is done once, whatever happens to the
// process: it survives a kill, and one that ran when the process died is taken
// up again by the next one, or by another.
//
// A job has a kind, which names its handler, and arguments, which are JSON. The
// same kind with the same arguments while one is queued or running is the same
// job. Jobs are told apart by opaque identifiers.
//
// # Two tables side by side
//
// River decides what runs when. The public record of a job (state, progress,
// result, error) is a row of our own table `jobs`, written in the same
// transaction that hands the job to River, so neither is ever without the
// other. The record is the truth: a River job whose record has ended is
// dropped, a record whose River job is gone gets a new one.
//
// # What happens when
//
// A handler that fails with exo.Unavailable is tried again a few times with
// growing pauses, during which the job is queued. Any other error ends the job
// at once. A panic ends it too, as an exo.Internal error; the process lives on.
// Cancel ends a queued job at once and cancels the context of a running one.
// Close cancels the contexts of all running jobs and puts them back into the
// queue. A job during which the process died several times without coming on is
// given up.
//
// A handler of many parts notes each in its [Batch], and after a kill goes on
// behind the last.
//
// # One process or many
//
// On SQLite one process works on one database at a time; the lock of the data
// tree sees to that. Therefore Start need not wait to find out whether somebody
// else still works on a job marked as running.
//
// On Postgres many may: servers that only submit (Options.InsertOnly), and
// workers. Each worker tells every two seconds that it lives; the jobs of one
// that has been silent for fifteen are taken up by the others. Which run of a job
// may still write its record is told by the number of its River job, which
// changes when it is taken up; a worker that was only slow changes nothing.
//
// docs/format/jobs.md has the tables.
package jobs
