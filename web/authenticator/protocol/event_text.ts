/*
 * The text of an event stream, taken apart (WHATWG HTML 9.2.6): fed as it comes, in pieces cut anywhere. A line or an
 * event that grows without end is the server's fault and ends the stream.
 */
export interface StreamEvent {
  name: string;
  data: string;
}

const LONGEST = 64 * 1024;

export class EventText {
  private rest = '';
  private name = '';
  private data: string[] = [];
  private size = 0;

  /* null: too long */
  feed(piece: string): StreamEvent[] | null {
    this.rest += piece;
    const events: StreamEvent[] = [];
    for (let line = this.takeLine(); line !== null; line = this.takeLine()) {
      const event = this.takeEvent(line);
      if (event) events.push(event);
      if (this.size > LONGEST) return null;
    }
    return this.rest.length > LONGEST ? null : events;
  }

  /* Lines end with CR, LF or both; a CR at the end of what came may be half of a pair. */
  private takeLine(): string | null {
    const end = this.rest.search(/[\r\n]/);
    if (end < 0 || (this.rest[end] === '\r' && end + 1 === this.rest.length)) return null;
    const line = this.rest.slice(0, end);
    this.rest = this.rest.slice(this.rest.startsWith('\r\n', end) ? end + 2 : end + 1);
    return line;
  }

  private takeEvent(line: string): StreamEvent | null {
    if (line !== '') {
      this.takeField(line);
      return null;
    }
    const event = this.data.length > 0 ? { name: this.name || 'message', data: this.data.join('\n') } : null;
    this.name = '';
    this.data = [];
    this.size = 0;
    return event;
  }

  private takeField(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.name = value;
    if (field !== 'data') return;
    this.data.push(value);
    this.size += value.length;
  }
}
