/*
 * What a file or a pasted text is, and how to read it. A chunk of its own: loaded when somebody imports.
 *
 *   importDetect(bytes) → { source, sealed, read(passphrase) → entries and what was passed over }
 *
 * Nothing is stored here; the caller shows a preview (entry.ts, mergePreview) and lets the person decide.
 */
import { utf8Read } from '../bytes';
import { documentRead, EXPORT_FORMAT, FILE_SIZE_MAX, type Found } from '../document';
import { isSealed, sealedRead } from '../exchange';
import { isFields, jsonRead, type Fields } from '../fields';
import type { Progress } from '../memory_hard';
import { guarded, VaultProblem } from '../problem';
import { aegisIsSealed, aegisRead, isAegis } from './aegis';
import { bitwardenCsvRead, bitwardenRead, isBitwarden, isBitwardenCsv } from './bitwarden';
import { enteRead, isEnte } from './ente';
import { isList, listRead } from './list';
import { isTwoFas, twoFasIsSealed, twoFasRead } from './twofas';

export const SOURCES = ['symbolon', 'aegis', '2fas', 'ente', 'bitwarden', 'list'] as const;
export type Source = (typeof SOURCES)[number];

export interface Detected {
  readonly source: Source;
  readonly sealed: boolean; /* `read` needs the passphrase of the file */
  readonly read: (passphrase: string, progress?: Progress) => Promise<Found>;
}

export function importDetect(bytes: Uint8Array): Detected {
  if (bytes.length > FILE_SIZE_MAX) throw new VaultProblem('file_big');
  const source = utf8Read(bytes);
  if (source === null) throw new VaultProblem('file_unknown');
  const detected = detect(source);
  return { ...detected, read: (passphrase, progress) => readChecked(detected, passphrase, progress) };
}

function detect(source: string): Detected {
  if (/^\s*[{[]/.test(source)) return detectJson(jsonRead(source), source);
  if (isBitwardenCsv(source)) return plain('bitwarden', () => bitwardenCsvRead(source));
  if (isList(source)) return plain('list', () => listRead(source));
  throw new VaultProblem(source.trim() ? 'file_unknown' : 'file_empty');
}

function detectJson(root: unknown, source: string): Detected {
  if (!isFields(root)) throw new VaultProblem('file_unknown');
  if (root.format === EXPORT_FORMAT) return ours(root, source);
  if (isAegis(root)) return { source: 'aegis', sealed: aegisIsSealed(root), read: (passphrase, progress) => aegisRead(root, passphrase, progress) };
  if (isTwoFas(root)) return { source: '2fas', sealed: twoFasIsSealed(root), read: (passphrase) => twoFasRead(root, passphrase) };
  if (isEnte(root)) return { source: 'ente', sealed: true, read: (passphrase, progress) => enteRead(root, passphrase, progress) };
  if (isBitwarden(root)) return plain('bitwarden', () => bitwardenRead(root));
  throw new VaultProblem('file_unknown');
}

function ours(root: Fields, source: string): Detected {
  if (!isSealed(root)) return plain('symbolon', () => documentRead(source, false));
  return { source: 'symbolon', sealed: true, read: (passphrase, progress) => sealedRead(root, passphrase, progress) };
}

function plain(source: Source, read: () => Found): Detected {
  return { source, sealed: false, read: async () => read() };
}

async function readChecked(detected: Detected, passphrase: string, progress?: Progress): Promise<Found> {
  const found = await guarded('file_damaged', () => detected.read(passphrase, progress));
  if (found.entries.length + found.passed.length === 0) throw new VaultProblem('file_empty');
  return found;
}
