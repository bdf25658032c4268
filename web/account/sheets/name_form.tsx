/* A name to be changed: of a device, of codes. */
import { useRef, useState } from 'preact/hooks';
import { plainName } from '../../shared/text';
import { t } from '../text';
import { Complaint, ProblemNote, submitted, WaitButton } from '../views/parts';

interface NameFormProps {
  label: string;
  name: string;
  save: string;
  /* true when it was saved; a refusal that belongs to the field is told to the function given */
  onSave: (name: string, onRefused: (error: string) => boolean) => Promise<boolean>;
}

const LONGEST = 64;

export function NameForm({ label, name, save, onSave }: NameFormProps) {
  const field = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState('');
  const [attempt, setAttempt] = useState(0);
  const refused = (error: string) => {
    if (error !== 'bad_name') return false;
    setWrong(t.names.bad);
    return true;
  };
  const send = () => {
    const wanted = plainName(field.current?.value ?? '');
    setAttempt(attempt + 1);
    setWrong(wanted ? '' : t.names.empty);
    if (wanted) void onSave(wanted, refused);
    else field.current?.focus();
  };
  return (
    <form class="acts" onSubmit={submitted(send)} noValidate>
      <div class="field">
        <label for="name">{label}</label>
        <input id="name" name="name" ref={field} defaultValue={plainName(name)} dir="auto" autocomplete="off" maxLength={LONGEST} enterKeyHint="done"
          aria-invalid={wrong ? 'true' : undefined} aria-describedby="name-wrong" />
        <Complaint id="name-wrong" text={wrong} attempt={attempt} />
      </div>
      <ProblemNote />
      <WaitButton type="submit">{save}</WaitButton>
    </form>
  );
}
