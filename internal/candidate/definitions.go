package candidate

// Definitions is the version of what Normalize and Merge do. Equal sources and
// equal definitions give equal bytes; whoever changes what any source becomes
// raises it, so that the tables that are held are made again.
const Definitions = 2
