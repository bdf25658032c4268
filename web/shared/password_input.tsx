/* A password, with the eye that shows it. Wants a `.field` around it and its own label before it. */
import { useState } from 'preact/hooks';
import { Eye, EyeOff } from './icons';

interface PasswordInputProps {
  field: { current: HTMLInputElement | null };
  id: string;
  name: string;
  autocomplete: 'current-password' | 'new-password';
  /* what the eye is called */
  show: string;
  wrong: boolean;
  describedBy: string;
  first?: boolean;
}

export function PasswordInput({ field, id, name, autocomplete, show, wrong, describedBy, first = false }: PasswordInputProps) {
  const [shown, setShown] = useState(false);
  return (
    <div class="peek">
      <input id={id} name={name} data-first={first ? true : undefined} ref={field} type={inputType(shown)} dir="auto"
        autocomplete={autocomplete} autocapitalize="none" autocorrect="off" spellcheck={false} maxLength={1024}
        aria-invalid={wrong ? 'true' : undefined} aria-describedby={describedBy} enterKeyHint="go" />
      <button class="icon" type="button" aria-label={show} aria-pressed={shown} onClick={() => setShown(!shown)}>
        {shown ? <EyeOff /> : <Eye />}
      </button>
    </div>
  );
}

/* The types know an input either as a text field or as a password field; this one is both by turns. */
function inputType(shown: boolean): 'password' {
  return (shown ? 'text' : 'password') as 'password';
}
