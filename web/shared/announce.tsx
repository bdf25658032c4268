/* Short words that pass: on the screen for a moment, and read out. */
import { signal } from '@preact/signals';

const TIME_SHOWN_MS = 4_000;
const words = signal('');
let timer = 0;

export function announce(text: string): void {
  clearTimeout(timer);
  words.value = text;
  timer = Number(setTimeout(() => { words.value = ''; }, TIME_SHOWN_MS));
}

export function Announcement() {
  return <p class="toast" role="status" data-shown={words.value !== ''}>{words.value}</p>;
}
