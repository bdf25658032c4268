/* The little of protobuf (wire types 0, 1, 2 and 5) that one message of known shape needs. */
import type { Bytes } from '../bytes';
import { VaultProblem } from '../problem';

const FIELDS_MAX = 10_000;

export class ProtoFields {
  constructor(private readonly values: ReadonlyMap<number, readonly (bigint | Bytes)[]>) {}

  /* The last one counts, as proto3 wants; absent is 0. int32 and int64 are two's complement. */
  number(field: number): number {
    const value = this.values.get(field)?.findLast((one) => typeof one === 'bigint');
    return Number(BigInt.asIntN(64, typeof value === 'bigint' ? value : 0n));
  }

  bytes(field: number): Bytes {
    const value = this.values.get(field)?.findLast((one) => typeof one !== 'bigint');
    return typeof value === 'object' ? value : new Uint8Array(0);
  }

  messages(field: number): ProtoFields[] {
    return (this.values.get(field) ?? []).flatMap((one) => (typeof one === 'bigint' ? [] : [fieldsRead(one)]));
  }
}

export function fieldsRead(bytes: Bytes): ProtoFields {
  const reader = new Reader(bytes);
  const values = new Map<number, (bigint | Bytes)[]>();
  for (let count = 0; !reader.atEnd; count++) {
    if (count > FIELDS_MAX) throw new VaultProblem('migration_damaged');
    const key = reader.varint();
    const field = Number(key >> 3n);
    values.set(field, [...(values.get(field) ?? []), reader.value(Number(key & 7n))]);
  }
  return new ProtoFields(values);
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Bytes) {}

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  value(wire: number): bigint | Bytes {
    if (wire === 0) return this.varint();
    if (wire === 1) return this.take(8);
    if (wire === 2) return this.take(Number(this.varint()));
    if (wire === 5) return this.take(4);
    throw new VaultProblem('migration_damaged');
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const [byte] = this.take(1);
      value |= BigInt((byte ?? 0) & 127) << shift;
      if ((byte ?? 0) < 128) return BigInt.asUintN(64, value);
    }
    throw new VaultProblem('migration_damaged');
  }

  private take(size: number): Bytes {
    if (size > this.bytes.length - this.at) throw new VaultProblem('migration_damaged');
    this.at += size;
    return this.bytes.slice(this.at - size, this.at);
  }
}
