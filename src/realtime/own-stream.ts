import type { Hub } from './hub.js';
import type { UserLog } from './log.js';
import type { Session } from './session.js';

/** Users asked for in one query. */
const BATCH = 1_000;

export type OwnState = Awaited<ReturnType<UserLog['read']>>;

/** What the session's user had changed since `from`, bracketed as every catch-up is. */
export function replayOwn(session: Session, from: number, own: OwnState): void {
  const replay = { type: 'replay', from, to: own.head } as const;
  session.send({ ...replay, done: false });
  for (const membership of own.memberships) session.send({ type: 'membership', ...membership });
  session.send({ ...replay, done: true });
}

/** Sessions of this node whose user's own stream has gone further than they have. */
export async function sessionsBehind(hub: Hub, users: UserLog): Promise<Session[]> {
  const byUser = new Map<string, { position: number; sessions: Session[] }>();
  for (const session of hub.sessions.values()) {
    const { userPosition, caller } = session;
    if (userPosition === null) continue;
    const known = byUser.get(caller.userId);
    if (!known) byUser.set(caller.userId, { position: userPosition, sessions: [session] });
    else {
      known.position = Math.min(known.position, userPosition);
      known.sessions.push(session);
    }
  }
  const positions = [...byUser].map(([userId, { position }]) => ({ userId, position }));
  const behind: Session[] = [];
  for (let i = 0; i < positions.length; i += BATCH) {
    for (const userId of await users.ahead(positions.slice(i, i + BATCH)))
      behind.push(...(byUser.get(userId)?.sessions ?? []));
  }
  return behind;
}

/** Brings a session up to its user's head, unless a hint did so meanwhile. */
export async function fillOwn(session: Session, users: UserLog): Promise<void> {
  const from = session.userPosition;
  if (from === null) return;
  const own = await users.read(session.caller.userId, from);
  if (!session.isOpen || session.userPosition !== from || own.head <= from) return;
  replayOwn(session, from, own);
  session.userPosition = own.head;
}
