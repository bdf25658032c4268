import type { ComponentChildren } from 'preact';
import type { Icon } from './icons';

interface ButtonProps {
  children: ComponentChildren;
  look?: 'pri' | 'sec' | 'tint' | 'bad' | 'quiet';
  type?: 'button' | 'submit';
  icon?: Icon;
  iconAfter?: Icon;
  busy?: boolean;
  disabled?: boolean;
  /* beside a row of text, as narrow as its words */
  small?: boolean;
  /* what it is called where its words alone do not say */
  label?: string | undefined;
  onClick?: () => void;
}

/*
 * A button, wide unless small. While `busy` it keeps its words and stays focusable (a disabled button would drop the
 * focus to the body), but a second press does nothing.
 */
export function Button({ children, look = 'sec', type = 'button', icon: Before, iconAfter: After, busy = false, disabled = false, small = false, label, onClick }: ButtonProps) {
  const still = busy || disabled;
  const press = (event: Event) => {
    if (still) event.preventDefault();
    else onClick?.();
  };
  return (
    <button class={`btn ${look} ${small ? 'sm' : 'wide'}`} type={type} aria-label={label} aria-disabled={still ? 'true' : undefined} aria-busy={busy ? 'true' : undefined} onClick={press}>
      {Before && <Before />}
      <span>{children}</span>
      {busy ? <span class="spin" aria-hidden="true" /> : After && <After />}
    </button>
  );
}
