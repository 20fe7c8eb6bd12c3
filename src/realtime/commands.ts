import type { Static } from 'typebox';
import { AppError } from '../platform/errors.js';
import type { COMMANDS, CommandType } from '../protocol/commands.js';
import type { Frame } from '../protocol/frames.js';
import type { Caller } from './caller.js';
import type { Session } from './session.js';

/** Where a command came from and where its answer goes. */
export interface CommandContext {
  readonly caller: Caller;
  readonly connectionId: string;
  /** Null when the command was posted to a node that does not own the connection. */
  readonly session: Session | null;
  /** The conversation of a conversation session. */
  readonly conversationId: string | null;
  reply(frame: Frame): void;
}

/** `done` resolves when the answer has been sent; the handler itself resolves as soon as the order is settled. */
export type Outcome = { readonly done: Promise<void> } | undefined;

export type Handler<T extends CommandType> = (
  command: Static<(typeof COMMANDS)[T]>,
  context: CommandContext,
) => Promise<Outcome> | Outcome;

/** One handler for each command: a module contributes those of its noun. */
export type Handlers = { readonly [T in CommandType]: Handler<T> };

/** A conversation session is bound to its conversation; a user session has to name one. */
export function targetOf(command: { conversationId?: string }, context: CommandContext): string {
  const id = command.conversationId ?? context.conversationId;
  if (!id)
    throw new AppError(
      'bad_frame',
      'Name a `conversationId`: this connection is not bound to one.',
    );
  if (context.conversationId !== null && id !== context.conversationId) {
    throw new AppError('bad_frame', 'This connection is bound to another conversation.');
  }
  return id;
}
