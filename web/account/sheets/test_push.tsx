/* A test message to the device: it counts only when the device has answered it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Check, CircleAlert, Send } from '../../shared/icons';
import { Token } from '../../shared/mark';
import { change, look } from '../account';
import * as api from '../api';
import type { Device } from '../model';
import { t } from '../text';
import { WaitButton } from '../views/parts';

type Stage = 'idle' | 'waiting' | 'arrived' | 'lost';

const ASK_MS = 1_500;
const PATIENCE_MS = 30_000;

export function TestPush({ device }: { device: Device }) {
  const [stage, setStage] = useState<Stage>('idle');
  const before = useRef({ confirmed: 0, failed: 0 });
  const { confirmed_at: confirmed, failed_at: failed, subscribed } = device.push;
  useEffect(() => {
    if (stage !== 'waiting') return;
    if (confirmed > before.current.confirmed) setStage('arrived');
    else if (failed > before.current.failed) setStage('lost');
  }, [stage, confirmed, failed]);
  useEffect(() => {
    if (stage !== 'waiting') return;
    const asking = setInterval(() => void look(), ASK_MS);
    const patience = setTimeout(() => setStage('lost'), PATIENCE_MS);
    return () => {
      clearInterval(asking);
      clearTimeout(patience);
    };
  }, [stage]);
  if (!subscribed) return null;
  const send = async () => {
    before.current = { confirmed, failed };
    if ((await change(() => api.testDevice(device.id))) !== null) setStage('waiting');
  };
  return (
    <>
      <div role="status"><Words stage={stage} /></div>
      {stage !== 'waiting' && <WaitButton look="tint" icon={Send} onClick={() => void send()}>{t.device.test}</WaitButton>}
    </>
  );
}

function Words({ stage }: { stage: Stage }) {
  if (stage === 'waiting') return <p class="live"><Token state="sent" /><span>{t.device.testSent}</span></p>;
  if (stage === 'arrived') return <p class="note ok"><Check /><span>{t.device.testArrived}</span></p>;
  return stage === 'lost' ? <p class="note warn"><CircleAlert /><span>{t.device.testLost}</span></p> : null;
}
