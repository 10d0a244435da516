// Package redis is the cache that several servers share, and the limiter whose
// budgets they share, on one Redis (or Valkey) server.
//
// Redis may be absent, slow, full, restarted or filled with rubbish at any time,
// and nobody who asks is the worse for it than by Options.Wait:
//
//   - Every call has a third of the wait to answer, so that a request that asks
//     the limiter, asks the cache and keeps its answer stays within the whole.
//   - A call that fails or is late opens the circuit: from then on the fallback
//     serves, at once, until a probe in the background was answered in time.
//   - What was set or deleted meanwhile is deleted in Redis before it serves
//     again, so that nobody reads back what they have replaced.
//   - The fallback serves only what was set during the same outage.
//
// An entry is kept under <prefix>cache/1/<key>, the number being that of the
// format; all integers are big-endian:
//
//	"exoR"  4 bytes
//	form    1 byte: 0 plain, 1 zstd (RFC 8878)
//	expires 8 bytes: nanoseconds since 1970; 0: never
//	size    4 bytes: of the value
//	digest  32 bytes: SHA-256, or HMAC-SHA-256 with Options.Key, of the above,
//	        the key's length (2 bytes), the key and the rest
//	rest    the value, or the zstd frame that holds it
//
// An entry that is not exactly this, for this key, is a miss and is removed. A
// digest without a key finds accidents; against others who write to the same
// Redis, give a key that the servers share.
//
// # Invalidation
//
// Nothing is invalidated by a message. A key names, beside the question and the
// format of the answer, the digest of every source that the answer was made from
// ("page/1/sha256:…/q=…"): new source data have another digest, hence another
// key, and the old entry is never asked for again and goes with its time limit.
// What has no source of ours, such as the star that an archive knows by a name,
// has a time limit alone.
package redis
