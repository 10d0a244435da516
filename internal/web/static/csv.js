// Reads comma-separated values (RFC 4180), which the interface writes about
// three times shorter than JSON.

/** @returns {{names: string[], rows: string[][]}} an empty text is an unknown value */
export function parseCsv(text) {
  const rows = [];
  let row = [], i = 0;
  const n = text.length;
  while (i < n) {
    let value;
    if (text.charCodeAt(i) === 34) { // a quoted value: doubled quotes are one
      let end = i + 1;
      for (;;) {
        end = text.indexOf('"', end);
        if (end < 0) { end = n; break; }
        if (text.charCodeAt(end + 1) !== 34) break;
        end += 2;
      }
      value = text.slice(i + 1, end).replaceAll('""', '"');
      i = end + 1;
    } else {
      let end = i;
      for (; end < n; end++) { const c = text.charCodeAt(end); if (c === 44 || c === 10 || c === 13) break; }
      value = text.slice(i, end);
      i = end;
    }
    row.push(value);
    if (text.charCodeAt(i) === 44) { i++; if (i < n) continue; row.push(""); }
    if (text.charCodeAt(i) === 13) i++;
    if (text.charCodeAt(i) === 10) i++;
    rows.push(row);
    row = [];
  }
  return { names: rows.shift() || [], rows };
}
