/*
 * Keeps the book on this device, sealed, and gives it to whoever may see it.
 *
 *   empty ──change──▶ open ──lockSet──▶ locked ◀──lock/unlock──▶ unlocked ──lockRemove──▶ open
 *
 * Several tabs may have the vault open. Every change reads what is stored, applies itself to that, and is written only if
 * nobody else has written meanwhile (`swap`); else it begins again. So no tab can undo what another did.
 */
import { boxOpen, boxSeal } from './box';
import { utf8, utf8Read, type Bytes } from './bytes';
import { documentRead, documentWrite } from './document';
import type { Book, Entry } from './entry';
import { lockMake, lockOpen, type Lock, type Passkey, type Way } from './lock';
import { VaultProblem } from './problem';

const VERSION = 1;
const IDENTITY = 'symbolon web vault 1';
const TRIES_MAX = 20;

/* What lies in the storage: `key` when there is no lock, else `lock`. */
export interface Stored {
  readonly version: number;
  readonly revision: number;
  readonly box: Bytes;
  readonly key: CryptoKey | null;
  readonly lock: Lock | null;
}

export interface Storage {
  load(): Promise<Stored | undefined>;
  /* Writes `next` if what is stored has this revision (0: nothing is stored); false otherwise. */
  swap(revision: number, next: Stored): Promise<boolean>;
}

export interface Seen { readonly book: Book; readonly locked: boolean; readonly lock: Lock | null }

export class Keeper {
  /* of a locked vault, while it is unlocked */
  private key: CryptoKey | null = null;

  constructor(private readonly storage: Storage, private readonly now_s: () => number) {}

  async look(): Promise<Seen> {
    const stored = await this.load();
    const key = stored && (stored.key ?? this.key);
    if (!stored) return { book: [], locked: false, lock: null };
    if (!key) return { book: [], locked: true, lock: stored.lock };
    const book = await bookOpen(key, stored);
    if (!book) return this.stale(stored);
    return { book, locked: false, lock: stored.lock };
  }

  /* Applies `change` to the newest book and gives what came of it. */
  async change(change: (book: Book) => Book): Promise<Book> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const stored = await this.load();
      const key = stored ? stored.key ?? this.key : await plainKey();
      if (!key) throw new VaultProblem('vault_locked');
      const before = stored ? await bookOpen(key, stored) : [];
      if (!before) throw new VaultProblem(stored?.lock ? 'vault_locked' : 'vault_damaged');
      const book = change(before);
      if (book === before) return book;
      const next = { version: VERSION, key: stored?.lock ? null : key, lock: stored?.lock ?? null };
      if (await this.write(stored, key, book, next)) return book;
    }
    throw new VaultProblem('vault_changed');
  }

  async unlock(way: Way): Promise<Book> {
    const stored = await this.load();
    if (!stored?.lock) return (await this.look()).book;
    const key = await lockOpen(stored.lock, way);
    const book = await bookOpen(key, stored);
    if (!book) throw new VaultProblem('vault_damaged');
    this.key = key;
    return book;
  }

  /* Whether this is the way in, without changing anything: before what is dangerous. */
  async prove(way: Way): Promise<void> {
    const stored = await this.load();
    if (stored?.lock) await lockOpen(stored.lock, way);
  }

  forget(): void {
    this.key = null;
  }

  /* Sets a lock, or another one; the vault must be open. All is sealed anew under a new key. */
  async lockSet(passphrase: string, passkey: Passkey | null): Promise<void> {
    const { lock, key } = await lockMake(passphrase, passkey);
    await this.rekey(key, { version: VERSION, key: null, lock });
    this.key = key;
  }

  async lockRemove(): Promise<void> {
    const key = await plainKey();
    await this.rekey(key, { version: VERSION, key, lock: null });
    this.key = null;
  }

  private async rekey(key: CryptoKey, next: Omit<Stored, 'box' | 'revision'>): Promise<void> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const stored = await this.load();
      const { book, locked } = await this.look();
      if (locked) throw new VaultProblem('vault_locked');
      if (await this.write(stored, key, book, next)) return;
    }
    throw new VaultProblem('vault_changed');
  }

  private async write(stored: Stored | undefined, key: CryptoKey, book: Book, next: Omit<Stored, 'box' | 'revision'>): Promise<boolean> {
    const revision = stored?.revision ?? 0;
    const box = await boxSeal(key, IDENTITY, utf8(documentWrite(book, this.now_s(), true)));
    return this.storage.swap(revision, { ...next, revision: revision + 1, box });
  }

  private async load(): Promise<Stored | undefined> {
    const stored = await this.storage.load();
    if (stored && stored.version !== VERSION) throw new VaultProblem('vault_newer');
    return stored;
  }

  /* The key does not fit: another tab has set another lock, so ours is worth nothing; without a lock it is damage. */
  private stale(stored: Stored): Seen {
    if (!stored.lock) throw new VaultProblem('vault_damaged');
    this.key = null;
    return { book: [], locked: true, lock: stored.lock };
  }
}

/* null: not this key */
async function bookOpen(key: CryptoKey, stored: Stored): Promise<readonly Entry[] | null> {
  const plain = await boxOpen(key, IDENTITY, stored.box);
  if (!plain) return null;
  const found = documentRead(utf8Read(plain) ?? '', true);
  if (found.passed.length > 0) throw new VaultProblem('vault_damaged');
  return found.entries;
}

async function plainKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}
