"""Reads what the program wrote with readers that are not ours and compares each
cell with what was to be written.

judge(folder) looks at a folder that holds t.json, t.csv, t.vot, t.parquet, and want.jsonl: a line of
column names, a line of types, then rows; doubles as hexadecimal text, integers
as decimal text, texts as lists of one, null as null. stilts.vot.csv and
stilts.csv.csv, if there, are the same rows as stilts read and wrote them."""

import csv
import json
import math
import os
import re
import warnings

import parquet

folder, names, types, want = "", [], [], []
ACTIVE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
csv.field_size_limit(1 << 30)


def path(name):
    return os.path.join(folder, name)


def value(typ, cell):
    """The value of a cell of want.jsonl; a text is had as None when empty, since
    CSV and VOTable cannot tell the two apart."""
    if cell is None:
        return None
    if typ == "int":
        return int(cell)
    if typ == "double":
        return float.fromhex(cell)
    return cell[0] or None


def parsed(typ, cell):
    """The value of a text cell."""
    if cell == "":
        return None
    return int(cell) if typ == "int" else float(cell) if typ == "double" else cell


def same(what, got, change=lambda s: s):
    assert len(got) == len(want), "%s: %d rows, not %d" % (what, len(got), len(want))
    for i, (g, w) in enumerate(zip(got, want)):
        assert len(g) == len(names), "%s row %d: %d cells" % (what, i + 1, len(g))
        for j, name in enumerate(names):
            v = value(types[j], w[j])
            if isinstance(v, str):
                v = change(v) or None
            assert g[j] == v and type(g[j]) == type(v), "%s row %d, %s: %r, not %r" % (what, i + 1, name, g[j], v)
    print(what, len(got), "rows equal")


def read_json():
    raw = open(path("t.json"), encoding="utf-8", newline="").read()
    assert not ACTIVE.search(raw) and "<" not in raw
    d = json.loads(raw, parse_int=int, parse_constant=lambda s: 1 / 0)
    assert [c["name"] for c in d["columns"]] == names and d["returned"] == len(want)
    number = {"int": int, "double": float, "char": lambda s: s or None}
    return [[None if r[n] is None else number[t](r[n]) for n, t in zip(names, types)] for r in d["rows"]]


FORMULA = "=+-@\t\r\n＝＋－＠"


def formula(s):
    rest = s.lstrip("'")
    bare = rest.lstrip(" \xa0\ufeff")
    if bare == "" or bare[0] not in FORMULA:
        return False
    number = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
    angle = r"[+-]\d{1,3}(:\d{1,3}:\d{1,3}(\.[\d.]*)?|d\d{1,3}m\d{1,3}(\.[\d.]*)?s)"
    return not re.fullmatch(number + "|" + angle, rest, re.ASCII)


def read_csv():
    raw = open(path("t.csv"), encoding="utf-8", newline="").read()
    assert not ACTIVE.search(raw)
    rows = list(csv.reader(open(path("t.csv"), encoding="utf-8", newline=""), strict=True))
    for r in rows:
        assert not any(formula(c) and not c.startswith("'") for c in r), "a formula in %r" % r
        assert not any(c[:1] in FORMULA and c and formula(c) for c in r)
    back = [[c[1:] if c[:1] == "'" and formula(c[1:]) else c for c in r] for r in rows]
    heads = [ACTIVE.sub("\ufffd", n) for n in names]
    assert back[0] == heads, [p for p in zip(back[0], heads) if p[0] != p[1]]
    return [[parsed(t, c) for t, c in zip(types, r)] for r in back[1:]]


def read_votable():
    import numpy
    from astropy.io.votable import parse, ucd
    raw = open(path("t.vot"), encoding="utf-8", newline="").read()
    assert not ACTIVE.search(raw)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        t = parse(path("t.vot"), verify="exception").get_first_table()
    for f in t.fields:
        assert not f.ucd or ucd.check_ucd(f.ucd, check_controlled_vocabulary=True, has_colon=True), "%s has the UCD %s" % (f.name, f.ucd)
    assert [f.name for f in t.fields] == names
    cells = []
    for f, typ in zip(t.fields, types):
        a = t.array[f.ID]
        mask = numpy.ma.getmaskarray(a)
        out = []
        for v, m in zip(a.data.tolist(), mask.tolist()):
            if typ != "char" and m or typ == "double" and math.isnan(v):
                v = None
            out.append(v if typ != "char" else str(v) or None)
        cells.append(out)
    return [list(r) for r in zip(*cells)]


def read_parquet():
    got, kinds, rows, meta = parquet.read(path("t.parquet"))
    assert got == names and kinds == [{"int": 2, "double": 5, "char": 6}[t] for t in types]
    assert json.loads(meta["columns"])[0]["name"] == names[0]
    print("parquet row groups", meta["row groups"], meta["created by"])
    return [[c if c != "" else None for c in r] for r in rows]


def read_stilts(name):
    rows = list(csv.reader(open(path(name), encoding="utf-8", newline="")))
    if name == "stilts.csv.csv":  # stilts 3.4 takes the bytes of a CSV file for Latin-1
        rows = [[c.encode("latin-1").decode("utf-8") for c in r] for r in rows]
    return [[parsed(t, c) for t, c in zip(types, r)] for r in rows[1:]]


XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def judge(where):
    global folder, names, types, want
    folder = where
    lines = [json.loads(s) for s in open(path("want.jsonl"), encoding="utf-8", newline="\n")]
    names, types, want = lines[0], lines[1], lines[2:]
    same("json", read_json())
    same("csv", read_csv(), lambda s: ACTIVE.sub("\ufffd", s))
    # astropy takes white space from both ends of a text, in every column.
    same("votable, astropy", [[c.strip() or None if isinstance(c, str) else c for c in r] for r in read_votable()], lambda s: XML.sub("\ufffd", s).strip())
    same("parquet", read_parquet())
    for name in ("stilts.vot.csv", "stilts.csv.csv"):
        if os.path.exists(path(name)):
            same(name, read_stilts(name), lambda s: (XML if name == "stilts.vot.csv" else ACTIVE).sub("\ufffd", s))
