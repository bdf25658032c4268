/*
 * Hearing of a change while something waits. One rule above all: the page works by polling alone; a stream only makes
 * it quicker and cheaper.
 *
 *   visible, has the browser's one stream   listen; ask every 20 s in case the stream has died silently
 *   visible, no stream                      ask every 2 s
 *   hidden                                  no stream; ask after 5 s, then ever more slowly, up to 30 s
 *   no answer                               ask after 1, 2, 4 … 15 s
 *
 * Whatever happens in the environment (shown again, back online) leads to `nudge`, which asks at once.
 */
import { takeTurn, type Locks } from './one_stream';

export interface Stream {
  close(): void;
}

export interface LiveWorld {
  locks: Locks | null;
  /* what the browser's tabs stand in line for */
  lockName: string;
  /* ask the server once; false when no answer came */
  poll(): Promise<boolean>;
  openStream(onState: () => void, onTrouble: () => void): Stream;
  /* run later; returns the cancellation */
  later(run: () => void, ms: number): () => void;
}

const POLL_MS = 2_000;
const SAFETY_POLL_MS = 20_000;
const HIDDEN_FIRST_MS = 5_000;
const HIDDEN_MOST_MS = 30_000;
const OFFLINE_FIRST_MS = 1_000;
const OFFLINE_MOST_MS = 15_000;
/* The server sends the state at once; when nothing comes, something between us holds the stream back. */
const FIRST_WORD_MS = 5_000;
const STREAM_PAUSE_MS = 30_000;

export class Live {
  private wanted = false;
  private visible = true;
  private hiddenPolls = 0;
  private failures = 0;
  private streamPaused = false;
  private heard = false;
  private polling = false;
  private leaveLine: (() => void) | null = null;
  private stream: Stream | null = null;
  private cancelPoll: (() => void) | null = null;
  private cancelFirstWord: (() => void) | null = null;

  constructor(private readonly world: LiveWorld) {}

  update(wanted: boolean, visible: boolean): void {
    const shownAgain = visible && !this.visible;
    const changed = wanted !== this.wanted || visible !== this.visible;
    this.wanted = wanted;
    this.visible = visible;
    if (!changed) return;
    this.hiddenPolls = 0;
    if (!wanted) this.failures = 0;
    this.settleStream();
    this.schedule();
    if (shownAgain) this.nudge();
  }

  /* Close everything, at once; a later `update(true, …)` starts again. */
  stop(): void {
    this.update(false, this.visible);
  }

  nudge(): void {
    if (this.wanted) void this.ask();
  }

  get hasStream(): boolean {
    return this.stream !== null;
  }

  nextPollMs(): number {
    if (this.failures > 0) return Math.min(OFFLINE_MOST_MS, OFFLINE_FIRST_MS * 2 ** (this.failures - 1));
    if (!this.visible) return Math.min(HIDDEN_MOST_MS, HIDDEN_FIRST_MS * 1.5 ** this.hiddenPolls);
    return this.stream && this.heard ? SAFETY_POLL_MS : POLL_MS;
  }

  private settleStream(): void {
    const want = this.wanted && this.visible && !this.streamPaused;
    if (!want) this.dropStream();
    else if (this.world.locks && !this.leaveLine) this.leaveLine = takeTurn(this.world.locks, this.world.lockName, () => this.open());
  }

  private open(): void {
    this.heard = false;
    this.stream = this.world.openStream(() => this.hear(), () => this.pauseStream());
    this.cancelFirstWord = this.world.later(() => this.pauseStream(), FIRST_WORD_MS);
  }

  private hear(): void {
    this.cancelFirstWord?.();
    this.cancelFirstWord = null;
    this.failures = 0;
    if (!this.heard) {
      this.heard = true;
      this.schedule();
    }
  }

  /* Let another tab try, poll meanwhile, and stand in line again after a while. */
  private pauseStream(): void {
    this.streamPaused = true;
    this.dropStream();
    this.world.later(() => {
      this.streamPaused = false;
      this.settleStream();
    }, STREAM_PAUSE_MS);
    this.nudge();
  }

  private dropStream(): void {
    this.cancelFirstWord?.();
    this.cancelFirstWord = null;
    this.stream?.close();
    this.stream = null;
    this.leaveLine?.();
    this.leaveLine = null;
  }

  private schedule(): void {
    this.cancelPoll?.();
    this.cancelPoll = this.wanted ? this.world.later(() => void this.ask(), this.nextPollMs()) : null;
  }

  private async ask(): Promise<void> {
    if (this.polling) return;
    this.polling = true;
    const answered = await this.world.poll();
    this.polling = false;
    this.failures = answered ? 0 : this.failures + 1;
    if (!this.visible) this.hiddenPolls += 1;
    this.schedule();
  }
}
