/* RFC 6238 through WebCrypto. */
import type { Code } from './code';
import { VaultProblem } from './problem';

const HASHES = { SHA1: 'SHA-1', SHA256: 'SHA-256', SHA512: 'SHA-512' } as const;

/* A code ready to be computed: its key is imported once and cannot be read out again. */
export interface Generator { readonly key: CryptoKey; readonly digits: number; readonly period: number }

export async function generatorMake({ secret, algorithm, digits, period }: Code): Promise<Generator> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: HASHES[algorithm] }, false, ['sign']);
  return { key, digits, period };
}

export function stepAt(period: number, now_ms: number): number {
  return Math.floor(now_ms / 1000 / period);
}

/* The code of one time step, with its leading zeros. RFC 4226 section 5.3 */
export async function codeAtStep({ key, digits }: Generator, step: number): Promise<string> {
  if (!Number.isSafeInteger(step) || step < 0) throw new VaultProblem('time');
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(step));
  const mac = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer));
  const offset = mac.getUint8(mac.byteLength - 1) & 15;
  const number = mac.getUint32(offset) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

export interface Shown { now: string; next: string; step: number; ends_ms: number }

/* What a list shows at one moment: this code, the next one, and when they change. */
export async function codesAt(generator: Generator, now_ms: number): Promise<Shown> {
  const step = stepAt(generator.period, now_ms);
  const [now, next] = await Promise.all([codeAtStep(generator, step), codeAtStep(generator, step + 1)]);
  return { now, next, step, ends_ms: (step + 1) * generator.period * 1000 };
}

/* "306 822", "3068 2215", "306 8221": halves are easier to carry over than a row of digits. */
export function codeSpaced(code: string): string {
  const half = Math.floor(code.length / 2);
  return `${code.slice(0, half)} ${code.slice(half)}`;
}
