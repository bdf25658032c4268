/*
 * argon2id and scrypt in plain JavaScript (the policy of the page forbids WebAssembly), a chunk of its own: loaded when
 * somebody imports or exports a file that a passphrase protects. Both report progress from 0 to 1 and let the page breathe.
 */
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import type { Bytes } from './bytes';
import { VaultProblem } from './problem';

export type Progress = (share: number) => void;

export interface Argon2Cost { passes: number; memory_kib: number; lanes: number }
export interface ScryptCost { N: number; r: number; p: number }

/* The most that a file may ask for: 1 GiB, as much as the dearest setting of any format here. */
const MEMORY_MAX = 1024 ** 3;
const PASSES_MAX = 16;
const LANES_MAX = 16;
const BREATH_MS = 20;

export async function argon2idKey(passphrase: Bytes, salt: Bytes, { passes, memory_kib, lanes }: Argon2Cost, progress?: Progress): Promise<Bytes> {
  const sane = within(passes, 1, PASSES_MAX) && within(lanes, 1, LANES_MAX) && within(memory_kib, 8 * lanes, MEMORY_MAX / 1024);
  if (!sane || salt.length < 8 || salt.length > 64) throw new VaultProblem('file_damaged');
  return spend(() => argon2idAsync(passphrase, salt, { t: passes, m: memory_kib, p: lanes, dkLen: 32, asyncTick: BREATH_MS, maxmem: MEMORY_MAX + 1024 ** 2, ...reported(progress) }));
}

export async function scryptKey(passphrase: Bytes, salt: Bytes, { N, r, p }: ScryptCost, progress?: Progress): Promise<Bytes> {
  const power = Number.isInteger(N) && N > 1 && N <= 2 ** 24 && (N & (N - 1)) === 0;
  const sane = power && within(r, 1, 64) && within(p, 1, 16) && 128 * N * r <= MEMORY_MAX;
  if (!sane) throw new VaultProblem('file_damaged');
  return spend(() => scryptAsync(passphrase, salt, { N, r, p, dkLen: 32, asyncTick: BREATH_MS, maxmem: MEMORY_MAX + 1024 ** 2, ...reported(progress) }));
}

async function spend(run: () => Promise<Uint8Array>): Promise<Bytes> {
  try {
    return Uint8Array.from(await run());
  } catch {
    throw new VaultProblem('memory'); /* parameters were checked, so what fails is the allocation */
  }
}

function reported(onProgress: Progress | undefined) {
  return onProgress ? { onProgress } : {};
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
