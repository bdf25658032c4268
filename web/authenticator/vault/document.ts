/* The plain document of docs/authenticator-export.md: what is exported, and what lies inside the vault's box. */
import { entryMake, ENTRIES_MAX, type Book, type Entry } from './entry';
import { flag, isFields, jsonRead, text, whole, type Fields } from './fields';
import { otpauthRead, otpauthWrite } from './otpauth';
import { isProblem, VaultProblem } from './problem';

export const EXPORT_FORMAT = 'symbolon-authenticator-export';
export const VERSION = 1;
export const FILE_SIZE_MAX = 4 * 1024 * 1024;

/* Entries that could not be used, by the name that could be read. */
export interface Passed { readonly name: string; readonly problem: VaultProblem }
export interface Found { readonly entries: Entry[]; readonly passed: Passed[] }

export function documentWrite(book: Book, exported_at: number, withIds: boolean): string {
  const codes = book.map((entry) => codeFields(entry, withIds));
  return JSON.stringify({ format: EXPORT_FORMAT, version: VERSION, exported_at, codes });
}

function codeFields(entry: Entry, withIds: boolean): Fields {
  return {
    ...(withIds ? { id: entry.id } : {}),
    uri: otpauthWrite(entry),
    added_at: entry.added_at,
    ...(entry.group ? { group: entry.group } : {}),
    ...(entry.pinned ? { pinned: true } : {}),
  };
}

export function documentRead(source: string, withIds: boolean): Found {
  const root = jsonRead(source);
  if (!isFields(root) || root.format !== EXPORT_FORMAT) throw new VaultProblem('file_unknown');
  versionCheck(root);
  if (!Array.isArray(root.codes)) throw new VaultProblem('file_damaged');
  return itemsRead(root.codes, (item) => codeRead(item, withIds));
}

export function versionCheck(root: Fields): void {
  if (whole(root.version) !== VERSION) throw new VaultProblem(Number(root.version) > VERSION ? 'file_newer' : 'file_damaged');
}

function codeRead(item: unknown, withIds: boolean): Entry {
  if (!isFields(item)) throw new VaultProblem('file_damaged');
  const parts = { added_at: timeRead(item.added_at), group: text(item.group), pinned: flag(item.pinned) };
  const id = withIds ? text(item.id) : '';
  return entryMake(otpauthRead(text(item.uri)), id ? { ...parts, id } : parts);
}

/* Reads each item; those with a problem are passed over and named. null: the item is no code and never was one. */
export function itemsRead<T>(items: readonly T[], read: (item: T) => Entry | null, nameOf: (item: T) => string = () => ''): Found {
  if (items.length > ENTRIES_MAX) throw new VaultProblem('too_many');
  const found: { entries: Entry[]; passed: Passed[] } = { entries: [], passed: [] };
  for (const item of items) {
    try {
      const entry = read(item);
      if (entry) found.entries.push(entry);
    } catch (error) {
      if (!isProblem(error)) throw error;
      found.passed.push({ name: error.entry ?? nameOf(item), problem: error });
    }
  }
  return found;
}

/* Unix seconds; some apps write milliseconds. */
export function timeRead(value: unknown): number {
  const time = whole(value) ?? 0;
  return time > 1e11 ? Math.floor(time / 1000) : Math.max(time, 0);
}

