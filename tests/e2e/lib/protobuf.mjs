// The wire format of protocol buffers, as far as the messages of fakefcm.mjs go: no schema, fields by number.

export function varint(value) {
	const bytes = [];
	let rest = BigInt(value);
	do {
		bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
		rest >>= 7n;
	} while (rest);
	return Buffer.from(bytes);
}

export const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);

export function fixed64(field, value) {
	const bytes = Buffer.alloc(8);
	bytes.writeBigUInt64LE(BigInt(value));
	return Buffer.concat([varint((field << 3) | 1), bytes]);
}

export function bytes(field, value) {
	const content = Buffer.from(value);
	return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

// {value, next}, or null when the bytes end before the number does.
export function readVarint(buffer, at = 0) {
	let value = 0n;
	for (let shift = 0n, next = at; next < buffer.length; shift += 7n) {
		const byte = buffer[next++];
		value |= BigInt(byte & 127) << shift;
		if (byte < 128) return { value: Number(value), next };
	}
	return null;
}

// [{field, value}]: numbers as numbers, everything else as bytes.
export function readFields(buffer) {
	const fields = [];
	for (let at = 0; at < buffer.length;) {
		const { value: tag, next } = readVarint(buffer, at);
		const kind = tag & 7, field = tag >>> 3;
		const lead = kind === 0 || kind === 2 ? readVarint(buffer, next) : { value: kind === 1 ? 8 : 4, next };
		if (kind === 0) fields.push({ field, value: lead.value });
		const from = kind === 1 || kind === 5 ? next : lead.next;
		if (kind !== 0) fields.push({ field, value: buffer.subarray(from, from + lead.value) });
		at = kind === 0 ? lead.next : from + lead.value;
	}
	return fields;
}
