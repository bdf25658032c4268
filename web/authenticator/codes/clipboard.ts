/*
 * Copies a code and takes it out of the clipboard after 30 seconds. Only a page that has the focus may write there, so when
 * the person has gone elsewhere it is cleared when they come back.
 */
const KEPT_MS = 30_000;

let timer = 0;

export async function codeCopy(code: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code);
  } catch {
    return false;
  }
  clearTimeout(timer);
  timer = Number(setTimeout(clear, KEPT_MS));
  return true;
}

async function clear(): Promise<void> {
  if (!document.hasFocus()) {
    addEventListener('focus', () => void clear(), { once: true });
    return;
  }
  await navigator.clipboard.writeText('').catch(() => undefined);
}
