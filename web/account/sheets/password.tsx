/* A new password. What is typed here is never kept anywhere: a fresh proof is asked for before, not in between. */
import { useRef, useState } from 'preact/hooks';
import { announce } from '../../shared/announce';
import { PasswordInput } from '../../shared/password_input';
import { CircleAlert } from '../../shared/icons';
import { change, closeSheet, look, lookAtHistory, overview } from '../account';
import * as api from '../api';
import { t } from '../text';
import { Complaint, ProblemNote, SheetHead, submitted, WaitButton } from '../views/parts';

type Field = 'old' | 'new';

export function PasswordSheet() {
  const set = overview.value?.password.set ?? true;
  const old = useRef<HTMLInputElement>(null);
  const fresh = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<{ field: Field; text: string } | null>(null);
  const [attempt, setAttempt] = useState(0);
  const complain = (field: Field, text: string) => {
    setWrong({ field, text });
    setAttempt(attempt + 1);
    (field === 'old' ? old : fresh).current?.focus();
  };
  const send = async () => {
    const before = set ? (old.current?.value ?? '') : null;
    const after = fresh.current?.value ?? '';
    if (before === '') return complain('old', t.password.currentEmpty);
    if (after === '') return complain('new', t.password.empty);
    if (before === after) return complain('new', t.password.same);
    setWrong(null);
    const done = await change(() => api.changePassword(before, after), (error, message) => {
      if (error === 'wrong_password') complain('old', t.password.wrong);
      else if (error === 'password_refused') complain('new', refusalWords(message));
      else return false;
      return true;
    });
    if (done !== null) changed();
  };
  return (
    <>
      <SheetHead title={set ? t.password.title : t.password.firstTitle} lead={t.password.lead} />
      <form class="acts" onSubmit={submitted(() => void send())} noValidate>
        {/* password managers want to know whose password it is */}
        <input type="text" name="username" autocomplete="username" value={overview.value?.user.username ?? ''} readOnly hidden />
        {set && <PasswordField field={old} id="old" label={t.password.current} autocomplete="current-password" wrong={wrong?.field === 'old' ? wrong.text : ''} attempt={attempt} first />}
        <PasswordField field={fresh} id="new" label={t.password.new} autocomplete="new-password" wrong={wrong?.field === 'new' ? wrong.text : ''} attempt={attempt} first={!set} />
        {set && <p class="note"><CircleAlert /><span>{t.password.othersLead}</span></p>}
        <ProblemNote />
        <WaitButton look="pri" type="submit">{t.password.save}</WaitButton>
      </form>
    </>
  );
}

interface PasswordFieldProps {
  field: { current: HTMLInputElement | null };
  id: string;
  label: string;
  autocomplete: 'current-password' | 'new-password';
  wrong: string;
  attempt: number;
  first: boolean;
}

function PasswordField({ id, label, wrong, attempt, ...input }: PasswordFieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <PasswordInput {...input} id={id} name={id} show={`${t.password.show}: ${label}`} wrong={wrong !== ''} describedBy={`${id}-wrong`} />
      <Complaint id={`${id}-wrong`} text={wrong} attempt={attempt} />
    </div>
  );
}

/* The rules are the server's; its sentence says which one. */
function refusalWords(message: string): string {
  return document.documentElement.lang === 'en' && message ? message : t.password.refused;
}

function changed(): void {
  closeSheet();
  announce(t.password.changed);
  void look();
  void lookAtHistory();
}
