/*
 * What the app keeps on this device, in IndexedDB: the page and the service worker both read it.
 *
 *   accounts   one an enrolment: who, where, and the CryptoKey that cannot be exported; by device_id
 *   settings   small things by name
 *   vault      for the code generators, by name; sealed by them
 *
 * Every function rejects with `StorageGone` when the browser keeps nothing for us (private windows, a full disk, site
 * data cleared while we run).
 */
const NAME = 'symbolon';
const VERSION = 1;

export type StoreName = 'accounts' | 'settings' | 'vault';

export class StorageGone extends Error {
  constructor(cause: unknown) {
    super('this browser keeps nothing for the authenticator', { cause });
    this.name = 'StorageGone';
  }
}

let opening: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('accounts', { keyPath: 'device_id' });
      request.result.createObjectStore('settings');
      request.result.createObjectStore('vault');
    };
    request.onsuccess = () => {
      const db = request.result;
      /* another version wants in, or the site's data was cleared: the next call opens anew */
      db.onversionchange = () => forget(db);
      db.onclose = () => { opening = null; };
      resolve(db);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('blocked by an older tab'));
  }).catch((error) => {
    opening = null;
    throw new StorageGone(error);
  });
  return opening;
}

function forget(db: IDBDatabase): void {
  opening = null;
  db.close();
}

/* One transaction; resolves when it is on disk, with what `work` gave. */
async function transact<T>(name: StoreName, mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T> | void): Promise<T> {
  const db = await open();
  try {
    const transaction = db.transaction(name, mode, { durability: 'strict' });
    const request = work(transaction.objectStore(name));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      transaction.onerror = () => reject(transaction.error);
    });
    return (request ? request.result : undefined) as T;
  } catch (error) {
    forget(db);
    throw new StorageGone(error);
  }
}

export function readOne<T>(name: StoreName, key: string): Promise<T | undefined> {
  return transact<T | undefined>(name, 'readonly', (store) => store.get(key));
}

export function readAll<T>(name: StoreName): Promise<T[]> {
  return transact<T[]>(name, 'readonly', (store) => store.getAll());
}

/* `key` for settings and vault; accounts carry their own. */
export async function write(name: StoreName, value: unknown, key?: string): Promise<void> {
  await transact(name, 'readwrite', (store) => store.put(value, key));
}

export async function remove(name: StoreName, key: string): Promise<void> {
  await transact(name, 'readwrite', (store) => store.delete(key));
}

/* Read, change, write as one; `change` may give undefined to leave all as it is. */
export async function update<T>(name: StoreName, key: string, change: (now: T | undefined) => T | undefined): Promise<void> {
  await transact(name, 'readwrite', (store) => {
    const request = store.get(key);
    request.onsuccess = () => {
      const next = change(request.result as T | undefined);
      if (next !== undefined) store.put(next, store.keyPath ? undefined : key);
    };
  });
}
