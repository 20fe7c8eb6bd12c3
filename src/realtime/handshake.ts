import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../platform/errors.js';
import { PROTOCOL } from '../protocol/version.js';
import type { Caller } from './caller.js';
import { type Cursor, decodeCursor, newerCursor } from './cursor.js';

export interface HandshakePorts {
  /** Throws `unauthorized` or `token_expired`. */
  authenticate(token: string): Promise<Caller>;
  /** Single use. Throws `unauthorized`. */
  redeemTicket(ticket: string): Promise<Caller>;
  /** Throws `not_found` when the conversation does not exist or the caller may not see it. */
  requireVisible(caller: Caller, conversationId: string): Promise<void>;
  /** Origins of other sites that may connect; a server's own is always allowed. */
  readonly origins: readonly string[];
}

export interface Admission {
  readonly caller: Caller;
  readonly conversationId: string | null;
  readonly after: Cursor | null;
  /** Chosen by a client that polls; whoever holds a connection gets one from the server. */
  readonly connectionId?: string;
}

export interface Request {
  readonly query: unknown;
  readonly headers: IncomingHttpHeaders;
}

const CONNECTION = /^[0-9a-f]{32}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What every way in understands. */
const PARAMETERS = ['conversationId', 'after', 'token', 'ticket'];

/** Polls and posts say by whose connection they come. */
export async function admitPoll(request: Request, ports: HandshakePorts): Promise<Admission> {
  const connectionId = connectionOf(request);
  return { ...(await admit(request, ports, [...PARAMETERS, 'connection'])), connectionId };
}

/** Decides before the upgrade, so that a refusal is a plain HTTP answer. A malformed request uses up no ticket. */
export async function admit(
  request: Request,
  ports: HandshakePorts,
  parameters: readonly string[] = PARAMETERS,
): Promise<Admission> {
  requireOrigin(request.headers, ports.origins);
  requireKnown(request, parameters);
  const conversationId = conversationOf(request);
  const after = cursorOf(request);
  const caller = await identify(request, ports);
  if (conversationId !== null) await ports.requireVisible(caller, conversationId);
  return { caller, conversationId, after };
}

/** The credential of a request: bearer header, subprotocol, query. */
export async function identify(request: Request, ports: HandshakePorts): Promise<Caller> {
  const given = parameter(request, 'token', 8_192);
  const ticket = parameter(request, 'ticket', 128);
  const token = bearer(request.headers) ?? subprotocolToken(request.headers) ?? given;
  if (token !== undefined) return ports.authenticate(token);
  if (ticket !== undefined) return ports.redeemTicket(ticket);
  throw new AppError(
    'unauthorized',
    'Send a token: as a bearer header, a subprotocol, or `?token=`.',
  );
}

/** Browsers always send an origin with an upgrade; other programs do not and hold a bearer token anyway. */
function requireOrigin(headers: IncomingHttpHeaders, allowed: readonly string[]): void {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes(origin)) return;
  if (origin === `http://${host}` || origin === `https://${host}`) return;
  throw new AppError(
    'origin_forbidden',
    'Pages of this origin may not connect. Add it to CORS_ORIGIN.',
  );
}

export function connectionOf({ query }: Request): string {
  const { connection } = query as Record<string, unknown>;
  if (typeof connection === 'string' && CONNECTION.test(connection)) return connection;
  throw new AppError(
    'bad_request',
    '`connection` must be 32 hexadecimal digits in lower case: the `connectionId` of `ready`.',
  );
}

function bearer({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^Bearer ([\w.-]+)$/i.exec(authorization ?? '')?.[1];
}

function subprotocolToken(headers: IncomingHttpHeaders): string | undefined {
  const offered = headers['sec-websocket-protocol']?.split(',').map((part) => part.trim());
  const encoded = offered?.includes(PROTOCOL) && offered.find((part) => part.startsWith('bearer.'));
  return encoded ? Buffer.from(encoded.slice('bearer.'.length), 'base64url').toString() : undefined;
}

export function requireKnown({ query }: Request, names: readonly string[]): void {
  const unknown = Object.keys(query as object).some((name) => !names.includes(name));
  if (!unknown) return;
  throw new AppError('bad_request', `The address takes ${names.join(', ')} and nothing else.`);
}

export function conversationOf(request: Request): string | null {
  const id = parameter(request, 'conversationId', 36);
  if (id === undefined) return null;
  if (!UUID.test(id))
    throw new AppError('bad_request', '`conversationId` must be a UUID in lower case.');
  return id;
}

/** An EventSource that comes back repeats the address of its beginning: the newer of both cursors counts. */
function cursorOf(request: Request): Cursor | null {
  const last = lastEventId(request.headers);
  const text = parameter(request, 'after', 256);
  const after = text === undefined ? null : parse('after', text);
  if (last === undefined) return after;
  // One that is not ours is ignored beside a good `after`; alone, to begin at the present would lose what lies between.
  const cursor = after ? decodeCursor(last) : parse('Last-Event-ID', last);
  return cursor && after ? newerCursor(cursor, after) : (cursor ?? after);
}

function lastEventId(headers: IncomingHttpHeaders): string | undefined {
  const last = headers['last-event-id'];
  return typeof last === 'string' && last !== '' ? last : undefined;
}

function parse(name: string, text: string): Cursor {
  const cursor = text.length <= 256 ? decodeCursor(text) : null;
  if (cursor) return cursor;
  throw new AppError(
    'bad_cursor',
    `\`${name}\` is neither a cursor nor a number of a conversation.`,
  );
}

function parameter({ query }: Request, name: string, maxLength: number): string | undefined {
  const value = (query as Record<string, unknown>)[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
  throw new AppError(
    'bad_request',
    `\`${name}\` must be given once, with 1 to ${maxLength} characters.`,
  );
}
