import { type Static, Type } from 'typebox';
import { LIMITS } from './limits.js';
import { ClientId, Cursor, closed, Seq, Uuid } from './primitives.js';
import { Status } from './resources/presence.js';

/** Echoed in the answer of a command. */
const id = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }));
/** May be left out on a conversation session. */
const conversationId = Type.Optional(Uuid);

export const MessageCommand = Type.Object(
  {
    type: Type.Literal('message'),
    id,
    conversationId,
    /** Emptiness and size are judged after the schema, to answer `body_empty` and `body_too_long`. */
    body: Type.String(),
    clientId: Type.Optional(ClientId),
    replyTo: Type.Optional(Seq),
    /** Refuses the send (`stale_reply`) when somebody else wrote after this number. */
    ifLastSeq: Type.Optional(Seq),
  },
  closed,
);
export type MessageCommand = Static<typeof MessageCommand>;

export const TypingCommand = Type.Object(
  { type: Type.Literal('typing'), id, conversationId, active: Type.Optional(Type.Boolean()) },
  closed,
);
export type TypingCommand = Static<typeof TypingCommand>;

export const StatusCommand = Type.Object(
  { type: Type.Literal('status'), id, status: Status },
  closed,
);
export type StatusCommand = Static<typeof StatusCommand>;

export const ReadCommand = Type.Object(
  { type: Type.Literal('read'), id, conversationId, seq: Seq },
  closed,
);
export type ReadCommand = Static<typeof ReadCommand>;

export const DeliveredCommand = Type.Object(
  { type: Type.Literal('delivered'), id, conversationId, seq: Seq },
  closed,
);
export type DeliveredCommand = Static<typeof DeliveredCommand>;

const after = Type.Union([Seq, Cursor]);
export const SyncCommand = Type.Object(
  {
    type: Type.Literal('sync'),
    id,
    conversationId,
    after: Type.Optional(after),
    conversations: Type.Optional(
      Type.Array(Type.Object({ id: Uuid, after }, closed), {
        minItems: 1,
        maxItems: LIMITS.syncConversations,
      }),
    ),
  },
  closed,
);
export type SyncCommand = Static<typeof SyncCommand>;

export const AuthCommand = Type.Object(
  { type: Type.Literal('auth'), id, token: Type.String({ minLength: 1, maxLength: 8_192 }) },
  closed,
);
export type AuthCommand = Static<typeof AuthCommand>;

export const PingCommand = Type.Object({ type: Type.Literal('ping'), id }, closed);
export type PingCommand = Static<typeof PingCommand>;

export const PongCommand = Type.Object({ type: Type.Literal('pong'), id }, closed);
export type PongCommand = Static<typeof PongCommand>;

/** Everything a client may send, by `type`. */
export const COMMANDS = {
  message: MessageCommand,
  typing: TypingCommand,
  status: StatusCommand,
  read: ReadCommand,
  delivered: DeliveredCommand,
  sync: SyncCommand,
  auth: AuthCommand,
  ping: PingCommand,
  pong: PongCommand,
} as const;

export type CommandType = keyof typeof COMMANDS;
export type Command = { [K in CommandType]: Static<(typeof COMMANDS)[K]> }[CommandType];
