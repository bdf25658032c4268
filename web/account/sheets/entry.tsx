/* One entry of the history: everything known about it, the sentence why, and what to do if it was somebody else. */
import { Button } from '../../shared/button';
import { CircleAlert, ShieldCheck } from '../../shared/icons';
import { foreignName, visibleName } from '../../shared/text';
import { whySentence } from '../../shared/why/why';
import { closeSheet, openSheet, overview } from '../account';
import { browserName, placeOf, serviceName } from '../names';
import type { Entry } from '../model';
import { methodsOf } from '../past';
import { t, when } from '../text';
import { SheetHead } from '../views/parts';
import { capital, entryTitle, shownEntry } from '../views/history';
import { Gone } from './gone';

export function EntrySheet() {
  const entry = shownEntry.value;
  if (!entry) return <Gone>{t.history.gone}</Gone>;
  return (
    <>
      <SheetHead title={entryTitle(entry)} lead={entry.outcome === 'changed' ? when.full(entry.at) : `${t.history.outcome[entry.outcome]} · ${when.full(entry.at)}`} />
      <Why entry={entry} />
      <Facts entry={entry} />
      <NotYou />
    </>
  );
}

function Why({ entry }: { entry: Entry }) {
  const { why } = entry;
  if (!why) return null;
  const sentence = whySentence(t.why, why.key, foreignName(why.client)) ?? why.text;
  return sentence ? <p class="note why"><ShieldCheck /><span><b>{t.history.why}</b><span class="line" dir="auto">{sentence}</span></span></p> : null;
}

function Facts({ entry }: { entry: Entry }) {
  const facts: [string, string][] = [
    [t.history.service, entry.client && entry.outcome === 'changed' ? serviceName(entry) : ''],
    [t.history.how, capital(methodsOf(entry.factors).map((method) => t.history.method[method]).join(' › '))],
    [t.history.answeredOn, entry.device && visibleName(entry.device, t.names.device)],
    [t.history.browser, entry.browser && browserName(entry)],
    [t.history.from, placeOf(entry)],
  ];
  const known = facts.filter(([, value]) => value);
  if (known.length === 0) return null;
  return <dl class="facts well">{known.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function NotYou() {
  const others = (overview.value?.sessions ?? []).some((session) => !session.here);
  return (
    <div class="notyou">
      <h3><CircleAlert /><span>{t.history.notYou}</span></h3>
      <p class="mut s">{t.history.notYouLead}</p>
      <div class="acts">
        <Button look="bad" onClick={() => openSheet('password')}>{t.password.title}</Button>
        {others && <Button onClick={() => openSheet('end-others')}>{t.sessions.endOthers}</Button>}
        <Button look="quiet" onClick={closeSheet}>{t.history.wasMe}</Button>
      </div>
    </div>
  );
}
