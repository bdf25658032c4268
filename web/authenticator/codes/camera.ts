/* The camera behind the scanner: frames to the reader until somebody stops it. */
import { qrReaderMake } from './qr_read';

const PAUSE_MS = 120;

export type CameraTrouble = 'denied' | 'none';

/* Calls `onText` for each new text; the returned function stops camera and reading. */
export async function cameraFollow(video: HTMLVideoElement, onText: (text: string) => Promise<void>, onReady: () => void, signal: AbortSignal): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } }, audio: false });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (signal.aborted) return stop();
  signal.addEventListener('abort', stop);
  video.srcObject = stream;
  await video.play();
  const read = await qrReaderMake();
  onReady();
  let last = '';
  while (!signal.aborted) {
    const text = video.readyState >= 2 ? await read(video).catch(() => null) : null;
    if (text && text !== last && !signal.aborted) await onText((last = text));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

export function cameraTrouble(error: unknown): CameraTrouble {
  return error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError') ? 'denied' : 'none';
}
