import type { Command } from '@protocol/commands';
import type { Frame, FrameOf } from '@protocol/frames';
import { LIMITS } from '@protocol/limits';
import type { Cancel, Clock } from './clock';
import type { Link, LinkTarget, Transport } from './transports/transport';

const OPEN_MS = 5_000;
const PROBE_MS = 5_000;
/** Added to the time between the server's pings before silence counts as death. */
const SILENCE_SLACK_MS = LIMITS.pongWaitMs + 5_000;
const ABNORMAL = 1006;
const SILENT = 4408;

export interface LinkEnd {
  readonly code: number;
  readonly wasReady: boolean;
  readonly livedMs: number;
  /** It was found dead when the page woke up. */
  readonly probed: boolean;
}

export interface LiveLinkEvents {
  ready(frame: FrameOf<'ready'>): void;
  frame(frame: Frame, cursor: string | null): void;
  /** Once, unless `close` was called. */
  ended(end: LinkEnd): void;
}

export interface LiveLink {
  send(command: Command): void;
  /** Makes sure within seconds that the other side still answers. */
  probe(): void;
  close(): void;
}

/** One connection from its opening to its end: parsed frames, a limit on opening, and on silence by wall clock. */
export function openLiveLink(
  transport: Transport,
  target: LinkTarget,
  clock: Clock,
  events: LiveLinkEvents,
): LiveLink {
  let link: Link | null = null;
  let readyAt: number | null = null;
  let heardAt = clock.now();
  let heard = 0;
  let silenceMs = LIMITS.pingMs + SILENCE_SLACK_MS;
  let dead = false;
  const timers = new Set<Cancel>();

  function close(): void {
    dead = true;
    for (const cancel of timers) cancel();
    link?.close();
  }
  function end(code: number, probed = false): void {
    if (dead) return;
    close();
    const livedMs = readyAt === null ? 0 : clock.now() - readyAt;
    events.ended({ code, wasReady: readyAt !== null, livedMs, probed });
  }
  function plan(delayMs: number, run: () => void): Cancel {
    const cancel = clock.after(delayMs, () => {
      timers.delete(cancel);
      run();
    });
    timers.add(cancel);
    return cancel;
  }
  const isSilent = () => clock.now() - heardAt >= silenceMs;
  function watchSilence(): void {
    if (isSilent()) end(SILENT);
    else plan(heardAt + silenceMs - clock.now(), watchSilence);
  }
  function becomeReady(frame: FrameOf<'ready'>): void {
    stopOpening();
    readyAt = clock.now();
    silenceMs = frame.pingMs + SILENCE_SLACK_MS;
    watchSilence();
    events.ready(frame);
  }
  function receive(data: string, cursor?: string): void {
    if (dead) return;
    heardAt = clock.now();
    heard += 1;
    const frame = JSON.parse(data) as Frame;
    if (frame.type === 'close') end(frame.code);
    else if (frame.type === 'ready') becomeReady(frame);
    else events.frame(frame, cursor ?? null);
  }
  const send = (command: Command) => {
    if (!dead) link?.send(JSON.stringify(command));
  };

  const stopOpening = plan(OPEN_MS, () => end(ABNORMAL));
  try {
    link = transport.open(target, {
      open: () => undefined,
      frame: receive,
      close: ({ code }) => end(code),
    });
  } catch {
    // A socket may be forbidden by policy, which is thrown at once.
    plan(0, () => end(ABNORMAL));
  }
  return {
    send,
    close,
    probe() {
      if (isSilent()) {
        end(SILENT, true);
        return;
      }
      const before = heard;
      send({ type: 'ping' });
      plan(PROBE_MS, () => {
        if (heard === before) end(SILENT, true);
      });
    },
  };
}
