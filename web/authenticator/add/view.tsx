/* Adding an account by hand: the typed code, a pasted link, a picture of one. */
import { useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { ArrowLeft, CircleAlert, ScanLine } from '../../shared/icons';
import { Lazy } from '../shell/lazy';
import { accounts } from '../store/memory';
import { go } from '../shell/route';
import { t } from '../text';
import { begin, looking } from './enrol';

export function Add() {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState<'empty' | 'shape' | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!looking.peek()) setWrong(await begin(text));
  };
  const type = (event: Event) => {
    setText((event.target as HTMLInputElement).value);
    setWrong(null);
  };
  return (
    <section aria-labelledby="add-title">
      <div class="bar-back"><button class="icon" type="button" aria-label={t.back} onClick={() => go(accounts.peek().length > 0 ? 'health' : 'requests')}><ArrowLeft /></button><h2 id="add-title">{t.add.title}</h2></div>
      <form class="card form" noValidate onSubmit={(event) => void submit(event)}>
        <p class="mut">{t.add.lead}</p>
        <div class="field">
          <label for="code">{t.add.field}</label>
          <input id="code" name="code" class="typed" value={text} dir="ltr" autocomplete="off" autocapitalize="characters" spellcheck={false} enterkeyhint="go"
            aria-invalid={wrong !== null} aria-describedby="code-hint" onInput={type} />
          <p id="code-hint" class={wrong ? 'wrong' : 'mut s'} role={wrong ? 'alert' : undefined}>
            {wrong && <CircleAlert />}<span>{wrong === 'empty' ? t.add.empty : wrong === 'shape' ? t.add.wrongShape : t.add.hint}</span>
          </p>
        </div>
        <Button look="pri" type="submit" busy={looking.value}>{looking.value ? t.add.looking : t.add.go}</Button>
        <Scan />
      </form>
    </section>
  );
}

const loadScanner = () => import('../codes/scan').then(({ Scanner }) => Scanner);

function Scan() {
  const [scanning, setScanning] = useState(false);
  const take = (text: string) => {
    setScanning(false);
    void begin(text);
  };
  return (
    <>
      <Button icon={ScanLine} onClick={() => setScanning(true)}>{t.add.scan}</Button>
      {scanning && <Lazy load={loadScanner} props={{ onText: take, onClose: () => setScanning(false) }} />}
    </>
  );
}
