/*
 * A sheet that reads one QR code, by camera or from a picture.
 *
 * `onText` gets what is written in it. When it gives words ("2 of 3 scanned"), they are shown and the scanner goes on; when it
 * rejects with a VaultProblem, that is shown and it goes on; otherwise the caller closes the sheet.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { CircleAlert } from '../../shared/icons';
import { Sheet } from '../shell/sheet';
import { t } from '../text';
import { VaultProblem } from '../vault/problem';
import { cameraFollow, cameraTrouble, type CameraTrouble } from './camera';
import { FilePick } from './file_pick';
import { Image } from './icons';
import { qrFromPicture } from './qr_read';
import { problemCode } from './state';
import { c } from './text';

interface ScannerProps {
  onText: (text: string) => void | string | Promise<void | string>;
  onClose: () => void;
  start?: 'camera' | 'picture';
}

export function Scanner({ onText, onClose, start = 'camera' }: ScannerProps) {
  const [words, setWords] = useState('');
  const [wrong, setWrong] = useState('');
  const take = async (text: string) => {
    try {
      setWrong('');
      setWords((await onText(text)) ?? '');
    } catch (error) {
      setWrong(c.problems[problemCode(error)]);
    }
  };
  const picture = async (file: File) => {
    try {
      const text = await qrFromPicture(file).catch(() => { throw new VaultProblem('picture'); });
      if (!text) throw new VaultProblem('no_qr');
      await take(text);
    } catch (error) {
      setWrong(c.problems[problemCode(error)]);
    }
  };
  return (
    <Sheet labelledBy="scan-title" onClose={onClose}>
      <h2 id="scan-title">{start === 'camera' ? c.scanTitle : c.picture}</h2>
      {start === 'camera' && <Camera onText={take} words={words} />}
      {start === 'picture' && <p class="s" role="status">{words}</p>}
      {wrong && <p class="note bad" role="alert"><CircleAlert /><span>{wrong}</span></p>}
      <FilePick accept="image/*" icon={Image} look={start === 'picture' ? 'pri' : 'tint'} label={c.choosePicture} onFile={picture} />
      <p class="mut s">{c.secretNote}</p>
      <Button onClick={onClose}>{t.cancel}</Button>
    </Sheet>
  );
}

function Camera({ onText, words }: { onText: (text: string) => Promise<void>; words: string }) {
  const video = useRef<HTMLVideoElement>(null);
  const latest = useRef(onText);
  latest.current = onText;
  const [state, setState] = useState<'starting' | 'looking' | CameraTrouble>('starting');
  useEffect(() => {
    const ended = new AbortController();
    if (video.current) cameraFollow(video.current, (text) => latest.current(text), () => setState('looking'), ended.signal).catch((error) => setState(cameraTrouble(error)));
    return () => ended.abort();
  }, []);
  if (state === 'denied' || state === 'none') return <p class="note warn" role="alert"><CircleAlert /><span>{state === 'denied' ? c.cameraDenied : c.cameraNone}</span></p>;
  return (
    <div class="camera" data-looking={state === 'looking'}>
      <video ref={video} playsInline muted aria-hidden="true" />
      <span class="aim" aria-hidden="true" />
      <p role="status">{words || (state === 'looking' ? c.scanLooking : c.scanWaiting)}</p>
    </div>
  );
}
