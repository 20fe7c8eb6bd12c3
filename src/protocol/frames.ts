import { type Static, Type } from 'typebox';
import { CLOSE_CODES, type CloseCode } from './close-codes.js';
import { ERRORS, type ErrorCode } from './errors.js';
import { ClientId, Cursor, Nullable, Seq, Timestamp, Uuid } from './primitives.js';
import { Conversation } from './resources/conversation.js';
import { Membership } from './resources/membership.js';
import { Message } from './resources/message.js';
import { Participant } from './resources/participant.js';
import { Person } from './resources/person.js';
import { Availability, UserPresence } from './resources/presence.js';
import { Receipt } from './resources/receipt.js';

const Head = Type.Object({ id: Uuid, lastSeq: Seq });
export type Head = Static<typeof Head>;

const Int = Type.Integer({ minimum: 0 });
const Text = Type.String();

/** Always the first frame of a connection. `conversationId` is null on a user session. */
export const ReadyFrame = Type.Object({
  type: Type.Literal('ready'),
  protocol: Text,
  connectionId: Text,
  user: Person,
  conversationId: Nullable(Uuid),
  /** Conversation session: the number from which it goes live, before any catch-up. User session: that of the own stream. */
  position: Seq,
  cursor: Cursor,
  epoch: Text,
  /** Conversations that changed since the cursor of a resumed user session; `more` when they are too many to list. */
  heads: Type.Array(Head),
  more: Type.Boolean(),
  pingMs: Int,
  reconnectWindowMs: Int,
  limits: Type.Object({ frameBytes: Int, bodyBytes: Int }),
});

/** The conversation travels under its own name because it has a `type` of its own. */
export const ConversationFrame = Type.Object({
  type: Type.Literal('conversation'),
  conversationId: Uuid,
  changeSeq: Seq,
  conversation: Conversation,
});
export const ParticipantFrame = Type.Object({
  type: Type.Literal('participant'),
  ...Participant.properties,
});
export const MessageFrame = Type.Object({ type: Type.Literal('message'), ...Message.properties });
export const MembershipFrame = Type.Object({
  type: Type.Literal('membership'),
  ...Membership.properties,
});
export const ReceiptFrame = Type.Object({ type: Type.Literal('receipt'), ...Receipt.properties });

export const TypingFrame = Type.Object({
  type: Type.Literal('typing'),
  conversationId: Uuid,
  userId: Uuid,
  name: Text,
  active: Type.Boolean(),
});
export const UserStatusFrame = Type.Object({
  type: Type.Literal('status'),
  ...UserPresence.properties,
});
export const AvailabilityFrame = Type.Object({
  type: Type.Literal('status'),
  ...Availability.properties,
});

/**
 * Brackets a catch-up of the interval (from, to]: one opens it, one with `done` closes it and moves the position to `to`.
 * `rest`: too many rows; page `GET /api/conversations/:id/messages?changedAfter=from`, then sync again.
 * Without `conversationId` it is that of the user's own stream.
 */
export const ReplayFrame = Type.Object({
  type: Type.Literal('replay'),
  id: Type.Optional(Text),
  conversationId: Type.Optional(Uuid),
  from: Seq,
  to: Seq,
  done: Type.Boolean(),
  rest: Type.Optional(Type.Boolean()),
});

/** Continuity cannot be proved: drop local state of it, load it by REST, send own unconfirmed messages again. */
export const ResyncFrame = Type.Object({
  type: Type.Literal('resync'),
  id: Type.Optional(Text),
  conversationId: Type.Optional(Uuid),
  reason: Type.Union([Type.Literal('ahead'), Type.Literal('epoch'), Type.Literal('history')]),
});

export const AckFrame = Type.Object({
  type: Type.Literal('ack'),
  id: Type.Optional(Text),
  clientId: ClientId,
  conversationId: Uuid,
  seq: Seq,
  createdAt: Timestamp,
  duplicate: Type.Boolean(),
});

const ErrorCodes = Type.Unsafe<ErrorCode>(
  Type.Union(Object.keys(ERRORS).map((code) => Type.Literal(code))),
);
export const ErrorFrame = Type.Object({
  type: Type.Literal('error'),
  id: Type.Optional(Text),
  clientId: Type.Optional(ClientId),
  conversationId: Type.Optional(Uuid),
  code: ErrorCodes,
  message: Text,
  retryable: Type.Boolean(),
  retryAfterMs: Type.Optional(Int),
  /** `stale_reply`: the messages that the sender had not seen. */
  newer: Type.Optional(Type.Array(Message)),
  /** `conversation_closed`: the conversation that is open instead. */
  openConversationId: Type.Optional(Uuid),
});

/** A data frame, because some proxies do not count protocol pings. Any frame or a `pong` answers it. */
export const PingFrame = Type.Object({
  type: Type.Literal('ping'),
  /** Conversations whose change the server found by its sweep: a hint of it may have been lost. */
  heads: Type.Array(Head),
  more: Type.Optional(Type.Boolean()),
  /** User sessions: a newer cursor to resume from. */
  cursor: Type.Optional(Cursor),
});
export const PongFrame = Type.Object({ type: Type.Literal('pong'), id: Type.Optional(Text) });
export const AuthFrame = Type.Object({
  type: Type.Literal('auth'),
  id: Type.Optional(Text),
  expiresAt: Timestamp,
  expiring: Type.Boolean(),
});
export const ReconnectFrame = Type.Object({
  type: Type.Literal('reconnect'),
  inMs: Int,
  reason: Text,
});

const CloseCodes = Type.Unsafe<CloseCode>(
  Type.Union(Object.keys(CLOSE_CODES).map((code) => Type.Literal(Number(code)))),
);
/** Ends a connection on transports that have no close codes. */
export const CloseFrame = Type.Object({
  type: Type.Literal('close'),
  code: CloseCodes,
  reason: Text,
});

/** Everything a server may send. Clients ignore fields and types they do not know. */
export const FRAMES = {
  ready: ReadyFrame,
  conversation: ConversationFrame,
  participant: ParticipantFrame,
  message: MessageFrame,
  membership: MembershipFrame,
  receipt: ReceiptFrame,
  typing: TypingFrame,
  status: Type.Union([UserStatusFrame, AvailabilityFrame]),
  replay: ReplayFrame,
  resync: ResyncFrame,
  ack: AckFrame,
  error: ErrorFrame,
  ping: PingFrame,
  pong: PongFrame,
  auth: AuthFrame,
  reconnect: ReconnectFrame,
  close: CloseFrame,
} as const;

export type FrameType = keyof typeof FRAMES;
export type FrameOf<T extends FrameType> = Static<(typeof FRAMES)[T]>;
export type Frame = { [K in FrameType]: FrameOf<K> }[FrameType];
/** Frames with a number of the conversation's counter: ordered, resumed, never lost. */
export type DurableFrame = FrameOf<'conversation' | 'participant' | 'message'>;
