/* A code that came by camera, picture, link or hand: added, here already, or a question. */
import { useState } from 'preact/hooks';
import { announce } from '../shell/announce';
import { go } from '../shell/route';
import type { Code } from '../vault/code';
import { entryMake, mergeApply, mergePreview, type Candidate, type Choice, type EntryParts } from '../vault/entry';
import type { Batch } from '../vault/import/google';
import { otpauthRead } from '../vault/otpauth';
import { arrived } from './arrived';
import { named } from './parts';
import { book, change, nowSeconds } from './state';
import { c } from './text';

export interface Conflict { candidate: Candidate; onChoice: (choice: Choice) => void }

export interface Incoming {
  conflict: Conflict | null;
  /* Rejects with a VaultProblem; gives words when more parts are to come. `close` is called when there is nothing more to scan. */
  text: (text: string, close: () => void) => Promise<void | string>;
  code: (code: Code, parts?: EntryParts) => Promise<void>;
}

/* `done` is called when the code is in, or was here already. */
export function useIncoming(done: () => void): Incoming {
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [batch, setBatch] = useState<Batch | null>(null);

  const settle = async (candidate: Candidate, choice: Choice) => {
    await change((now) => mergeApply(now, [{ candidate, choice }]));
    announce(c.added(named(candidate.entry)));
    persist();
    done();
  };
  const code = async (read: Code, parts: EntryParts = {}) => {
    const [candidate] = mergePreview(book.value, [entryMake(read, { added_at: nowSeconds(), ...parts })]);
    if (!candidate) return;
    if (candidate.standing === 'new') return settle(candidate, 'add');
    if (candidate.standing === 'conflict') return setConflict({ candidate, onChoice: (choice) => void answer(candidate, choice) });
    announce(c.alreadyHere(named(read)));
    done();
  };
  const answer = async (candidate: Candidate, choice: Choice) => {
    setConflict(null);
    if (choice !== 'skip') await settle(candidate, choice);
  };
  const text = async (scanned: string, close: () => void) => {
    if (/^\s*otpauth-migration:/i.test(scanned)) {
      const { Batch: Collected, migrationRead } = await import('../vault/import/google');
      const parts = batch ?? new Collected();
      setBatch(parts);
      parts.add(migrationRead(scanned));
      if (parts.missing > 0) return c.scanPart(parts.have, parts.count);
      arrived.value = { source: 'google', found: parts.found() };
      close();
      return go('codes', 'import');
    }
    const enrolment = enrolmentIn(scanned);
    if (enrolment) {
      close();
      location.hash = enrolment;
      return;
    }
    const read = otpauthRead(scanned);
    close();
    return code(read);
  };
  return { conflict, text, code };
}

/* The link that adds an account of this provider was scanned here: the app knows what to do with it. */
function enrolmentIn(scanned: string): string | null {
  const own = new URL('./', location.href).href;
  const text = scanned.trim();
  return text.startsWith(`${own}#e1.`) ? text.slice(own.length) : null;
}

/* Asks the browser not to throw the vault away when the disk is full. */
function persist(): void {
  void navigator.storage?.persist?.().catch(() => undefined);
}
