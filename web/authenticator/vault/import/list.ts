/*
 * A list of otpauth links, one a line; empty lines and lines that begin with # do not count. Google Authenticator's export
 * links may stand among them. Ente Auth writes how it shows a code into one more parameter, `codeDisplay`.
 */
import { itemsRead, type Found } from '../document';
import { entryMake, type Entry } from '../entry';
import { fieldsOf, flag, text, type Fields } from '../fields';
import { looksLikeOtpauth, otpauthRead } from '../otpauth';
import { isMigration, migrationRead } from './google';

export function isList(source: string): boolean {
  return linesOf(source).some(({ line }) => looksLikeOtpauth(line) || isMigration(line));
}

export function listRead(source: string): Found {
  const lines = linesOf(source);
  const found = itemsRead(lines.filter(({ line }) => !isMigration(line)), ({ line }) => lineRead(line), ({ number }) => `#${number}`);
  const parts = lines.filter(({ line }) => isMigration(line)).map(({ line }) => migrationRead(line));
  return {
    entries: [...found.entries, ...parts.flatMap((part) => part.found.entries)],
    passed: [...found.passed, ...parts.flatMap((part) => part.found.passed)],
  };
}

function linesOf(source: string): { line: string; number: number }[] {
  return source
    .split('\n')
    .map((line, at) => ({ line: line.trim(), number: at + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
}

function lineRead(line: string): Entry | null {
  const display = displayRead(line);
  if (flag(display.trashed)) return null;
  const tags = Array.isArray(display.tags) ? display.tags : [];
  return entryMake(otpauthRead(line), { pinned: flag(display.pinned), group: text(tags[0]) });
}

function displayRead(line: string): Fields {
  const found = /[?&]codeDisplay=([^&#]*)/.exec(line);
  try {
    return found ? fieldsOf(JSON.parse(decodeURIComponent(found[1] ?? ''))) : {};
  } catch {
    return {}; /* decoration only: the code itself counts */
  }
}
