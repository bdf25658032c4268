/*
 * Reads one QR code out of a picture or a camera's frame. The browser's own BarcodeDetector where there is one, else npm `qr`, which is
 * fetched then. Gives what is written in it, or null.
 */

type Source = ImageBitmap | HTMLVideoElement;
export type QrReader = (source: Source) => Promise<string | null>;

interface Detector { detect(source: Source): Promise<{ rawValue: string }[]> }
interface DetectorClass { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> }

const FRAME_SIDE_MAX = 720;
const PICTURE_SIDE_MAX = 1600;

export async function qrReaderMake(): Promise<QrReader> {
  const native = await nativeReader();
  const { qrDecode } = native ? { qrDecode: null } : await decoder();
  return native ?? (async (source) => qrDecode?.(pixelsOf(source, FRAME_SIDE_MAX)) ?? null);
}

/* A picture is tried by both: the browser's detector misses some that the other reads. */
export async function qrFromPicture(file: Blob): Promise<string | null> {
  const picture = await createImageBitmap(file);
  try {
    const native = await nativeReader();
    const found = native && (await native(picture).catch(() => null));
    if (found) return found;
    const { qrDecode } = await decoder();
    return qrDecode(pixelsOf(picture, PICTURE_SIDE_MAX)) ?? qrDecode(pixelsOf(picture, FRAME_SIDE_MAX));
  } finally {
    picture.close();
  }
}

function decoder() {
  return import('./qr_decode');
}

async function nativeReader(): Promise<QrReader | null> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: DetectorClass };
  try {
    if (!BarcodeDetector || !(await BarcodeDetector.getSupportedFormats()).includes('qr_code')) return null;
    const detector = new BarcodeDetector({ formats: ['qr_code'] });
    return async (source) => (await detector.detect(source))[0]?.rawValue || null;
  } catch {
    return null;
  }
}

function pixelsOf(source: Source, sideMax: number): ImageData {
  const [width, height] = 'videoWidth' in source ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
  const scale = Math.min(1, sideMax / Math.max(width, height, 1));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  context.fillStyle = '#fff'; /* transparent pictures */
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
