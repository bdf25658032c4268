/* All codes: search, groups, and what else there is to do. */
import { useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { Clock, EllipsisVertical, Eye, EyeOff, LockKeyhole, Plus, Search, X } from '../../shared/icons';
import { go } from '../shell/route';
import { bookGroups, bookView, type Entry } from '../vault/entry';
import { skew } from './clock';
import { EntrySheet } from './entry_sheet';
import { FileDown } from './icons';
import { useHeading } from './parts';
import { prefs, prefsSet } from './prefs';
import { Row } from './row';
import { book, lock, lockEverywhere } from './state';
import { c } from './text';

const SEARCH_FROM = 4;

export function List() {
  const [search, setSearch] = useState('');
  const [group, setGroup] = useState<string | null>(null);
  const [picked, setPicked] = useState<Entry | null>(null);
  const groups = bookGroups(book.value);
  const chosen = group !== null && groups.includes(group) ? group : null;
  const entries = bookView(book.value, search, chosen);
  return (
    <section class="codes" aria-labelledby="codes-title">
      <Head />
      {book.value.length >= SEARCH_FROM && <SearchField value={search} onValue={setSearch} />}
      {groups.length > 0 && <Groups groups={groups} chosen={chosen} onChoose={setGroup} />}
      <ClockNote />
      {book.value.length === 0 ? <Nothing /> : (
        <ul class="code-list">{entries.map((entry) => <Row key={entry.id} entry={entry} onMore={() => setPicked(entry)} />)}</ul>
      )}
      <p class="mut nothing" role="status">{book.value.length > 0 && entries.length === 0 && c.nothingFound}</p>
      {picked && <EntrySheet entry={picked} onClose={() => setPicked(null)} />}
    </section>
  );
}

function Head() {
  const { hide } = prefs.value;
  const heading = useHeading();
  return (
    <div class="codes-head">
      <h2 id="codes-title" ref={heading} tabIndex={-1}>{c.title}</h2>
      {lock.value && <button class="icon" type="button" aria-label={c.lockNow} onClick={lockEverywhere}><LockKeyhole /></button>}
      {book.value.length > 0 && (
        <button class="icon" type="button" aria-label={c.hide} aria-pressed={hide} onClick={() => prefsSet({ hide: !hide })}>{hide ? <EyeOff /> : <Eye />}</button>
      )}
      <a class="icon" href="#/codes/add" aria-label={c.add}><Plus /></a>
      <a class="icon" href="#/codes/more" aria-label={c.menu}><EllipsisVertical /></a>
    </div>
  );
}

function SearchField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  return (
    <div class="codes-search">
      <Search />
      <input type="search" aria-label={c.search} placeholder={c.search} value={value} autoComplete="off" onInput={(event) => onValue(event.currentTarget.value)} />
      {value && <button class="icon" type="button" aria-label={c.clearSearch} onClick={() => onValue('')}><X /></button>}
    </div>
  );
}

function Groups({ groups, chosen, onChoose }: { groups: string[]; chosen: string | null; onChoose: (group: string | null) => void }) {
  return (
    <fieldset class="chips">
      <legend class="vh">{c.groups}</legend>
      {[null, ...groups].map((group) => (
        <label key={group ?? ''}>
          <input type="radio" name="group" checked={group === chosen} onChange={() => onChoose(group)} />
          <span dir="auto">{group ?? c.all}</span>
        </label>
      ))}
    </fieldset>
  );
}

function ClockNote() {
  const off_s = Math.abs(skew.value?.offset_ms ?? 0) / 1000;
  if (off_s < 5) return null;
  return <p class="note warn"><Clock /><span>{off_s < 60 ? c.clockOffSeconds : c.clockOff(Math.round(off_s / 60))}</span></p>;
}

function Nothing() {
  return (
    <div class="card hero">
      <EmptyArt />
      <h3>{c.none}</h3>
      <p>{c.noneHow}</p>
      <div class="stack wide">
        <Button look="pri" icon={Plus} onClick={() => go('codes', 'add')}>{c.add}</Button>
        <Button look="tint" icon={FileDown} onClick={() => go('codes', 'import')}>{c.bring}</Button>
      </div>
    </div>
  );
}

function EmptyArt() {
  return (
    <svg class="codes-art" viewBox="0 0 96 64" aria-hidden="true">
      <rect x="4" y="8" width="88" height="48" rx="14" />
      <circle cx="76" cy="32" r="8" /><circle class="p" cx="76" cy="32" r="8" pathLength="100" />
      <path d="M18 26h18M18 38h40" />
    </svg>
  );
}
