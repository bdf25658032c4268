/*
 * An entry is a code with its place in the person's life: when it came, which group, pinned or not. A book is all of them, in
 * the person's order. Everything here is pure; a book is never changed, only replaced.
 */
import { base64url, randomBytes } from './bytes';
import { codeIsSame, codeMake, nameKey, nameShown, type Code, type CodeParts } from './code';
import { VaultProblem } from './problem';

export const ENTRIES_MAX = 2000;
export const GROUP_MAX = 64;

export interface Entry extends Code {
  readonly id: string; /* of this vault; not exported */
  readonly added_at: number; /* Unix seconds */
  readonly group: string; /* '' when in none */
  readonly pinned: boolean;
}
export type Book = readonly Entry[];

export interface EntryParts { added_at?: number; group?: string; pinned?: boolean; id?: string }

export function entryMake(code: Code, { added_at = 0, group = '', pinned = false, id = entryId() }: EntryParts): Entry {
  return { ...code, id, added_at, group: groupTidy(group), pinned };
}

export function entryId(): string {
  return base64url(randomBytes(9));
}

export function groupTidy(group: string): string {
  const shown = nameShown(group.replace(/\p{Cs}/gu, ''));
  return [...shown].slice(0, GROUP_MAX).join('').trim();
}

/* ---- changes ---- */

export function bookAdd(book: Book, entries: readonly Entry[]): Book {
  if (book.length + entries.length > ENTRIES_MAX) throw new VaultProblem('too_many');
  return [...book, ...entries];
}

export type Edit = Omit<CodeParts, 'secret'> & Pick<EntryParts, 'group' | 'pinned'>;

export function bookEdit(book: Book, id: string, edit: Edit): Book {
  const old = entryFind(book, id);
  const entry = entryMake(codeMake({ ...old, ...edit }), { ...old, ...edit });
  return book.map((one) => (one.id === id ? entry : one));
}

export function bookRemove(book: Book, id: string): Book {
  entryFind(book, id);
  return book.filter((one) => one.id !== id);
}

/* Undoes a removal: back to where it was, as far as the others are still there. */
export function bookRestore(book: Book, entry: Entry, index: number): Book {
  if (book.some((one) => one.id === entry.id)) return book;
  return bookAdd(book, []).toSpliced(Math.min(index, book.length), 0, entry);
}

/* The order of `ids`; those that it does not name (another tab has added them) stay behind. */
export function bookArrange(book: Book, ids: readonly string[]): Book {
  const place = new Map(ids.map((id, at) => [id, at]));
  return book.toSorted((a, b) => (place.get(a.id) ?? ids.length) - (place.get(b.id) ?? ids.length));
}

/* Moves one step among those it is shown with: a pinned one among pinned ones. Gives the ids in their new order. */
export function orderMoved(shown: Book, id: string, to: number): string[] {
  const entry = entryFind(shown, id);
  const peers = shown.filter((one) => one.pinned === entry.pinned);
  const first = entry.pinned ? 0 : shown.length - peers.length;
  const at = Math.min(Math.max(to, first), first + peers.length - 1);
  return shown.filter((one) => one !== entry).map((one) => one.id).toSpliced(at, 0, id);
}

export function entryFind(book: Book, id: string): Entry {
  const found = book.find((one) => one.id === id);
  if (!found) throw new VaultProblem('gone');
  return found;
}

/* ---- looking at it ---- */

export function bookGroups(book: Book): string[] {
  return [...new Set(book.map((one) => one.group).filter(Boolean))].sort((a, b) => a.localeCompare(b));
}

/* Pinned ones first, both in the person's order; every word of the search is in a name or the group. */
export function bookView(book: Book, search: string, group: string | null): Entry[] {
  const words = nameKey({ issuer: search, account: '' }).split(/\s+/).filter(Boolean);
  const seen = book.filter((one) => (group === null || one.group === group) && words.every((word) => entryText(one).includes(word)));
  return [...seen.filter((one) => one.pinned), ...seen.filter((one) => !one.pinned)];
}

function entryText(entry: Entry): string {
  return `${nameKey(entry)}\n${nameKey({ issuer: entry.group, account: '' })}`;
}

/* ---- merging ---- */

export type Standing = 'new' | 'same' | 'conflict';
export type Choice = 'add' | 'skip' | 'replace';

/* One incoming code and how it stands to the book. `against`: what it is the same as, or in conflict with. */
export interface Candidate { readonly entry: Entry; readonly standing: Standing; readonly against: Entry | null }

/*
 * same      every name, parameter and the secret are here already (or came earlier in the same file)
 * conflict  a code that looks the same by name is here with another secret or other parameters
 */
export function mergePreview(book: Book, incoming: readonly Entry[]): Candidate[] {
  const earlier: Entry[] = [];
  return incoming.map((entry) => {
    const same = [...book, ...earlier].find((one) => codeIsSame(one, entry)) ?? null;
    const key = nameKey(entry);
    const against = same ?? book.find((one) => nameKey(one) === key) ?? null;
    if (!same) earlier.push(entry);
    return { entry, standing: same ? 'same' : against ? 'conflict' : 'new', against };
  });
}

/* A conflict is kept beside unless the person says otherwise: nothing is ever overwritten silently. */
export function choiceDefault({ standing }: Candidate): Choice {
  return standing === 'same' ? 'skip' : 'add';
}

/*
 * Applies what the person chose. A replaced entry keeps its place, group and pin; when it has changed or gone since the
 * preview, the incoming one is added beside instead.
 */
export function mergeApply(book: Book, decided: readonly { candidate: Candidate; choice: Choice }[]): Book {
  return decided.reduce<Book>((now, { candidate, choice }) => {
    if (choice === 'skip' || now.some((one) => codeIsSame(one, candidate.entry))) return now;
    const old = choice === 'replace' && candidate.against ? now.find((one) => one.id === candidate.against?.id && codeIsSame(one, candidate.against)) : undefined;
    return old ? now.map((one) => (one === old ? { ...candidate.entry, id: old.id, group: old.group, pinned: old.pinned } : one)) : bookAdd(now, [candidate.entry]);
  }, book);
}
