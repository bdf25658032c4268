/*
 * The lock's passkey: a WebAuthn credential of this device whose PRF extension turns a stored input into 32 secret
 * bytes, after the device has checked the person. Nothing is sent to the server.
 */
import { randomBytes, type Bytes } from '../vault/bytes';
import type { Passkey, PasskeySlot } from '../vault/lock';
import { VaultProblem } from '../vault/problem';

const INPUT_SIZE = 32;
const TIME_MS = 60_000;

/* Whether this device has an authenticator of its own; whether that one has PRF is known only after making a passkey. */
export async function passkeyMayWork(): Promise<boolean> {
  try {
    return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  } catch {
    return false;
  }
}

export async function passkeyMake(): Promise<Passkey> {
  const input = randomBytes(INPUT_SIZE);
  const credential = await asked(navigator.credentials.create({ publicKey: creation(input) }));
  const results = credential.getClientExtensionResults();
  if (!results.prf?.enabled) throw new VaultProblem('passkey_no_prf');
  const id = new Uint8Array(credential.rawId);
  const output = bytesOf(results.prf.results?.first) ?? (await outputOf(id, input));
  return { credential: id, input, output };
}

export function passkeyOutput({ credential, input }: PasskeySlot): Promise<Bytes> {
  return outputOf(credential, input);
}

async function outputOf(id: Bytes, input: Bytes): Promise<Bytes> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: randomBytes(32),
    allowCredentials: [{ type: 'public-key', id }],
    userVerification: 'required',
    timeout: TIME_MS,
    extensions: { prf: { eval: { first: input } } },
  };
  const credential = await asked(navigator.credentials.get({ publicKey }));
  const output = bytesOf(credential.getClientExtensionResults().prf?.results?.first);
  if (!output) throw new VaultProblem('passkey_no_prf');
  return output;
}

function creation(input: Bytes): PublicKeyCredentialCreationOptions {
  return {
    challenge: randomBytes(32),
    rp: { name: 'Symbolon' },
    user: { id: randomBytes(16), name: 'Symbolon codes', displayName: 'Symbolon codes' },
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }, { type: 'public-key', alg: -257 }],
    authenticatorSelection: { authenticatorAttachment: 'platform', residentKey: 'discouraged', userVerification: 'required' },
    timeout: TIME_MS,
    extensions: { prf: { eval: { first: input } } },
  };
}

/* Cancelled, timed out, removed: the person takes the other way. */
async function asked(request: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await request;
    if (credential instanceof PublicKeyCredential) return credential;
  } catch {
    /* below */
  }
  throw new VaultProblem('passkey_failed');
}

function bytesOf(source: BufferSource | undefined): Bytes | null {
  if (!source) return null;
  const view = ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
  return Uint8Array.from(view);
}
