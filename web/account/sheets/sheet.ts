/*
 * Which sheet lies on top, and what was begun before a fresh proof was asked for. A sheet is kept in the tab's own
 * storage while the person is away to sign in; nothing typed into it that is secret ever is.
 */
import { oneOf } from '../../shared/read';

export const SHEETS = [
  'add-device', 'device', 'remove-device', 'totp', 'totp-entry', 'remove-totp', 'recovery', 'password', 'export',
  'end-session', 'end-others', 'forget-browser', 'entry',
] as const;
export type SheetName = (typeof SHEETS)[number];

export interface OpenSheet {
  name: SheetName;
  /* of the device, code, session, browser or entry it is about */
  id: string;
}

/* What only somebody who has just proven who they are may do: asked for before the sheet begins. */
export const NEEDS_PROOF: ReadonlySet<SheetName> = new Set<SheetName>(['add-device', 'remove-device', 'totp', 'remove-totp', 'recovery', 'password', 'export']);

/* A proof that runs out while the person reads is no use. */
const PROOF_MARGIN_S = 20;

export function needsProof(sheet: OpenSheet, freshUntil: number, now: number): boolean {
  return NEEDS_PROOF.has(sheet.name) && freshUntil < now + PROOF_MARGIN_S;
}

/* Also the word in the address under which the server sends the browser back: "#add-device". */
export function sheetOfFragment(fragment: string): SheetName | null {
  return oneOf(fragment.replace(/^#/, ''), SHEETS);
}

const KEY = 'symbolon-account-begun';
const KEPT_MS = 15 * 60 * 1000;

export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export function keepBegun(keep: Keep, sheet: OpenSheet, nowMs: number): void {
  keep.setItem(KEY, JSON.stringify({ ...sheet, at: nowMs }));
}

/* Once: a later visit by the same word in the address does not begin again. */
export function takeBegun(keep: Keep, fragment: string, nowMs: number): OpenSheet | null {
  const name = sheetOfFragment(fragment);
  const kept = read(keep.getItem(KEY));
  keep.removeItem(KEY);
  if (!name || !kept || kept.name !== name || nowMs - kept.at > KEPT_MS || nowMs < kept.at) return null;
  return { name, id: kept.id };
}

function read(text: string | null): { name: string; id: string; at: number } | null {
  try {
    const value = JSON.parse(text ?? 'null');
    return value && typeof value.name === 'string' && typeof value.id === 'string' && typeof value.at === 'number' ? value : null;
  } catch {
    return null;
  }
}
