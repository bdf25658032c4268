/* GET /events by fetch, because EventSource cannot send the signature. */
import { authorization, urlOf, type Signer } from './client';
import { EventText, type StreamEvent } from './event_text';

/* A comment comes every 25 s: longer silence means that something between us has died. */
const SILENCE_MS = 60_000;

/*
 * Listens until `signal` ends it, the server does, or there is trouble. Resolves with why: `ended` (open it again),
 * `refused` (the device is not known here any more; or its clock is off), `lost`.
 */
export async function listen(signer: Signer, signal: AbortSignal, onEvent: (event: StreamEvent) => void, onOpen: () => void): Promise<'ended' | 'refused' | 'lost'> {
  const watch = new SilenceWatch();
  try {
    const response = await fetch(urlOf(signer.issuer, '/events'), {
      headers: { Authorization: await authorization(signer, 'GET', '/events'), Accept: 'text/event-stream' },
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.any([signal, watch.signal]),
    });
    if (response.status === 401) return 'refused';
    if (!response.ok || !response.body) return 'lost';
    onOpen();
    return await readAll(response.body, watch, onEvent);
  } catch {
    return 'lost';
  } finally {
    watch.stop();
  }
}

async function readAll(body: ReadableStream<Uint8Array<ArrayBuffer>>, watch: SilenceWatch, onEvent: (event: StreamEvent) => void): Promise<'ended' | 'lost'> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const text = new EventText();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return 'ended';
    watch.heard();
    const events = text.feed(value);
    if (!events) {
      await reader.cancel();
      return 'lost';
    }
    for (const event of events) onEvent(event);
  }
}

class SilenceWatch {
  private readonly ending = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.heard();
  }

  get signal(): AbortSignal {
    return this.ending.signal;
  }

  heard(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ending.abort(), SILENCE_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
