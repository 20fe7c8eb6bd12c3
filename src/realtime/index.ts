import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import type { Bus, Envelope } from './bus/index.js';
import { CatchUps } from './catch-up.js';
import { Channels } from './channel.js';
import type { Handlers } from './commands.js';
import { encodeCursor } from './cursor.js';
import type { Charge } from './frame-limit.js';
import { type HandshakePorts, identify, type Request } from './handshake.js';
import { type Control, Hub } from './hub.js';
import type { Intervals } from './intervals.js';
import { createKernelCommands, renew } from './kernel-commands.js';
import { Lease, type LeaseStore } from './lease.js';
import type { ConversationLog, UserLog } from './log.js';
import { Opening } from './opening.js';
import { Attendance, type PeoplePorts } from './presence/attendance.js';
import type { Presence } from './presence/index.js';
import { Pulse } from './pulse.js';
import { createReceiver } from './receive.js';
import { isNotice, Rights, type RightsPorts } from './rights.js';
import type { Session } from './session.js';
import { Sessions } from './sessions.js';
import { Sweep } from './sweep.js';
import { createSync } from './sync.js';
import { Watch } from './watch.js';

export interface RealtimePorts {
  readonly bus: Bus;
  readonly presence: Presence;
  readonly people: PeoplePorts;
  readonly conversationLog: ConversationLog;
  readonly userLog: UserLog;
  readonly handshake: HandshakePorts;
  readonly rights: RightsPorts;
  /** The commands of the modules; the kernel adds its own. */
  readonly handlers: Omit<Handlers, 'ping' | 'pong' | 'status' | 'auth' | 'sync'>;
  readonly charge: Charge;
  readonly connectionsPerUser: number;
  readonly leases: LeaseStore;
  readonly intervals: Intervals;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Realtime {
  readonly attendance: Attendance;
  readonly sweep: Sweep;
  readonly sessions: Sessions;
  readonly hub: Hub;
  identify(request: Request): ReturnType<typeof identify>;
  start(): Promise<void>;
  /** Ends the timers; sessions are the drain's affair. */
  stop(): Promise<void>;
}

/** Joins the parts of the kernel. */
export function createRealtime(ports: RealtimePorts): Realtime {
  const { bus, clock, log, conversationLog, userLog, handshake, intervals } = ports;
  const catchUps = new CatchUps(conversationLog);
  const channels: Channels = new Channels({
    read: (id, after) => conversationLog.read(id, after, 1_000),
    cursorAt: (position) => {
      const tail = { seq: 0, hash: '' };
      return encodeCursor({ kind: 'conversation', epoch: sweep.epoch, position, tail });
    },
  });
  const sweep: Sweep = new Sweep({
    log: conversationLog,
    users: userLog,
    channels,
    logger: log,
    intervals,
    onEpochChange: () => endAll(hub),
  });
  const hub: Hub = new Hub(channels, {
    seen: (id, changeSeq) => sweep.heard(id, changeSeq),
    control: (session, message) => void control(session, message),
  });
  const attendance = new Attendance({
    presence: ports.presence,
    bus,
    people: ports.people,
    hub,
    clock,
  });
  const watch = new Watch(hub, attendance);
  const pulse = new Pulse(hub, sweep, clock);
  const rights = new Rights(ports.rights, hub, log);
  const opening = new Opening({
    hub,
    channels,
    catchUps,
    log: conversationLog,
    users: userLog,
    attendance,
    sweep,
    watch,
  });
  const { requireVisible, authenticate } = handshake;
  const handlers: Handlers = {
    ...ports.handlers,
    ...createKernelCommands({ attendance, bus, rights, pulse, authenticate }),
    sync: createSync({ catchUps, opening, sweep, watch, bus, requireVisible }),
  };
  const receiver = createReceiver({ handlers, log, clock, charge: ports.charge });
  const lease = new Lease({
    store: ports.leases,
    id: randomUUID(),
    sharesBus: bus.isShared,
    intervalMs: intervals.leaseMs,
    logger: log,
    changed: (isApart) => sweep.doubt('no bus', isApart),
  });
  const sessions = new Sessions({
    hub,
    channels,
    opening,
    attendance,
    pulse,
    rights,
    receiver,
    clock,
    log,
    connectionsPerUser: ports.connectionsPerUser,
  });

  const control = async (session: Session, message: Control) => {
    if (message.userId !== session.caller.userId) return;
    if (message.op === 'watch') watch.add(session, message.ids);
    else if (message.op === 'status') await attendance.said(session, message.status);
    else
      await authenticate(message.token)
        .then((caller) => renew(session, caller, { rights, pulse }))
        .catch(() => {});
  };

  const deliver = (envelope: Envelope) => {
    if (isNotice(envelope)) return rights.noticed(envelope);
    attendance.heard(envelope);
    hub.deliver(envelope);
  };

  return {
    attendance,
    sweep,
    sessions,
    hub,
    identify: (request) => identify(request, handshake),
    start: async () => {
      await rights.start();
      await sweep.start(hub);
      const subscribed = bus.subscribe(deliver, (isHealthy) => sweep.doubt('bus down', !isHealthy));
      // With Redis away the node serves all the same: the subscription follows, and the sweep covers until then.
      await Promise.race([subscribed, patience()]);
      await attendance.start();
      await lease.start();
    },
    stop: async () => {
      pulse.stop();
      await rights.stop();
      await sweep.stop();
      await lease.stop();
      await attendance.stop();
    },
  };
}

const patience = () => setTimeout(3_000, undefined, { ref: false });

/** Another history: every session has to come back and prove its place. */
function endAll(hub: Hub): void {
  for (const session of [...hub.sessions.values()]) session.end(4451);
}
