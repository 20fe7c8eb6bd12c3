import { AppError } from '../platform/errors.js';
import type { Frame, FrameOf } from '../protocol/frames.js';
import { LIMITS } from '../protocol/limits.js';
import { type Cursor, encodeCursor } from './cursor.js';
import { type ConversationLog, type LogSlice, NOTHING_AFTER } from './log.js';

type ResyncReason = FrameOf<'resync'>['reason'];

/** Beyond this a catch-up over the connection would make a slow consumer of whoever asks for it, each time anew. */
const CATCH_UP_BYTES = 1 << 19;

/** What stands between a client's place and the present. */
export type CatchUp =
  | { readonly kind: 'rows'; readonly from: number; readonly slice: LogSlice }
  | { readonly kind: 'rest'; readonly from: number; readonly slice: LogSlice }
  | { readonly kind: 'resync'; readonly reason: ResyncReason; readonly slice: LogSlice };

export class CatchUps {
  private readonly log: ConversationLog;

  constructor(log: ConversationLog) {
    this.log = log;
  }

  /** The present alone: the place from which a session without a cursor goes live. */
  async head(conversationId: string): Promise<LogSlice> {
    return found(await this.log.read(conversationId, NOTHING_AFTER, LIMITS.catchUpRows));
  }

  async since(conversationId: string, cursor: Cursor, epoch: string): Promise<CatchUp> {
    if (cursor.kind === 'user') throw wrongCursor();
    const from = cursor.position;
    const slice = found(await this.log.read(conversationId, from, LIMITS.catchUpRows));
    const reason = discontinuity(cursor, slice, epoch);
    if (reason) return { kind: 'resync', reason, slice };
    if (slice.overflow || weightOf(slice) > CATCH_UP_BYTES)
      return { kind: 'rest', from, slice: { ...slice, frames: [] } };
    return { kind: 'rows', from, slice };
  }
}

const weightOf = ({ frames }: LogSlice): number =>
  frames.reduce((sum, frame) => sum + ('body' in frame ? Buffer.byteLength(frame.body) : 0), 0);

/** Why the place of a cursor cannot be trusted to lie in this history; null when it can. */
function discontinuity(cursor: Cursor, slice: LogSlice, epoch: string): ResyncReason | null {
  if (cursor.kind !== 'bare' && cursor.epoch !== epoch) return 'epoch';
  if (cursor.position > slice.head) return 'ahead';
  const tail = cursor.kind === 'conversation' && cursor.tail.seq > 0 ? cursor.tail : null;
  return tail && (tail.seq !== slice.tailBefore.seq || tail.hash !== slice.tailBefore.hash)
    ? 'history'
    : null;
}

/** The frames that bring a client up to date, but for the closing `replay`, which moves its position. */
export function* catchUpFrames(conversationId: string, catchUp: CatchUp): Generator<Frame> {
  if (catchUp.kind === 'resync') {
    yield { type: 'resync', conversationId, reason: catchUp.reason };
    return;
  }
  const { from, slice } = catchUp;
  yield {
    type: 'replay',
    conversationId,
    from,
    to: slice.head,
    done: false,
    ...(catchUp.kind === 'rest' && { rest: true }),
  };
  yield* slice.frames;
  if (catchUp.kind === 'rows') yield* receiptFrames(slice);
}

export function* receiptFrames(slice: LogSlice): Generator<Frame> {
  for (const receipt of slice.receipts) yield { type: 'receipt', ...receipt };
}

export function conversationCursor(epoch: string, slice: Pick<LogSlice, 'head' | 'tail'>): string {
  return encodeCursor({ kind: 'conversation', epoch, position: slice.head, tail: slice.tail });
}

export function wrongCursor(): AppError {
  return new AppError(
    'bad_cursor',
    '`after` is not a cursor of this stream. Leave it out to start at the present.',
  );
}

function found(slice: LogSlice | null): LogSlice {
  if (!slice) throw new AppError('not_found', 'There is no such conversation.');
  return slice;
}
