import { AppError, toAppError } from '../platform/errors.js';
import type { SyncCommand } from '../protocol/commands.js';
import type { Bus } from './bus/index.js';
import { type CatchUps, catchUpFrames } from './catch-up.js';
import type { CommandContext, Handler } from './commands.js';
import { type Cursor, decodeCursor } from './cursor.js';
import type { HandshakePorts } from './handshake.js';
import type { Control } from './hub.js';
import type { Opening } from './opening.js';
import type { Sweep } from './sweep.js';
import { topics } from './topics.js';
import { subjects, type Watch } from './watch.js';

export interface SyncPorts {
  readonly catchUps: CatchUps;
  readonly opening: Opening;
  readonly sweep: Sweep;
  readonly watch: Watch;
  readonly bus: Bus;
  readonly requireVisible: HandshakePorts['requireVisible'];
}

/** Brings conversations up to date over an open connection. One that fails does not keep the others from it. */
export function createSync(ports: SyncPorts): Handler<'sync'> {
  return async (command, context) => {
    for (const { id, after } of wanted(command, context)) {
      // What a slow peer has asked for is read when it has taken what came before.
      await context.session?.drained();
      try {
        await syncOne(ports, { conversationId: id, after, command }, context);
      } catch (error) {
        const { code, message, spec } = toAppError(error);
        context.reply({
          type: 'error',
          conversationId: id,
          code,
          message,
          retryable: spec.retry,
          ...idOf(command),
        });
      }
    }
    return undefined;
  };
}

interface Wanted {
  readonly conversationId: string;
  readonly after: Cursor;
  readonly command: SyncCommand;
}

async function syncOne(ports: SyncPorts, wanted: Wanted, context: CommandContext): Promise<void> {
  const { conversationId, after, command } = wanted;
  const { session, caller } = context;
  await ports.requireVisible(caller, conversationId);
  if (session && session.conversationId === conversationId) {
    return ports.opening.enter(session, conversationId, after, command.id);
  }
  const catchUp = await ports.catchUps.since(conversationId, after, ports.sweep.epoch);
  for (const frame of catchUpFrames(conversationId, catchUp)) context.reply(frame);
  if (catchUp.kind === 'rest') return;
  watchFor(ports, context, subjects(catchUp.slice));
  for (const frame of await ports.watch.snapshot(catchUp.slice)) context.reply(frame);
  if (catchUp.kind === 'resync') return;
  const { from, slice } = catchUp;
  context.reply({
    type: 'replay',
    conversationId,
    from,
    to: slice.head,
    done: true,
    ...idOf(command),
  });
}

/** A posted sync may have reached another node than the one that holds the stream. */
function watchFor(
  { watch, bus }: SyncPorts,
  { session, connectionId, caller }: CommandContext,
  ids: string[],
): void {
  if (session) return watch.add(session, ids);
  const control: Control = { op: 'watch', userId: caller.userId, ids };
  bus.publish({
    topics: [topics.session(connectionId)],
    control: true,
    frame: JSON.stringify(control),
  });
}

function wanted(command: SyncCommand, context: CommandContext): { id: string; after: Cursor }[] {
  const { conversations, after } = command;
  const id = command.conversationId ?? context.conversationId;
  const list = conversations ?? (id && after !== undefined ? [{ id, after }] : []);
  if (list.length === 0) {
    throw new AppError(
      'bad_frame',
      'A sync needs `conversations`, or `conversationId` and `after`.',
    );
  }
  return list.map((item) => ({ id: item.id, after: parse(item.after) }));
}

function parse(after: string | number): Cursor {
  const cursor = decodeCursor(String(after));
  if (cursor) return cursor;
  throw new AppError('bad_cursor', '`after` is neither a cursor nor a number of the conversation.');
}

const idOf = ({ id }: SyncCommand) => (id === undefined ? {} : { id });
