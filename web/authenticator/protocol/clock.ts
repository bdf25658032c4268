/*
 * The server's clock, as far as this device knows it. A phone that is an hour off signs with the server's time all the
 * same; what a person is told about it is the health screen's.
 */
let offsetS = 0;

export function nowS(): number {
  return Math.floor(exactNowS());
}

export function exactNowS(): number {
  return Date.now() / 1000 + offsetS;
}

/* Positive: this device is behind. */
export function clockOffsetS(): number {
  return offsetS;
}

export function setClockOffset(seconds: number): void {
  offsetS = seconds;
}

/* Servers send whole seconds; the middle of that second, at the middle of the request's way, is the best guess. */
export function learnClock(serverTime: number, sentMs: number, receivedMs: number): void {
  const guess = serverTime + 0.5 - (sentMs + receivedMs) / 2000;
  const doubt = 0.5 + (receivedMs - sentMs) / 2000;
  if (Math.abs(guess - offsetS) > doubt) offsetS = Math.abs(guess) <= doubt ? 0 : guess;
}
