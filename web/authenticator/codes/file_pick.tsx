/* A button that asks for a file. The input stays in the page, so that keyboards and screen readers meet a file input. */
import { useId } from 'preact/hooks';
import type { Icon } from '../../shared/icons';

interface FilePickProps { label: string; icon: Icon; accept?: string; look?: 'pri' | 'tint'; onFile: (file: File) => void }

export function FilePick({ label, icon: Sign, accept, look = 'pri', onFile }: FilePickProps) {
  const id = useId();
  const pick = (input: HTMLInputElement) => {
    const file = input.files?.[0];
    if (file) onFile(file);
    input.value = ''; /* the same file may be chosen again */
  };
  return (
    <div class="file-pick">
      <input id={id} type="file" accept={accept} onChange={(event) => pick(event.currentTarget)} />
      <label class={`btn ${look} wide`} for={id}><Sign /><span>{label}</span></label>
    </div>
  );
}
