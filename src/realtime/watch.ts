import type { Frame } from '../protocol/frames.js';
import type { Hub } from './hub.js';
import type { LogSlice } from './log.js';
import type { Attendance } from './presence/attendance.js';
import type { Session } from './session.js';
import { type Topic, topics } from './topics.js';

/** People whose presence one session watches; the oldest give way. */
const MAX_WATCHED = 200;

/** A session watches the people of the conversations it has open, and nobody else: presence is watched, not pushed. */
export class Watch {
  private readonly hub: Hub;
  private readonly attendance: Attendance;

  constructor(hub: Hub, attendance: Attendance) {
    this.hub = hub;
    this.attendance = attendance;
  }

  /** Begins to watch, then tells how things stand, so that no change falls between. */
  async open(session: Session, slice: LogSlice): Promise<Frame[]> {
    this.add(session, subjects(slice));
    return this.snapshot(slice);
  }

  async snapshot({ people, businessId }: LogSlice): Promise<Frame[]> {
    return this.attendance.snapshot(people, businessId).catch(() => []);
  }

  add(session: Session, ids: readonly string[]): void {
    for (const id of ids) this.hub.join(session, topics.presence(id));
    const watched = [...session.topics].filter(isPresence);
    for (const topic of watched.slice(0, Math.max(0, watched.length - MAX_WATCHED)))
      this.hub.leave(session, topic);
  }
}

/** Whom to watch in a conversation: its people, and its business for availability. */
export function subjects({ people, businessId }: LogSlice): string[] {
  return businessId ? [...people, businessId] : [...people];
}

const isPresence = (topic: Topic) => topic.startsWith('presence:');
