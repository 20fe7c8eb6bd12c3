import type { Clock } from './clock';
import { ChatError } from './errors';

const PER_MINUTE = 3;
const MINUTE_MS = 60_000;

export interface ResyncsDeps {
  readonly clock: Clock;
  readonly reload: (conversationId: string | null) => void;
  readonly error: (error: ChatError) => void;
}

/** Lets resyncs through, up to three a minute: reading all again helps nobody when the next answer is another one. */
export function createResyncs({ clock, reload, error }: ResyncsDeps) {
  let recent: number[] = [];
  let paused: Set<string | null> | null = null;

  function pause(id: string | null): void {
    const waiting = new Set([id]);
    paused = waiting;
    error(new ChatError({ code: 'resync_loop', message: 'Resynced too often' }));
    clock.after(MINUTE_MS, () => {
      paused = null;
      for (const one of waiting) reload(one);
    });
  }
  return (id: string | null): void => {
    recent = recent.filter((at) => clock.now() - at < MINUTE_MS);
    if (paused !== null) paused.add(id);
    else if (recent.length >= PER_MINUTE) pause(id);
    else {
      recent.push(clock.now());
      reload(id);
    }
  };
}
