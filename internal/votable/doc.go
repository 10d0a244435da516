// Package votable reads and writes VOTable documents, the XML form in which
// Virtual Observatory services give tables and errors.
//
// It knows what TAP services send (VOTable 1.1 to 1.5, TAP 1.1 §2.9 and
// §2.7.4): a RESOURCE of type "results" with an INFO named QUERY_STATUS, whose
// value OK, ERROR or OVERFLOW may also stand after the table, and one TABLE in
// the TABLEDATA serialisation. BINARY, BINARY2 and FITS are refused by name.
//
// Write speaks as NASA's archive does, for a document in memory; Writer is for
// everyone else: VOTable 1.4, a row at a time.
//
// A document is hostile input: the total of bytes, the bytes of one token
// (an attribute, a cell), the nesting, the fields and the rows are bounded, and
// document type declarations, with them every entity of the sender's own, are
// refused. Cells stay text; an empty cell is a null, as the standard has it
// for TABLEDATA (VOTable 1.5 §5.1), and so is the number that a FIELD's VALUES
// name as its null. A text longer than the array size of its field is refused.
package votable
