/* What an import would do, entry by entry; the person decides, then it is done at once. */
import { useMemo, useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { Button } from '../../shared/button';
import { foreignName } from '../../shared/text';
import { nameOf } from '../vault/code';
import type { Found, Passed } from '../vault/document';
import { choiceDefault, mergePreview, type Candidate, type Choice } from '../vault/entry';
import { named, Names, useWork, Wrong } from './parts';
import { book } from './state';
import { c } from './text';

export type Decided = { candidate: Candidate; choice: Choice }[];

export function Preview({ found, onTake }: { found: Found; onTake: (decided: Decided) => Promise<void> }) {
  const candidates = useMemo(() => mergePreview(book.peek(), found.entries), [found]);
  const [choices, setChoices] = useState<readonly Choice[]>(() => candidates.map(choiceDefault));
  const { busy, problem, run } = useWork();
  const decided = candidates.map((candidate, at) => ({ candidate, choice: choices[at] ?? 'skip' }));
  const count = decided.filter(({ choice }) => choice !== 'skip').length;
  const choose = (at: number, choice: Choice) => setChoices((now) => now.with(at, choice));
  return (
    <>
      <p class="mut">{c.previewSum(candidates.length)}</p>
      <ul class="rows card preview">
        {decided.map(({ candidate, choice }, at) => <Line key={candidate.entry.id} candidate={candidate} choice={choice} onChoice={(next) => choose(at, next)} />)}
        {found.passed.map((passed, at) => <LeftOut key={at} passed={passed} />)}
      </ul>
      <Wrong problem={problem} />
      <div class="preview-go">
        <Button look="pri" busy={busy} disabled={count === 0} onClick={() => run(() => onTake(decided))}>{count === 0 ? c.takeNone : c.take(count)}</Button>
      </div>
    </>
  );
}

const TONES = { new: 'ok', same: '', conflict: 'warn' } as const;

function Line({ candidate, choice, onChoice }: { candidate: Candidate; choice: Choice; onChoice: (choice: Choice) => void }) {
  const { entry, standing } = candidate;
  const words = { new: c.standNew, same: c.standSame, conflict: c.standConflict }[standing];
  return (
    <li data-standing={standing}>
      <Avatar small id={entry.issuer || entry.account} name={nameOf(entry)} />
      <span class="grow">
        <Names code={entry} />
        {standing === 'conflict' && <ConflictChoice name={named(entry)} choice={choice} onChoice={onChoice} />}
      </span>
      <span class={`pill ${TONES[standing]}`}>{words}</span>
      {standing === 'new' && <input type="checkbox" aria-label={c.includeThis(named(entry))} checked={choice === 'add'} onChange={(event) => onChoice(event.currentTarget.checked ? 'add' : 'skip')} />}
    </li>
  );
}

function ConflictChoice({ name, choice, onChoice }: { name: string; choice: Choice; onChoice: (choice: Choice) => void }) {
  const words: Record<Choice, string> = { add: c.choiceAdd, replace: c.choiceReplace, skip: c.choiceSkip };
  return (
    <select aria-label={c.choiceFor(name)} value={choice} onChange={(event) => onChoice(event.currentTarget.value as Choice)}>
      {(['add', 'replace', 'skip'] as const).map((one) => <option key={one} value={one}>{words[one]}</option>)}
    </select>
  );
}

function LeftOut({ passed }: { passed: Passed }) {
  return (
    <li data-standing="passed">
      <Avatar small id={passed.name} name={passed.name || '?'} />
      <span class="grow"><span class="w"><b dir="auto">{foreignName(passed.name)}</b></span><span class="d">{c.problems[passed.problem.code]}</span></span>
      <span class="pill bad">{c.standPassed}</span>
    </li>
  );
}
