/* Bitwarden's unencrypted exports, of the password manager and of its authenticator: JSON and CSV. */
import { base32Read } from '../bytes';
import { codeMake, type Code } from '../code';
import { itemsRead, type Found } from '../document';
import { entryMake, type Entry } from '../entry';
import { fieldsOf, flag, itemsOf, text, type Fields } from '../fields';
import { looksLikeOtpauth, otpauthRead } from '../otpauth';
import { VaultProblem } from '../problem';
import { csvRead } from './csv';

export function isBitwarden(root: Fields): boolean {
  return typeof root.encrypted === 'boolean' && (Array.isArray(root.items) || root.encrypted);
}

export function bitwardenRead(root: Fields): Found {
  if (root.encrypted === true) throw new VaultProblem('bitwarden_encrypted');
  const folders = new Map(itemsOf(root.folders).map((folder) => [text(folder.id), text(folder.name)]));
  const items = itemsOf(root.items).filter((item) => text(fieldsOf(item.login).totp).trim());
  return itemsRead(items, (item) => itemRead(item, folders), (item) => text(item.name));
}

function itemRead(item: Fields, folders: Map<string, string>): Entry {
  const login = fieldsOf(item.login);
  const code = totpRead(text(login.totp), { issuer: text(item.name), account: text(login.username) });
  return entryMake(code, { group: folders.get(text(item.folderId)) ?? '', pinned: flag(item.favorite) });
}

/* A link, or the bare secret. */
function totpRead(totp: string, names: { issuer: string; account: string }): Code {
  if (/^\s*steam:\/\//i.test(totp)) throw new VaultProblem('kind');
  return looksLikeOtpauth(totp) ? otpauthRead(totp, names) : codeMake({ ...names, secret: base32Read(totp) });
}

/* ---- CSV ---- */

export function isBitwardenCsv(source: string): boolean {
  const header = (source.split('\n', 1)[0] ?? '').trim();
  return header.split(',').includes('login_totp');
}

export function bitwardenCsvRead(source: string): Found {
  const rows = csvRead(source).filter((row) => row.get('login_totp')?.trim());
  return itemsRead(rows, rowRead, (row) => row.get('name') ?? '');
}

function rowRead(row: Map<string, string>): Entry {
  const names = { issuer: row.get('name') ?? '', account: row.get('login_username') ?? '' };
  return entryMake(totpRead(row.get('login_totp') ?? '', names), { group: row.get('folder') ?? '', pinned: row.get('favorite') === '1' });
}
