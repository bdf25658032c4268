/* The secret of one code as a QR code, for another device. */
import encodeQR from 'qr';
import { useMemo } from 'preact/hooks';
import { ShieldAlert } from '../../shared/icons';
import { drawingOf } from '../../shared/qr';
import type { Entry } from '../vault/entry';
import { otpauthWrite } from '../vault/otpauth';
import { named } from './parts';
import { Prove } from './prove';
import { c } from './text';

const QUIET = 4;

export function QrShow({ entry }: { entry: Entry }) {
  return (
    <Prove>
      <p class="note warn"><ShieldAlert /><span>{c.qrWarn}</span></p>
      <Drawn entry={entry} />
      <p class="mut s center">{c.qrTitle}</p>
    </Prove>
  );
}

function Drawn({ entry }: { entry: Entry }) {
  const { size, path } = useMemo(() => drawingOf(encodeQR(otpauthWrite(entry), 'raw', { ecc: 'medium', border: QUIET })), [entry]);
  return <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={c.qrAlt(named(entry))} shape-rendering="crispEdges"><path d={path} /></svg>;
}
