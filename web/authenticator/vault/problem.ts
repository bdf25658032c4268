/*
 * The one error of this folder. Whatever comes in from outside (a QR code, a link, a file, a passphrase) either is read or
 * ends in a VaultProblem: `code` names the sentence in the catalogue (codes/text), `name` the entry it is about, if any.
 */
export const PROBLEMS = [
  /* links and single entries */
  'not_a_code', 'hotp', 'kind', 'link_long', 'twice', 'name_encoding', 'name_long', 'name_missing', 'secret_missing', 'secret_bad',
  'algorithm', 'digits', 'period', 'time',
  /* files */
  'file_big', 'file_unknown', 'file_damaged', 'file_newer', 'file_empty', 'too_many', 'passphrase_wrong', 'passphrase_short',
  'passphrase_long', 'memory', 'bitwarden_encrypted', 'csv_damaged', 'migration_damaged', 'picture', 'no_qr',
  /* the vault itself */
  'vault_damaged', 'vault_newer', 'vault_locked', 'vault_changed', 'gone', 'passkey_failed', 'passkey_no_prf', 'storage',
] as const;
export type ProblemCode = (typeof PROBLEMS)[number];

export class VaultProblem extends Error {
  override readonly name = 'VaultProblem';

  constructor(readonly code: ProblemCode, readonly entry: string | null = null) {
    super(code);
  }
}

export function isProblem(error: unknown): error is VaultProblem {
  return error instanceof VaultProblem;
}

/* Runs `read`; anything it throws that is not ours means that the input broke it: `code` then. */
export async function guarded<T>(code: ProblemCode, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw isProblem(error) ? error : new VaultProblem(code);
  }
}
