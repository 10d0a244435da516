package seal

const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32 writes bytes as BIP 173 has it; age's identities have this form, and
// its library makes them from no other source of randomness than its own.
func bech32(prefix string, data []byte) string {
	var groups []byte // of five bits
	acc, bits := 0, 0
	for _, b := range data {
		acc, bits = acc<<8|int(b), bits+8
		for bits >= 5 {
			bits -= 5
			groups = append(groups, byte(acc>>bits&31))
		}
		acc &= 1<<bits - 1
	}
	if bits > 0 {
		groups = append(groups, byte(acc<<(5-bits)&31))
	}
	sum := uint32(1)
	for _, c := range []byte(prefix) {
		sum = polymod(sum) ^ uint32(c>>5)
	}
	sum = polymod(sum)
	for _, c := range []byte(prefix) {
		sum = polymod(sum) ^ uint32(c&31)
	}
	text := []byte(prefix + "1")
	for _, g := range groups {
		sum = polymod(sum) ^ uint32(g)
		text = append(text, bech32Letters[g])
	}
	for range 6 {
		sum = polymod(sum)
	}
	sum ^= 1
	for i := range 6 {
		text = append(text, bech32Letters[sum>>(5*(5-i))&31])
	}
	return string(text)
}

// polymod multiplies by x in the ring of BIP 173's checksum.
func polymod(sum uint32) uint32 {
	top := sum >> 25
	sum = sum & 0x1ffffff << 5
	for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 == 1 {
			sum ^= g
		}
	}
	return sum
}
