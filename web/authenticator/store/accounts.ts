/* The accounts of this device, each with the key that no script can read. */
import { readAll, remove, update, write } from './db';
import type { Signer } from '../protocol/client';

/*
 * confirm --digits typed on the starting side--> active --the server knows it no more--> revoked
 * A subscription is this browser's; each account's server row is told of it.
 */
export interface Account extends Signer {
  enrolment: string;
  state: 'confirm' | 'active' | 'revoked';
  organisation: string;
  username: string;
  /* the device's name at the provider */
  name: string;
  /* while it waits for the digits */
  digits: string | null;
  added_at: number;
}

export async function listAccounts(): Promise<Account[]> {
  const all = await readAll<Account>('accounts');
  return all.sort((a, b) => a.added_at - b.added_at);
}

export function saveAccount(account: Account): Promise<void> {
  return write('accounts', account);
}

/* Leaves an account that was removed meanwhile removed. */
export function changeAccount(id: string, change: Partial<Account>): Promise<void> {
  return update<Account>('accounts', id, (now) => now && { ...now, ...change });
}

export function forgetAccount(id: string): Promise<void> {
  return remove('accounts', id);
}
