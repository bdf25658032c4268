/*
 * How the vault's data key is kept (docs/authenticator-vault.md, "The web authenticator's vault").
 *
 *   open     a CryptoKey that cannot be exported lies beside the box: no lock
 *   locked   the data key is wrapped once for each way in: the passphrase (PBKDF2-SHA-256), and where the device can, a
 *            passkey whose PRF gives 32 bytes (HKDF-SHA-256)
 *
 * Every lock has a passphrase slot: a passkey can be lost with its device or deleted by a slip.
 */
import { boxKey, boxOpen, boxSeal, KEY_SIZE } from './box';
import { randomBytes, utf8, type Bytes } from './bytes';
import { passphraseBytes, passphraseNew } from './passphrase';
import { VaultProblem } from './problem';

export const ROUNDS = 600_000;
export const ROUNDS_MAX = 10_000_000;
const SALT_SIZE = 16;
const IDENTITY = 'symbolon web vault key 1';
const PRF_INFO = 'symbolon web vault prf 1';

export interface PassphraseSlot { readonly kdf: 'pbkdf2-sha256'; readonly rounds: number; readonly salt: Bytes; readonly wrapped: Bytes }
/* `input` is what the passkey's PRF is asked about; `credential` says which passkey. */
export interface PasskeySlot { readonly kdf: 'prf-hkdf-sha256'; readonly credential: Bytes; readonly input: Bytes; readonly wrapped: Bytes }

export interface Lock { readonly passphrase: PassphraseSlot; readonly passkey: PasskeySlot | null }

export interface Passkey { readonly credential: Bytes; readonly input: Bytes; readonly output: Bytes }

export type Way = { kind: 'passphrase'; passphrase: string } | { kind: 'passkey'; output: Bytes };

/* A new data key under a new lock. Nothing that was sealed before opens with it. */
export async function lockMake(passphrase: string, passkey: Passkey | null): Promise<{ lock: Lock; key: CryptoKey }> {
  const raw = randomBytes(KEY_SIZE);
  const slot = await passphraseSlot(passphraseNew(passphrase), raw);
  const lock = { passphrase: slot, passkey: passkey && (await passkeySlot(passkey, raw)) };
  const key = await boxKey(raw);
  raw.fill(0);
  return { lock, key };
}

/* The data key; throws `passphrase_wrong` or `passkey_failed`. */
export async function lockOpen(lock: Lock, way: Way): Promise<CryptoKey> {
  const raw = way.kind === 'passphrase' ? await passphraseOpen(lock.passphrase, way.passphrase) : await passkeyOpen(lock.passkey, way.output);
  if (!raw) throw new VaultProblem(way.kind === 'passphrase' ? 'passphrase_wrong' : 'passkey_failed');
  const key = await boxKey(raw);
  raw.fill(0);
  return key;
}

async function passphraseSlot(passphrase: Bytes, raw: Bytes): Promise<PassphraseSlot> {
  const salt = randomBytes(SALT_SIZE);
  const wrapped = await boxSeal(await stretched(passphrase, salt, ROUNDS), IDENTITY, raw);
  return { kdf: 'pbkdf2-sha256', rounds: ROUNDS, salt, wrapped };
}

async function passphraseOpen({ rounds, salt, wrapped }: PassphraseSlot, passphrase: string): Promise<Bytes | null> {
  if (!Number.isInteger(rounds) || rounds < ROUNDS || rounds > ROUNDS_MAX) throw new VaultProblem('vault_damaged');
  return boxOpen(await stretched(passphraseBytes(passphrase), salt, rounds), IDENTITY, wrapped);
}

async function passkeySlot({ credential, input, output }: Passkey, raw: Bytes): Promise<PasskeySlot> {
  const wrapped = await boxSeal(await expanded(output), IDENTITY, raw);
  return { kdf: 'prf-hkdf-sha256', credential, input, wrapped };
}

async function passkeyOpen(slot: PasskeySlot | null, output: Bytes): Promise<Bytes | null> {
  return slot && boxOpen(await expanded(output), IDENTITY, slot.wrapped);
}

async function stretched(passphrase: Bytes, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', passphrase, 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

async function expanded(output: Bytes): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', output, 'HKDF', false, ['deriveKey']);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: utf8(PRF_INFO) };
  return crypto.subtle.deriveKey(parameters, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}
