// Package health tells how well the program is: is it alive, can it serve, and the
// four checks of the guide in detail – the archives, the storage, the cache, and
// how the work of the last day went.
//
// Nothing slow happens while somebody asks. The archives are asked whether they
// answer by Run, beside the requests, at most once in five minutes each and only
// when somebody wants to know; what is told is the last outcome, with its time.
// What costs a look at the index or a try to write is done at most once in a few
// seconds, however many ask.
package health
