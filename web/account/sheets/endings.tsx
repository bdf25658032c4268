/* Small questions with two ends: sessions, known browsers, the export. */
import { announce } from '../../shared/announce';
import { change, changeAndClose, closeSheet, overview } from '../account';
import * as api from '../api';
import { saveFile } from '../../shared/save_file';
import type { Browser } from '../model';
import { browserName } from '../names';
import { t } from '../text';
import { Choice, ProblemNote, SheetHead } from '../views/parts';
import { Gone } from './gone';

function find(list: readonly Browser[] | undefined, id: string): Browser | undefined {
  return list?.find((one) => one.id === id);
}

export function EndSession({ id }: { id: string }) {
  const session = find(overview.value?.sessions, id);
  if (!session) return <Gone>{t.sessions.gone}</Gone>;
  const name = browserName(session);
  return <Question title={t.sessions.endTitle(name)} lead={t.sessions.endLead} yes={t.sessions.endYes} onYes={() => changeAndClose(() => api.endSession(id), t.sessions.ended(name))} />;
}

export function EndOthers() {
  return <Question title={t.sessions.othersTitle} lead={t.sessions.othersLead} yes={t.sessions.othersYes} onYes={() => changeAndClose(api.endOtherSessions, t.sessions.endedOthers)} />;
}

export function ForgetBrowser({ id }: { id: string }) {
  const browser = find(overview.value?.browsers, id);
  if (!browser) return <Gone>{t.browsers.gone}</Gone>;
  const name = browserName(browser);
  return <Question title={t.browsers.forgetTitle(name)} lead={t.browsers.forgetLead} yes={t.browsers.forgetYes} onYes={() => changeAndClose(() => api.forgetBrowser(id), t.browsers.forgotten(name))} />;
}

export function ExportData() {
  const download = async () => {
    const data = await change(api.exportData);
    if (data === null) return;
    saveFile(t.data.fileName, 'application/json', `${JSON.stringify(data, null, 2)}\n`);
    closeSheet();
    announce(t.data.ready);
  };
  return <Question title={t.data.exportTitle} lead={t.data.exportAbout} yes={t.data.download} look="pri" onYes={download} />;
}

function Question({ title, lead, yes, look = 'bad', onYes }: { title: string; lead: string; yes: string; look?: 'bad' | 'pri'; onYes: () => Promise<void> }) {
  return (
    <>
      <SheetHead title={title} lead={lead} />
      <ProblemNote />
      <Choice yes={yes} look={look} onYes={() => void onYes()} />
    </>
  );
}
