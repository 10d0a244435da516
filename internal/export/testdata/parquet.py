"""A small reader of Parquet files with flat, optional columns, written from the
format's description (thrift compact protocol, data pages of version 1 and 2,
PLAIN and dictionary encodings) to judge what the program writes."""

import struct
import zlib


class Thrift:
    """Reader of the compact protocol: structs become {field id: value}."""

    def __init__(self, b, at=0):
        self.b, self.at = b, at

    def byte(self):
        self.at += 1
        return self.b[self.at - 1]

    def varint(self):
        shift = n = 0
        while True:
            c = self.byte()
            n |= (c & 127) << shift
            shift += 7
            if c < 128:
                return n

    def zigzag(self):
        n = self.varint()
        return n >> 1 ^ -(n & 1)

    def value(self, kind):
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return struct.unpack("b", bytes([self.byte()]))[0]
        if kind in (4, 5, 6):
            return self.zigzag()
        if kind == 7:
            self.at += 8
            return struct.unpack("<d", self.b[self.at - 8:self.at])[0]
        if kind == 8:
            n = self.varint()
            self.at += n
            return bytes(self.b[self.at - n:self.at])
        if kind in (9, 10):
            c = self.byte()
            n, of = c >> 4, c & 15
            if n == 15:
                n = self.varint()
            if of in (1, 2):
                return [self.byte() == 1 for _ in range(n)]
            return [self.value(of) for _ in range(n)]
        if kind == 12:
            return self.struct()
        raise ValueError("thrift type %d" % kind)

    def struct(self):
        out, last = {}, 0
        while True:
            c = self.byte()
            if c == 0:
                return out
            last = last + (c >> 4) if c >> 4 else self.zigzag()
            out[last] = self.value(c & 15)


def inflate(codec, b, size):
    if codec == 0:
        out = b
    elif codec == 2:
        out = zlib.decompress(b, 31)
    elif codec == 6:
        import zstandard
        out = zstandard.ZstdDecompressor().decompress(b, max_output_size=size)
    else:
        raise ValueError("codec %d" % codec)
    assert len(out) == size, "page of %d bytes, header says %d" % (len(out), size)
    return out


def hybrid(b, width, count):
    """Decodes RLE and bit-packed runs."""
    t, out = Thrift(b), []
    while len(out) < count:
        head = t.varint()
        if head & 1:
            n = (head >> 1) * width
            bits = int.from_bytes(b[t.at:t.at + n], "little")
            t.at += n
            for i in range((head >> 1) * 8):
                out.append(bits >> i * width & (1 << width) - 1)
        else:
            n = (width + 7) // 8
            out += [int.from_bytes(b[t.at:t.at + n], "little")] * (head >> 1)
            t.at += n
    return out[:count]


def plain(kind, b, n):
    if kind == 2:
        return list(struct.unpack("<%dq" % n, b[:8 * n]))
    if kind == 5:
        return list(struct.unpack("<%dd" % n, b[:8 * n]))
    assert kind == 6, "physical type %d" % kind
    out, at = [], 0
    for _ in range(n):
        size = struct.unpack_from("<I", b, at)[0]
        out.append(b[at + 4:at + 4 + size].decode("utf-8"))
        at += 4 + size
    return out


def page(kind, codec, head, body, dictionary):
    """Returns the values of a data page, None for null."""
    if head[1] == 0:
        h = head[5]
        b = inflate(codec, body, head[2])
        n = struct.unpack_from("<I", b)[0]
        levels, data, encoding, count = b[4:4 + n], b[4 + n:], h[2], h[1]
        assert h[3] == 3, "levels are not RLE"
    else:
        h = head[8]
        count, encoding, n = h[1], h[4], h[5]
        assert h[6] == 0
        levels, rest = body[:n], body[n:]
        data = inflate(codec, rest, head[2] - n) if h.get(7, True) else rest
    defined = hybrid(levels, 1, count)
    n = sum(defined)
    if encoding == 0:
        vals = plain(kind, data, n)
    elif encoding in (2, 8):
        vals = [dictionary[i] for i in hybrid(data[1:], data[0], n)] if n else []
    else:
        raise ValueError("encoding %d" % encoding)
    it = iter(vals)
    return [next(it) if d else None for d in defined]


def column(b, meta, kind):
    out, dictionary = [], None
    at = min(meta[9], meta.get(11) or meta[9])
    while len(out) < meta[5]:
        t = Thrift(b, at)
        head = t.struct()
        body = b[t.at:t.at + head[3]]
        at = t.at + head[3]
        if head[1] == 2:
            dictionary = plain(kind, inflate(meta[4], body, head[2]), head[7][1])
        else:
            out += page(kind, meta[4], head, body, dictionary)
    assert len(out) == meta[5]
    return out


def read(path):
    """Returns the column names, their physical types, the rows and the metadata."""
    b = memoryview(open(path, "rb").read()).tobytes()
    assert b[:4] == b"PAR1" and b[-4:] == b"PAR1", "no Parquet file"
    n = struct.unpack("<I", b[-8:-4])[0]
    f = Thrift(b, len(b) - 8 - n).struct()
    leaves = f[2][1:]
    assert f[2][0][5] == len(leaves)
    for e in leaves:
        assert e[3] == 1, "not optional"
        assert e[1] != 6 or e[6] == 0 and 1 in e[10], "text is not marked as UTF-8"
    columns = [[] for _ in leaves]
    for g in f[4]:
        for j, c in enumerate(g[1]):
            assert c[3][3] == [leaves[j][4]] and c[3][1] == leaves[j][1]
            got = column(b, c[3], leaves[j][1])
            assert len(got) == g[3]
            columns[j] += got
    rows = list(zip(*columns))
    assert len(rows) == f[3], "footer says %d rows" % f[3]
    meta = {k[1].decode(): k.get(2, b"").decode() for k in f.get(5, [])}
    meta["row groups"] = len(f[4])
    meta["created by"] = f[6].decode()
    return [e[4].decode() for e in leaves], [e[1] for e in leaves], rows, meta
