/* Sign-ins, attempts and changes: the newest on the first page, all of them on a page of their own. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Button } from '../../shared/button';
import { ArrowLeft, Ban, Check, Hash, History as Clockwise, KeyRound, TriangleAlert, UserRound, X, type Icon } from '../../shared/icons';
import { openSheet, overview, recent } from '../account';
import { browserName, deviceName, dotted, placeOf, serviceName } from '../names';
import type { Entry, Outcome } from '../model';
import { FILTERS, filtered, grouped, methodsOf, worthTelling, type Filter } from '../past';
import { entries, followPast, moreState, older } from '../past_pages';
import { t, when } from '../text';
import { Card, Empty, Pill, ProblemNote, RowButton, type Tone } from './parts';

const SHOWN_FIRST = 5;

export function Recent() {
  const now = overview.value;
  if (!now || now.access !== 'full') return null;
  const shown = worthTelling(recent.value).slice(0, SHOWN_FIRST);
  const all = <a class="btn quiet sm" href="#history">{t.history.all}</a>;
  return (
    <Card id="recent" title={t.history.title} action={shown.length > 0 && all}>
      {shown.length > 0
        ? <ul class="rows">{shown.map((entry) => <EntryRow key={entry.id} entry={entry} time={when.brief(entry.at, now.server_time)} />)}</ul>
        : <Empty icon={Clockwise} title={t.history.none}>{t.history.noneLead}</Empty>}
    </Card>
  );
}

const LOOKS: Record<Outcome, { icon: Icon; tone: Tone }> = {
  signed_in: { icon: Check, tone: 'ok' },
  wrong_password: { icon: KeyRound, tone: 'warn' },
  wrong_code: { icon: Hash, tone: 'warn' },
  wrong_number: { icon: Hash, tone: 'warn' },
  password_right: { icon: KeyRound, tone: 'warn' },
  denied: { icon: X, tone: 'bad' },
  reported: { icon: X, tone: 'bad' },
  stolen: { icon: TriangleAlert, tone: 'bad' },
  refused: { icon: Ban, tone: 'mut' },
  changed: { icon: UserRound, tone: 'mut' },
};

function EntryRow({ entry, time }: { entry: Entry; time: string }) {
  const { icon, tone } = LOOKS[entry.outcome];
  return (
    <RowButton icon={icon} tone={tone} title={entryTitle(entry)} pill={pillOf(entry, tone)} detail={<HowLine entry={entry} />}
      aside={<time dateTime={new Date(entry.at * 1000).toISOString()}>{time}</time>} onClick={() => openEntry(entry)} />
  );
}

/* The entry whose sheet is open: it may be one that only the page of all sign-ins holds. */
export const shownEntry = signal<Entry | null>(null);

function openEntry(entry: Entry): void {
  shownEntry.value = entry;
  openSheet('entry', entry.id);
}

export function entryTitle(entry: Entry): string {
  if (entry.outcome !== 'changed') return serviceName(entry);
  const events: Readonly<Record<string, string | undefined>> = t.history.event;
  return (Object.hasOwn(events, entry.event) ? events[entry.event] : undefined) ?? t.history.changed;
}

function pillOf(entry: Entry, tone: Tone) {
  if (entry.outcome === 'signed_in' || entry.outcome === 'changed') return null;
  return <Pill tone={tone}>{t.history.outcome[entry.outcome]}</Pill>;
}

function HowLine({ entry }: { entry: Entry }) {
  const methods = methodsOf(entry.factors);
  if (methods.length === 0) return <>{dotted(entry.device && deviceName({ name: entry.device }), entry.browser && browserName(entry), placeOf(entry))}</>;
  return <>{methods.map((method, at) => <span key={method}>{at > 0 && <span class="to" aria-hidden="true"> › </span>}{at === 0 ? capital(t.history.method[method]) : t.history.method[method]}</span>)}</>;
}

export function capital(word: string): string {
  return word.charAt(0).toLocaleUpperCase() + word.slice(1);
}

/* ---- the page of all ---- */

const filter = signal<Filter>('all');

export function Past() {
  useEffect(followPast, []);
  const now = overview.value;
  if (!now) return null;
  const shown = filtered(worthTelling(entries.value), filter.value);
  return (
    <>
      <section class="past" aria-labelledby="hi">
        <a class="btn quiet sm back" href="#"><ArrowLeft /><span>{t.history.back}</span></a>
        <h1 id="hi" tabIndex={-1}>{t.history.allTitle}</h1>
        <p class="mut">{t.history.allLead}</p>
        <FilterChoice />
      </section>
      {grouped(shown, (entry) => when.day(entry.at, now.server_time)).map(({ heading, members }) => (
        <section key={`${heading}${members[0]?.id}`} class="card day">
          <h2>{heading}</h2>
          <ul class="rows">{members.map((entry) => <EntryRow key={entry.id} entry={entry} time={when.clock(entry.at)} />)}</ul>
        </section>
      ))}
      {shown.length === 0 && moreState.value === 'end' && <section class="card"><Empty icon={Clockwise} title={filter.value === 'attempts' ? t.history.noneRefused : t.history.none}>{t.history.noneLead}</Empty></section>}
      <ProblemNote />
      {moreState.value !== 'end' && <Button busy={moreState.value === 'asking'} onClick={() => void older()}>{t.history.older}</Button>}
    </>
  );
}

function FilterChoice() {
  return (
    <fieldset class="seg">
      <legend class="vh">{t.history.filter}</legend>
      {FILTERS.map((one) => (
        <label key={one}>
          <input type="radio" name="filter" value={one} checked={filter.value === one} onChange={() => { filter.value = one; }} />
          {t.history.filters[one]}
        </label>
      ))}
    </fieldset>
  );
}
