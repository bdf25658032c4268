/* npm `qr`, a chunk of its own. */
import { decodeQR } from 'qr/decode.js';

const EFFORT_MS = 200;

/* null: there is none, or it cannot be read */
export function qrDecode({ width, height, data }: Pick<ImageData, 'width' | 'height' | 'data'>): string | null {
  try {
    return decodeQR({ width, height, data }, { timeLimit: EFFORT_MS }) || null;
  } catch {
    return null;
  }
}
