import type { Clock } from '../platform/clock.js';
import { AppError, toAppError } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import { compile, explain, type Validator } from '../platform/validation.js';
import { COMMANDS, type Command, type CommandType } from '../protocol/commands.js';
import type { FrameOf } from '../protocol/frames.js';
import type { CommandContext, Handler, Handlers, Outcome } from './commands.js';
import type { Charge } from './frame-limit.js';

const validators = Object.fromEntries(
  Object.entries(COMMANDS).map(([type, schema]) => [type, compile(schema)]),
) as unknown as Record<CommandType, Validator>;

export interface Receiver {
  /** A frame as text. Never rejects: whatever goes wrong is answered with an `error` frame. */
  text(raw: string, context: CommandContext): Promise<Outcome>;
  /** The same for a frame that is already parsed. */
  value(value: unknown, context: CommandContext): Promise<Outcome>;
}

export interface ReceiverOptions {
  readonly handlers: Handlers;
  readonly log: Logger;
  readonly clock: Clock;
  readonly charge: Charge;
}

export function createReceiver({ handlers, log, clock, charge }: ReceiverOptions): Receiver {
  const handle = async (parse: () => unknown, context: CommandContext): Promise<Outcome> => {
    let command: Command | undefined;
    const refuse = (error: unknown) => context.reply(errorFrame(report(error, log), command));
    try {
      command = validate(parse());
      if (endsExpired(command, context, clock)) return undefined;
      const asked = charge(command.type, context.caller.userId);
      if (asked) await asked;
      const handler = handlers[command.type] as Handler<CommandType>;
      const outcome = await handler(command as never, context);
      return outcome && { done: outcome.done.catch(refuse) };
    } catch (error) {
      refuse(error);
      return undefined;
    }
  };
  return {
    text: (raw, context) => handle(() => parseJson(raw), context),
    value: (value, context) => handle(() => value, context),
  };
}

/** Of a session without a valid token nothing is taken but a newer one. Its client renews, and sends again. */
const WITHOUT_TOKEN: readonly CommandType[] = ['auth', 'ping', 'pong'];

function endsExpired({ type }: Command, { session }: CommandContext, clock: Clock): boolean {
  if (!session || session.caller.expiresAt > clock.now() || WITHOUT_TOKEN.includes(type))
    return false;
  session.end(4401);
  return true;
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    throw new AppError('bad_frame', 'The frame is not JSON. Send one JSON object per frame.');
  }
}

function validate(value: unknown): Command {
  const type =
    typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string' || !Object.hasOwn(COMMANDS, type)) {
    throw new AppError('bad_frame', `\`type\` must be one of ${Object.keys(COMMANDS).join(', ')}.`);
  }
  const validator = validators[type as CommandType];
  if (validator.Check(value)) return value as Command;
  throw new AppError('bad_frame', `The ${type} frame is wrong: ${explain(validator, value)}.`);
}

function report(error: unknown, log: Logger): AppError {
  const known = toAppError(error);
  const { log: level } = known.spec;
  log[level](
    { code: known.code, err: level === 'error' ? known.cause : undefined },
    'command refused',
  );
  return known;
}

function errorFrame(error: AppError, command: Command | undefined): FrameOf<'error'> {
  const { id, clientId, conversationId } = (command ?? {}) as Partial<
    Record<'id' | 'clientId' | 'conversationId', string>
  >;
  return {
    type: 'error',
    ...(id !== undefined && { id }),
    ...(clientId !== undefined && { clientId }),
    ...(conversationId !== undefined && { conversationId }),
    code: error.code,
    message: error.message,
    retryable: error.spec.retry,
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...error.extra,
  };
}
