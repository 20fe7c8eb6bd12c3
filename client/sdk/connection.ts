import type { Command } from '@protocol/commands';
import type { Frame, FrameOf } from '@protocol/frames';
import { LIMITS } from '@protocol/limits';
import { retryDelay } from './backoff';
import type { Cancel, Clock } from './clock';
import { type ConnectionState, snapshotOf } from './connection-state';
import type { Ladder } from './ladder';
import { type LinkEnd, type LiveLink, openLiveLink } from './live-link';
import { createStore, stable } from './store';
import type { Tokens } from './tokens';
import type { Transport } from './transports/transport';
import type { ConnectionSnapshot, Store } from './types';
import { isExplained, retry, type Verdict, verdictOfClose, verdictOfRefusal } from './verdict';
import { onWakeUp } from './wake-ups';

const STABLE_MS = 30_000;
const PROBE_UP_MS = 300_000;
const DRAIN_WINDOW_MS = 5_000;
const TOKEN_EXPIRED = 4401;
const NOTHING: Cancel = () => undefined;
const IDLE: ConnectionState = { name: 'idle' };

export interface ConnectionDeps {
  readonly url: string;
  readonly ladder: Ladder;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly random: () => number;
  /** Rejects with what the handshake would have met; browsers cannot see that themselves. */
  readonly check: () => Promise<void>;
  readonly cursor: () => string | null;
  readonly events: {
    ready(frame: FrameOf<'ready'>): void;
    frame(frame: Frame, cursor: string | null): void;
    down(): void;
  };
}

/** Keeps one link up: which transport, when to come back, when to stop. */
export class Connection {
  private readonly deps: ConnectionDeps;
  private readonly store = createStore(snapshotOf(IDLE, null));
  private state: ConnectionState = IDLE;
  /** A second link on its way, to move to without a gap. */
  private candidate: LiveLink | null = null;
  private attempts = 0;
  private windowMs: number = LIMITS.reconnectWindowMs;
  /** The token was renewed since the last good connection. */
  private fresh = false;
  private cancelMove: Cancel = NOTHING;
  private stopListening: Cancel = NOTHING;

  constructor(deps: ConnectionDeps) {
    this.deps = deps;
  }

  get snapshot(): Store<ConnectionSnapshot> {
    return this.store;
  }

  connect(): void {
    if (this.state.name !== 'idle' && this.state.name !== 'closed') return;
    this.stopListening = onWakeUp(() => this.wake());
    this.attempts = 0;
    this.fresh = false;
    this.attempt();
  }

  close(reason: string): void {
    this.leave();
    this.stopListening();
    this.stopListening = NOTHING;
    this.enter({ name: 'closed' }, reason);
  }

  /** False when there is no connection to send on. */
  send(command: Command): boolean {
    if (this.state.name !== 'open') return false;
    this.state.link.send(command);
    return true;
  }

  /** The server is about to go: move to another one before it closes. */
  drain(inMs: number): void {
    if (this.state.name !== 'open') return;
    const { transport } = this.state;
    this.windowMs = DRAIN_WINDOW_MS;
    this.cancelMove();
    this.cancelMove = this.deps.clock.after(inMs, () => this.moveTo(transport));
  }

  private enter(state: ConnectionState, reason = this.store.getSnapshot().reason): void {
    const wasOpen = this.state.name === 'open';
    this.state = state;
    if (wasOpen) this.deps.events.down();
    this.store.set(stable(this.store.getSnapshot(), snapshotOf(state, reason)));
  }

  /** Lets go of whatever the present state holds. */
  private leave(): void {
    if (this.state.name === 'waiting') this.state.cancel();
    if (this.state.name === 'open' || this.state.name === 'connecting') this.state.link?.close();
    this.cancelMove();
    this.candidate?.close();
    this.candidate = null;
  }

  private attempt(): void {
    void this.during(async () => {
      await this.deps.tokens.get();
      return { do: 'open' };
    });
  }

  private open(transport: Transport): LiveLink {
    const { url, tokens, clock, cursor, events } = this.deps;
    const target = { url, after: cursor(), token: tokens.current };
    const link: LiveLink = openLiveLink(transport, target, clock, {
      ready: (frame) => this.ready(link, transport, frame),
      frame: events.frame,
      ended: (end) => this.ended(link, end),
    });
    return link;
  }

  private ready(link: LiveLink, transport: Transport, frame: FrameOf<'ready'>): void {
    if (this.state.name === 'open') this.state.link.close();
    this.candidate = null;
    this.fresh = false;
    this.windowMs = frame.reconnectWindowMs;
    this.deps.ladder.proved(transport);
    this.enter({ name: 'open', link, transport });
    this.planProbeUp();
    this.deps.events.ready(frame);
  }

  private planProbeUp(): void {
    this.cancelMove();
    const better = this.deps.ladder.above();
    if (better === null) return;
    this.cancelMove = this.deps.clock.after(PROBE_UP_MS, () => {
      this.moveTo(better);
      this.planProbeUp();
    });
  }

  /** Opens a second link and changes over when it is ready; until then the first one serves. */
  private moveTo(transport: Transport): void {
    this.candidate?.close();
    this.candidate = this.open(transport);
  }

  private ended(link: LiveLink, end: LinkEnd): void {
    if (link === this.candidate) {
      this.candidate = null;
      return;
    }
    if (end.livedMs >= STABLE_MS) this.attempts = 0;
    if (end.wasReady && !isExplained(end.code)) this.deps.ladder.dropped(end.livedMs);
    if (end.probed) this.attempt();
    else if (end.wasReady || isExplained(end.code)) this.follow(verdictOfClose(end.code));
    else this.askWhy();
  }

  private follow(verdict: Verdict): void {
    if (verdict.do === 'stop') this.close(verdict.reason);
    else if (verdict.do === 'renew') this.renew(verdict.reason);
    else if (verdict.do === 'wait') this.wait(verdict);
    else this.enter({ name: 'connecting', link: this.open(this.deps.ladder.current()) });
  }

  /** A refused handshake looks like a cut cable, so ask; only a clean answer blames the transport. */
  private askWhy(): void {
    void this.during(async () => {
      await this.deps.check();
      this.deps.ladder.failed();
      return retry('transport_failed');
    }, 'network');
  }

  private renew(reason: string): void {
    const { tokens } = this.deps;
    if (this.fresh) {
      this.close(reason);
      return;
    }
    this.fresh = true;
    void this.during(async () => {
      await tokens.renew(tokens.current());
      return retry(reason, TOKEN_EXPIRED);
    }, reason);
  }

  /** Follows the verdict of what is asked, or of its failure, unless the connection moved on meanwhile. */
  private async during(ask: () => Promise<Verdict>, reason?: string): Promise<void> {
    this.leave();
    const state: ConnectionState = { name: 'connecting', link: null };
    this.enter(state, reason);
    const verdict = await ask().catch((cause: unknown) => verdictOfRefusal(cause, this.fresh));
    if (this.state === state) this.follow(verdict);
  }

  private wait(verdict: Verdict & { do: 'wait' }): void {
    const { clock, random } = this.deps;
    const { attempts, windowMs } = this;
    const delay = retryDelay({ ...verdict, attempts, windowMs }, random);
    this.attempts += 1;
    this.leave();
    const cancel = clock.after(delay, () => this.attempt());
    this.enter({ name: 'waiting', until: clock.now() + delay, cancel }, verdict.reason);
  }

  private wake(): void {
    if (this.state.name === 'waiting') this.attempt();
    if (this.state.name === 'open') this.state.link.probe();
  }
}
