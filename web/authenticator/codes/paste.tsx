/* An otpauth link, pasted. */
import { useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { ConflictSheet } from './conflict';
import { useIncoming } from './incoming';
import { Field, goList, Page, submitted, useWork } from './parts';
import { c } from './text';

export function Paste() {
  const [link, setLink] = useState('');
  const incoming = useIncoming(goList);
  const { busy, problem, run, clear } = useWork();
  const [words, setWords] = useState('');
  const take = () => run(async () => {
    const more = await incoming.text(link, () => undefined);
    setWords(more ?? '');
    if (more) setLink('');
  });
  const type = (value: string) => {
    setLink(value);
    clear();
  };
  return (
    <Page title={c.paste} parent="add">
      <form class="card form" noValidate onSubmit={submitted(take)}>
        <Field label={c.link} hint={c.pasteHow} value={link} wrong={problem ? c.problems[problem] : undefined} onValue={type} autoComplete="off" autoCapitalize="none" spellcheck={false} inputMode="url" dir="ltr" />
        <p class="mut s" role="status">{words}</p>
        <Button look="pri" type="submit" busy={busy}>{c.readLink}</Button>
      </form>
      {incoming.conflict && <ConflictSheet {...incoming.conflict} />}
    </Page>
  );
}
