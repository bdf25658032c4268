/*
 * A QR code as one path, drawn through the DOM: no picture, no inline style, nothing that the page's policy forbids.
 * The encoder is fetched when the first one is drawn. Dark on white in both themes, because many scanners know no other.
 */
import { useEffect, useState } from 'preact/hooks';

interface Drawing { path: string; size: number }

const QUIET = 3;

/* `missing`: what is said when the encoder does not come; the same text is always there to be typed. */
export function QrCode({ text, label, missing }: { text: string; label: string; missing: string }) {
  const [drawing, setDrawing] = useState<Drawing | 'missing' | null>(null);
  useEffect(() => {
    let wanted = true;
    import('qr').then(
      ({ encodeQR }) => { if (wanted) setDrawing(drawingOf(encodeQR(text, 'raw', { border: QUIET, ecc: 'medium' }))); },
      () => { if (wanted) setDrawing('missing'); },
    );
    return () => { wanted = false; };
  }, [text]);
  if (drawing === 'missing') return <p class="note warn" role="alert">{missing}</p>;
  const size = drawing?.size ?? 1;
  return (
    <div class="qr">
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
        {drawing && <path d={drawing.path} />}
      </svg>
    </div>
  );
}

/* Each run of dark modules in a row is one rectangle. */
export function drawingOf(modules: readonly (readonly boolean[])[]): Drawing {
  let path = '';
  modules.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const from = x;
      while (row[x]) x++;
      if (x > from) path += `M${from} ${y}h${x - from}v1h${from - x}z`;
    }
  });
  return { path, size: modules.length };
}
