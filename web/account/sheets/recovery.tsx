/* Ten codes, shown once. Until the person says that they are kept, nothing closes by accident. */
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { Download, Printer, TriangleAlert } from '../../shared/icons';
import { announce } from '../../shared/announce';
import { change, closeSheet, lookAtHistory, onFarewell, overview } from '../account';
import * as api from '../api';
import { saveFile } from '../../shared/save_file';
import { readCodes } from '../model';
import { t, when } from '../text';
import { plainName } from '../../shared/text';
import { Choice, CopyButton, ProblemNote, SheetHead } from '../views/parts';

const codes = signal<string[]>([]);

export function RecoverySheet() {
  useEffect(() => () => { codes.value = []; }, []);
  if (codes.value.length > 0) return <Shown list={codes.value} />;
  const has = (overview.value?.recovery.issued_at ?? 0) > 0;
  return (
    <>
      <SheetHead title={has ? t.recovery.replaceTitle : t.recovery.title} lead={has ? t.recovery.replaceLead : t.recovery.lead} />
      <ProblemNote />
      <Choice yes={has ? t.recovery.replaceYes : t.recovery.getYes} look={has ? 'bad' : 'pri'} onYes={() => void issue()} />
    </>
  );
}

async function issue(): Promise<void> {
  codes.value = readCodes(await change(api.issueRecovery));
  if (codes.value.length > 0) void lookAtHistory();
}

function Shown({ list }: { list: readonly string[] }) {
  const [leaving, setLeaving] = useState(false);
  useUnsaved(() => setLeaving(true));
  if (leaving) return <Leaving stay={() => setLeaving(false)} />;
  const text = asText(list);
  return (
    <>
      <SheetHead title={t.recovery.list} lead={t.recovery.lead} />
      <p class="note warn"><TriangleAlert /><span>{t.recovery.once}</span></p>
      <div class="paper">
        <p class="only-print">{headLine()}</p>
        <ol class="codes" dir="ltr">{list.map((one) => <li key={one}><code>{one}</code></li>)}</ol>
      </div>
      <div class="three">
        <CopyButton text={list.join('\n')} label={t.recovery.copyAll} />
        <Button small icon={Download} onClick={() => saveFile(t.recovery.fileName, 'text/plain', text)}>{t.recovery.download}</Button>
        <Button small icon={Printer} onClick={() => print()}>{t.recovery.print}</Button>
      </div>
      <Button look="pri" onClick={kept}>{t.recovery.saved}</Button>
    </>
  );
}

function kept(): void {
  closeSheet();
  announce(t.recovery.kept);
}

/* Escape and the cross ask first; so does closing the tab. */
function useUnsaved(ask: () => void): void {
  useEffect(() => {
    onFarewell(() => {
      ask();
      return false;
    });
    const stay = (event: Event) => event.preventDefault();
    addEventListener('beforeunload', stay);
    return () => {
      onFarewell(null);
      removeEventListener('beforeunload', stay);
    };
  }, []);
}

function Leaving({ stay }: { stay: () => void }) {
  return (
    <>
      <SheetHead title={t.recovery.notSaved} lead={t.recovery.notSavedLead} onClose={stay} />
      <Choice yes={t.recovery.closeAnyway} onYes={closeSheet} no={t.recovery.back} onNo={stay} />
    </>
  );
}

function headLine(): string {
  const now = overview.value;
  return now ? t.recovery.fileHead(plainName(now.user.username), plainName(now.organisation.name), when.full(now.recovery.issued_at || now.server_time)) : '';
}

function asText(list: readonly string[]): string {
  return `${headLine()}\n\n${list.join('\n')}\n`;
}
