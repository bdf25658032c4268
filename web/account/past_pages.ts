/* The pages of the history, one after the other as the person asks for older ones. */
import { signal } from '@preact/signals';
import { fail } from './account';
import { fetchHistory } from './api';
import { readPage, type Entry } from './model';

const PAGE = 50;

export const entries = signal<Entry[]>([]);
export const moreState = signal<'more' | 'asking' | 'end'>('more');
let next: string | null = null;

/* Anew each time the page is opened. */
export function followPast(): void {
  next = null;
  entries.value = [];
  moreState.value = 'more';
  void older();
}

export async function older(): Promise<void> {
  if (moreState.peek() !== 'more') return;
  moreState.value = 'asking';
  const answer = await fetchHistory(next, PAGE);
  const page = answer.kind === 'ok' ? readPage(answer.body) : null;
  if (!page) {
    moreState.value = 'more';
    fail(answer);
    return;
  }
  next = page.next;
  entries.value = [...entries.peek(), ...page.entries];
  moreState.value = next ? 'more' : 'end';
}
