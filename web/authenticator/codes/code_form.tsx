/* The fields of a code, typed by hand; the same form edits one (without its secret). */
import { useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { base32Read } from '../vault/bytes';
import { ALGORITHMS, algorithmRead, codeMake, type Code } from '../vault/code';
import { bookGroups, type Entry } from '../vault/entry';
import { latinDigits } from '../../shared/text';
import type { ProblemCode } from '../vault/problem';
import { Field, submitted, useWork, Wrong } from './parts';
import { book } from './state';
import { c } from './text';

export interface Typed { issuer: string; account: string; secret: string; algorithm: string; digits: string; period: string; group: string }

const BLANK: Typed = { issuer: '', account: '', secret: '', algorithm: 'SHA1', digits: '6', period: '30', group: '' };
/* Which field a problem belongs to; the rest stands above the button. */
const PLACE: Partial<Record<ProblemCode, keyof Typed>> = { name_missing: 'issuer', name_long: 'issuer', name_encoding: 'issuer', secret_missing: 'secret', secret_bad: 'secret', period: 'period' };

export function typedOf(entry: Entry): Typed {
  return { ...BLANK, issuer: entry.issuer, account: entry.account, algorithm: entry.algorithm, digits: String(entry.digits), period: String(entry.period), group: entry.group };
}

/* Throws a VaultProblem that says what is wrong. `secret`: of the entry that is edited. */
export function codeOfTyped(typed: Typed, secret?: Code['secret']): Code {
  const period = latinDigits(typed.period);
  return codeMake({
    issuer: typed.issuer,
    account: typed.account,
    secret: secret ?? base32Read(typed.secret),
    algorithm: algorithmRead(typed.algorithm),
    digits: Number(typed.digits),
    period: period ? Number(period) : NaN,
  });
}

interface CodeFormProps { first?: Typed; withSecret?: boolean; onSave: (typed: Typed) => Promise<void> }

export function CodeForm({ first = BLANK, withSecret = false, onSave }: CodeFormProps) {
  const [typed, setTyped] = useState(first);
  const { busy, problem, run, clear } = useWork();
  const set = (name: keyof Typed) => (value: string) => {
    setTyped((now) => ({ ...now, [name]: value }));
    clear();
  };
  const field = (name: keyof Typed) => ({ value: typed[name], onValue: set(name), wrong: problem && PLACE[problem] === name ? c.problems[problem] : undefined });
  const plain = { autoComplete: 'off', spellcheck: false } as const;
  return (
    <form class="card form" noValidate onSubmit={submitted(() => run(() => onSave(typed)))}>
      <Field {...plain} {...field('issuer')} label={c.issuer} placeholder={c.issuerExample} dir="auto" />
      <Field {...plain} {...field('account')} label={c.account} placeholder={c.accountExample} dir="auto" autoCapitalize="none" />
      {withSecret && <Field {...plain} {...field('secret')} label={c.secret} hint={c.secretHow} dir="ltr" autoCapitalize="characters" class="mono" />}
      <GroupField {...field('group')} />
      <details class="advanced" open={problem === 'period' || undefined}>
        <summary>{c.advanced}<small>{c.advancedHow}</small></summary>
        <Choice label={c.algorithm} value={typed.algorithm} values={ALGORITHMS} onValue={set('algorithm')} />
        <Choice label={c.digits} value={typed.digits} values={['6', '7', '8']} onValue={set('digits')} />
        <Field {...plain} {...field('period')} label={c.period} inputMode="numeric" dir="ltr" />
      </details>
      {problem && !PLACE[problem] && <Wrong problem={problem} />}
      <Button look="pri" type="submit" busy={busy}>{c.save}</Button>
    </form>
  );
}

function GroupField(props: { value: string; onValue: (value: string) => void }) {
  return (
    <>
      <Field {...props} label={c.group} hint={c.groupHow} list="codes-groups" autoComplete="off" dir="auto" />
      <datalist id="codes-groups">{bookGroups(book.value).map((group) => <option key={group} value={group} />)}</datalist>
    </>
  );
}

function Choice({ label, value, values, onValue }: { label: string; value: string; values: readonly string[]; onValue: (value: string) => void }) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div class="seg" dir="ltr">
        {values.map((one) => <label key={one}><input type="radio" name={label} checked={one === value} onChange={() => onValue(one)} />{one}</label>)}
      </div>
    </fieldset>
  );
}
