import { AppError } from '../platform/errors.js';
import type { AuthCommand } from '../protocol/commands.js';
import type { Bus } from './bus/index.js';
import type { Caller } from './caller.js';
import type { CommandContext, Handlers } from './commands.js';
import type { Control } from './hub.js';
import type { Attendance } from './presence/attendance.js';
import type { Pulse } from './pulse.js';
import type { Rights } from './rights.js';
import type { Session } from './session.js';
import { topics } from './topics.js';

export interface KernelCommandPorts {
  readonly attendance: Attendance;
  readonly bus: Bus;
  readonly rights: Rights;
  readonly pulse: Pulse;
  authenticate(token: string): Promise<Caller>;
}

/** The commands that concern the connection itself and no feature. */
export function createKernelCommands(
  ports: KernelCommandPorts,
): Pick<Handlers, 'ping' | 'pong' | 'status' | 'auth'> {
  return {
    ping: ({ id }, { reply }) => {
      reply({ type: 'pong', ...(id !== undefined && { id }) });
      return undefined;
    },
    pong: () => undefined,
    status: ({ status }, context) => {
      const { session } = context;
      if (session) void ports.attendance.said(session, status);
      else forward(ports.bus, context, { op: 'status', userId: context.caller.userId, status });
      return undefined;
    },
    auth: async (command, context) => {
      const caller = await ports.authenticate(command.token);
      if (caller.userId !== context.caller.userId) {
        context.session?.end(4403);
        throw new AppError(
          'forbidden',
          'The token is of another user. Open a new connection for them.',
        );
      }
      renewOrForward(ports, context, caller, command);
      const expiresAt = new Date(caller.expiresAt).toISOString();
      context.reply({
        type: 'auth',
        expiresAt,
        expiring: false,
        ...(command.id !== undefined && { id: command.id }),
      });
      return undefined;
    },
  };
}

function renewOrForward(
  ports: KernelCommandPorts,
  context: CommandContext,
  caller: Caller,
  { token }: AuthCommand,
): void {
  if (context.session) return renew(context.session, caller, ports);
  forward(ports.bus, context, { op: 'auth', userId: caller.userId, token });
}

/** To the node that owns the session: a posted command may reach another one. */
function forward(bus: Bus, { connectionId }: CommandContext, message: Control): void {
  const frame = JSON.stringify(message);
  bus.publish({ topics: [topics.session(connectionId)], control: true, frame });
}

export function renew(
  session: Session,
  caller: Caller,
  { rights, pulse }: Pick<KernelCommandPorts, 'rights' | 'pulse'>,
): void {
  rights.setBusinesses(session, caller.staffOf);
  session.caller = caller;
  pulse.renewed(session);
  rights.admitted(session);
}
