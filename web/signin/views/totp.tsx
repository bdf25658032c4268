/* A code from an authenticator app. Most have six digits, some apps make seven or eight: the page cannot know. */
import { useRef, useState } from 'preact/hooks';
import { Boxes } from '../../shared/boxes';
import { proveTotp } from '../login';
import { t } from '../text';
import { Complaint, FormEnd, submitted, useComplaint } from './forms';
import { Head, NoticeNote, WhyLine } from './parts';

const FEWEST = 6;

export function Totp() {
  const field = useRef<HTMLInputElement>(null);
  const [digits, setDigits] = useState('');
  const complaint = useComplaint(field, ['wrong_code', 'used_code'], () => setDigits(''));
  const send = () => {
    const enough = digits.length >= FEWEST;
    complaint.setMissing(enough ? '' : t.totp.short);
    if (enough) void proveTotp(digits);
    else field.current?.focus();
  };
  return (
    <>
      <Head title={t.totp.title}><p>{t.totp.lead}</p></Head>
      <WhyLine />
      <NoticeNote except={['wrong_code', 'used_code']} />
      <form class="acts" onSubmit={submitted(send)} noValidate>
        <div class="field">
          <Boxes field={field} digits={digits} onDigits={setDigits} label={t.totp.label} wrong={complaint.text !== ''} describedBy="totp-wrong" most={8} first />
          <Complaint id="totp-wrong" text={complaint.text} />
        </div>
        <FormEnd>{t.continue}</FormEnd>
      </form>
    </>
  );
}
