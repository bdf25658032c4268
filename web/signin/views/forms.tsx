/* The screens on which something is typed into the page: user name, password, recovery code. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ArrowRight, CircleAlert, Eye, EyeOff } from '../../shared/icons';
import { answered, busy, identify, provePassword, proveRecovery, state } from '../login';
import type { Notice, State } from '../state';
import { t } from '../text';
import { AnotherWay } from './ways';
import { BackLink, clientName, Head, isWaiting, NoticeNote, ProblemNote, WaitButton, WhoLine, WhyLine } from './parts';

/*
 * A field's own complaint: about what was typed (said at once), or the server's notice about what was sent. A wrong
 * answer empties the field and puts the focus back, before it is painted: nothing that is typed after it was read gets lost.
 */
export function useComplaint(field: { current: HTMLInputElement | null }, about: readonly Notice[], clear: () => void, words: Partial<Record<Notice, string>> = {}) {
  const [missing, setMissing] = useState('');
  const answer: State = state.value;
  const first = useRef(true);
  const sent = answer.notice && about.includes(answer.notice) ? (words[answer.notice] ?? t.notices[answer.notice]) : '';
  useLayoutEffect(() => {
    if (!first.current && sent) {
      clear();
      setMissing('');
      field.current?.focus();
    }
    first.current = false;
  }, [answered.value]);
  return { text: missing || sent, setMissing };
}

/* Keyed by the answer, so that the same complaint twice is announced twice, and not again when a phone is heard of. */
export function Complaint({ id, text }: { id: string; text: string }) {
  return <p class="wrong" id={id} role="alert" key={answered.value}>{text && <><CircleAlert /><span>{text}</span></>}</p>;
}

export function submitted(send: () => void): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    if (!busy.peek() && !isWaiting()) send();
  };
}

export function Identify() {
  const field = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState('');
  const send = () => {
    const username = field.current?.value.trim() ?? '';
    setMissing(username ? '' : t.identify.empty);
    if (username) void identify(username);
    else field.current?.focus();
  };
  return (
    <>
      <Head title={t.identify.title}><p>{t.identify.lead(clientName())}</p></Head>
      <NoticeNote />
      <form class="acts" onSubmit={submitted(send)} noValidate>
        <div class="field">
          <label for="username">{t.identify.label}</label>
          <input id="username" name="username" data-first ref={field} defaultValue={state.value.username ?? ''} dir="auto"
            autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck={false} maxLength={256}
            aria-invalid={missing ? 'true' : undefined} aria-describedby="username-wrong" enterKeyHint="next" />
          <Complaint id="username-wrong" text={missing} />
        </div>
        <ProblemNote />
        <WaitButton look="pri" type="submit" iconAfter={ArrowRight}>{t.next}</WaitButton>
        <BackLink />
      </form>
    </>
  );
}

export function Password() {
  const field = useRef<HTMLInputElement>(null);
  const [shown, setShown] = useState(false);
  const complaint = useComplaint(field, ['wrong_password'], () => { if (field.current) field.current.value = ''; });
  const send = () => {
    const password = field.current?.value ?? '';
    complaint.setMissing(password ? '' : t.password.empty);
    if (password) void provePassword(password);
    else field.current?.focus();
  };
  return (
    <>
      <Head title={t.password.title}><p>{t.password.lead(clientName())}</p></Head>
      <WhyLine />
      <NoticeNote except={['wrong_password']} />
      <form class="acts" onSubmit={submitted(send)} noValidate>
        {/* password managers want to know whose password it is */}
        <input type="text" name="username" autocomplete="username" value={state.value.username ?? ''} readOnly hidden />
        <div class="field">
          <label for="password">{t.password.label}</label>
          <div class="peek">
            <input id="password" name="password" data-first ref={field} type={inputType(shown)} dir="auto"
              autocomplete="current-password" autocapitalize="none" autocorrect="off" spellcheck={false} maxLength={1024}
              aria-invalid={complaint.text ? 'true' : undefined} aria-describedby="password-wrong" enterKeyHint="go" />
            <button class="icon" type="button" aria-label={t.password.show} aria-pressed={shown} onClick={() => setShown(!shown)}>
              {shown ? <EyeOff /> : <Eye />}
            </button>
          </div>
          <Complaint id="password-wrong" text={complaint.text} />
        </div>
        <FormEnd>{t.continue}</FormEnd>
      </form>
    </>
  );
}

/* The types know an input either as a text field or as a password field; this one is both by turns. */
function inputType(shown: boolean): 'password' {
  return (shown ? 'text' : 'password') as 'password';
}

export function Recovery() {
  const field = useRef<HTMLInputElement>(null);
  const complaint = useComplaint(field, ['wrong_code', 'used_code'], () => field.current?.select(), { used_code: t.recovery.used });
  const send = () => {
    const code = field.current?.value.trim() ?? '';
    complaint.setMissing(code ? '' : t.recovery.empty);
    if (code) void proveRecovery(code);
    else field.current?.focus();
  };
  return (
    <>
      <Head title={t.recovery.title}><p>{t.recovery.lead}</p></Head>
      <NoticeNote except={['wrong_code', 'used_code']} />
      <form class="acts" onSubmit={submitted(send)} noValidate>
        <div class="field">
          <label for="recovery">{t.recovery.label}</label>
          <input id="recovery" name="recovery" class="code" data-first ref={field} dir="ltr" autocomplete="off" autocapitalize="characters"
            autocorrect="off" spellcheck={false} maxLength={128} enterKeyHint="go"
            aria-invalid={complaint.text ? 'true' : undefined} aria-describedby="recovery-wrong" />
          <Complaint id="recovery-wrong" text={complaint.text} />
        </div>
        <FormEnd>{t.continue}</FormEnd>
      </form>
    </>
  );
}

export function FormEnd({ children }: { children: string }) {
  return (
    <>
      <ProblemNote />
      <WaitButton look="pri" type="submit">{children}</WaitButton>
      <AnotherWay />
      <WhoLine />
    </>
  );
}
