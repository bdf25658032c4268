/*
 * The mark: a disc broken along an S. Both halves are one shape, turned by half a turn.
 * How they lie says where a request is; words always say it too, so the drawing is hidden from screen readers.
 */
export type TokenState = 'rest' | 'sent' | 'here' | 'ok' | 'bad' | 'miss' | 'gone';

const HALF_A = 'M20.6 4.06A12.8 12.8 0 0 0 11.4 27.94L19.18 21.6Q21.5 19.7 19.01 18.03L12.99 13.97Q10.5 12.3 12.82 10.4Z';
const HALF_B = 'M20.6 4.06A12.8 12.8 0 0 1 11.4 27.94L19.18 21.6Q21.5 19.7 19.01 18.03L12.99 13.97Q10.5 12.3 12.82 10.4Z';

interface TokenProps {
  state?: TokenState;
  large?: boolean;
  /* play the two halves coming together */
  join?: boolean;
}

export function Token({ state = 'rest', large = false, join = false }: TokenProps) {
  const classes = ['tok', large && 'xl', join && 'join'].filter(Boolean).join(' ');
  return (
    <svg class={classes} data-s={state} viewBox="0 0 32 32" aria-hidden="true">
      <path class="a" d={HALF_A} />
      <path class="b" d={HALF_B} />
    </svg>
  );
}
