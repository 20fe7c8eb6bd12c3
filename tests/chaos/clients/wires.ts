import { get } from 'node:http';
import { WebSocket } from 'ws';
import { createSseParser } from '../../../client/sdk/transports/sse-parser.js';
import type { Frame } from '../../../src/protocol/frames.js';
import { call } from './rest.js';

/** Where and as whom a plain client connects. */
export interface Target {
  readonly url: string;
  readonly token: string;
  readonly conversationId: string;
  readonly after: string | number;
}

export interface WireEvents {
  /** `cursor` where the transport says one. */
  frame(frame: Frame, cursor?: string): void;
  closed(): void;
}

/** A connection as the protocol describes it, without any help. */
export interface Wire {
  send(command: object): void;
  /** Without a goodbye, as a network does it. No event follows. */
  cut(): void;
}

export type OpenWire = (target: Target, events: WireEvents) => Wire;

/** The ways in; one that is added here joins the mix of clients. */
export const WIRES = { ws: openWebSocket, sse: openSse } satisfies Record<string, OpenWire>;
export type WireName = keyof typeof WIRES;

const queryOf = ({ conversationId, after }: Target) =>
  new URLSearchParams({ conversationId, after: `${after}` }).toString();

function openWebSocket(target: Target, events: WireEvents): Wire {
  const url = `${target.url.replace('http', 'ws')}/ws?${queryOf(target)}`;
  const bearer = `bearer.${Buffer.from(target.token).toString('base64url')}`;
  const socket = new WebSocket(url, ['chat.v1', bearer], { handshakeTimeout: 30_000 });
  socket.on('message', (data) => events.frame(JSON.parse(data.toString()) as Frame));
  socket.on('error', () => {});
  socket.on('close', () => events.closed());
  return {
    send: (command) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
    },
    cut: () => {
      socket.removeAllListeners('message');
      socket.removeAllListeners('close');
      socket.terminate();
    },
  };
}

function openSse(target: Target, events: WireEvents): Wire {
  let connectionId = '';
  let isOver = false;
  const over = (tell: boolean) => {
    if (!isOver && tell) events.closed();
    isOver = true;
    request.destroy();
  };
  const take = (data: string, id?: string) => {
    if (isOver) return;
    const frame = JSON.parse(data) as Frame;
    if (frame.type === 'ready') connectionId = frame.connectionId;
    if (frame.type === 'close') over(true);
    else events.frame(frame, id);
  };
  const headers = { authorization: `Bearer ${target.token}` };
  const request = get(`${target.url}/sse?${queryOf(target)}`, { headers, agent: false });
  request.on('error', () => over(true));
  request.on('response', (response) => {
    response.setEncoding('utf8');
    response.on(
      'data',
      createSseParser(({ data, id }) => take(data, id)),
    );
    response.on('error', () => over(true));
    response.on('close', () => over(true));
    if (response.statusCode !== 200) over(true);
  });
  let last = Promise.resolve();
  const post = async (command: object) => {
    const path = `/frames?connection=${connectionId}`;
    const named = { conversationId: target.conversationId, ...command };
    const answer = isOver ? null : await call(target.url, target.token, 'POST', path, named);
    for (const frame of (answer?.body?.frames ?? []) as Frame[]) take(JSON.stringify(frame));
  };
  return {
    send: (command) => {
      last = last.then(() => post(command));
    },
    cut: () => over(false),
  };
}
