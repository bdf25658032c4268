/* Pages for people when there is no login to go on with, and the two pages of signing out. */
import { Button } from '../../shared/button';
import { CircleAlert, LogOut } from '../../shared/icons';
import { Token, type TokenState } from '../../shared/mark';
import { returnUrl } from '../../shared/url';
import { busy, signOut, state, staySignedIn } from '../login';
import { t } from '../text';
import { BackLink, Head, organisationName, ProblemNote } from './parts';

/* Errors of the service's making: its people need our exact words. */
const FOR_THE_SERVICE = new Set(['unknown_client', 'bad_redirect_uri', 'bad_request']);

export function ErrorPage({ code }: { code: string }) {
  if (code === 'confirm_sign_out') return <ConfirmSignOut />;
  const words = wordsFor(code);
  return (
    <>
      <Token state={tokenFor(code)} large />
      <Head title={words.title}><p>{words.lead}</p></Head>
      <Details code={code} />
      <div class="acts">
        {code === 'server_trouble' && <Button look="pri" onClick={() => location.reload()}>{t.tryAgain}</Button>}
        <BackLink look={code === 'server_trouble' ? 'sec' : 'pri'} />
      </div>
    </>
  );
}

function wordsFor(code: string): { title: string; lead: string } {
  const known = t.errors as Record<string, { title: string; lead: string | ((name: string) => string) } | undefined>;
  const own = Object.hasOwn(known, code) ? known[code] : undefined;
  if (own && typeof own.lead === 'string') return { title: own.title, lead: own.lead };
  const { error } = state.value;
  return { title: error?.title || t.errors.unknown.title, lead: error?.message || t.errors.unknown.lead };
}

function tokenFor(code: string): TokenState {
  if (code === 'signed_out' || code === 'stayed') return 'rest';
  return code === 'bad_redirect_uri' ? 'bad' : 'gone';
}

function Details({ code }: { code: string }) {
  const { error } = state.value;
  const message = FOR_THE_SERVICE.has(code) ? error?.message : '';
  if (!message && !error?.reference) return null;
  return (
    <div class="note">
      <CircleAlert />
      <span>
        {message && <><b>{t.forTheService}</b><span class="line" lang="en" dir="auto">{message}</span></>}
        {error?.reference && <span class="line mut">{t.reference(error.reference)}</span>}
      </span>
    </div>
  );
}

function ConfirmSignOut() {
  const words = t.errors.confirm_sign_out;
  const back = returnUrl(state.value.cancel_url);
  return (
    <>
      <Token large />
      <Head title={words.title}><p>{words.lead(organisationName())}</p></Head>
      <ProblemNote />
      <div class="acts">
        <Button look="pri" icon={LogOut} busy={busy.value === 'sign_out'} onClick={signOut}>{words.yes}</Button>
        {back ? <BackLink look="sec" label={words.no} /> : <Button onClick={staySignedIn}>{words.no}</Button>}
      </div>
    </>
  );
}
