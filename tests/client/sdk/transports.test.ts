/** @jest-environment node */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { createTransports } from '../../../client/sdk/transports';
import { createSseParser } from '../../../client/sdk/transports/sse-parser';
import type { LinkClose, Transport } from '../../../client/sdk/transports/transport';

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(handler: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handler);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A queue to await what a link tells, in order. */
function follow(transport: Transport, url: string, after: string | null = null) {
  const told: unknown[] = [];
  let wake: () => void = () => undefined;
  const tell = (event: unknown) => {
    told.push(event);
    wake();
  };
  const link = transport.open(
    { url, after, token: () => 'a.b.c' },
    {
      open: () => tell('open'),
      frame: (data, cursor) => tell(cursor === undefined ? data : [data, cursor]),
      close: (reason: LinkClose) => tell(reason),
    },
  );
  async function next(): Promise<unknown> {
    while (told.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return told.shift();
  }
  return { link, next, told };
}

const READY = JSON.stringify({ type: 'ready', connectionId: 'x1' });
const body = async (request: IncomingMessage) => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

describe('websocket', () => {
  const [websocket] = createTransports(['websocket'], { fetch, WebSocket }) as [Transport];

  async function serve() {
    const { server, url } = await listen((_, response) => response.writeHead(404).end());
    const sockets = new WebSocketServer({ server, handleProtocols: () => 'chat.v1' });
    const accepted = new Promise<[WebSocket, IncomingMessage]>((resolve) => {
      sockets.on('connection', (socket, request) => resolve([socket, request]));
    });
    return { url, accepted };
  }

  test('keeps the token out of the address, and carries frames both ways', async () => {
    const { url, accepted } = await serve();
    const { link, next } = follow(websocket, url, 'cur sor');
    const [socket, request] = await accepted;
    expect(request.url).toBe('/ws?after=cur%20sor');
    expect(request.headers['sec-websocket-protocol']).toBe('chat.v1,bearer.YS5iLmM');
    expect(await next()).toBe('open');
    socket.send(READY);
    expect(await next()).toBe(READY);
    const received = new Promise((resolve) =>
      socket.once('message', (data) => resolve(String(data))),
    );
    link.send('{"type":"ping"}');
    expect(await received).toBe('{"type":"ping"}');
    socket.close(4409);
    expect(await next()).toEqual({ code: 4409, clean: true });
    link.send('{"type":"ping"}');
  });

  test('tells a refused handshake as 1006', async () => {
    const { url } = await listen((_, response) => response.writeHead(401).end());
    const { next } = follow(websocket, url);
    expect(await next()).toEqual({ code: 1006, clean: false });
  });

  test('says nothing any more after it was closed from this side', async () => {
    const { url, accepted } = await serve();
    const { link, next, told } = follow(websocket, url);
    const [socket] = await accepted;
    expect(await next()).toBe('open');
    const closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
    socket.send(READY);
    link.close();
    expect(await closed).toBe(1000);
    expect(told).toEqual([]);
  });

  test('is left out where there is none', () => {
    const names = createTransports(['websocket', 'sse'], { fetch, WebSocket: undefined });
    expect(names.map(({ name }) => name)).toEqual(['sse']);
    expect(createTransports(['sse'], { fetch: undefined, WebSocket: undefined })).toEqual([]);
  });
});

describe('sse', () => {
  const [sse] = createTransports(['sse'], { fetch, WebSocket }) as [Transport];

  async function serve(uplink: (request: IncomingMessage, response: ServerResponse) => void) {
    let stream: ServerResponse | undefined;
    const headers: IncomingMessage['headers'][] = [];
    const { url } = await listen((request, response) => {
      headers.push(request.headers);
      if (request.method === 'POST') return uplink(request, response);
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${READY}\nid: cursor-1\n\n`);
    });
    return { url, headers, stream: () => stream as ServerResponse };
  }

  test('reads frames and cursors with the token in a header', async () => {
    const { url, headers, stream } = await serve(() => undefined);
    const { next, link } = follow(sse, url);
    expect(await next()).toBe('open');
    expect(await next()).toEqual([READY, 'cursor-1']);
    expect(headers[0]?.authorization).toBe('Bearer a.b.c');
    stream().write(': hb\n\ndata: {"type":"pong"}\n\n');
    expect(await next()).toBe('{"type":"pong"}');
    stream().end();
    expect(await next()).toEqual({ code: 1006, clean: false });
    link.close();
  });

  test('sends by POST, one at a time and in order, and feeds the answers back as frames', async () => {
    const bodies: string[] = [];
    const { url } = await serve(async (request, response) => {
      bodies.push(`${request.url} ${await body(request)}`);
      response.end(JSON.stringify({ frames: [{ type: 'pong', id: String(bodies.length) }] }));
    });
    const { next, link } = follow(sse, url);
    await next();
    await next();
    link.send('1');
    link.send('2');
    expect(await next()).toBe('{"type":"pong","id":"1"}');
    expect(await next()).toBe('{"type":"pong","id":"2"}');
    expect(bodies).toEqual(['/frames?connection=x1 1', '/frames?connection=x1 2']);
    link.close();
  });

  test('a refused POST is an error frame about what was sent', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(429, { 'retry-after': '2' });
      response.end(JSON.stringify({ code: 'rate_limited', detail: 'Slow down' }));
    });
    const { next, link } = follow(sse, url);
    await next();
    await next();
    link.send(JSON.stringify({ type: 'message', id: '7', clientId: 'k', conversationId: 'c1' }));
    expect(JSON.parse(String(await next()))).toEqual({
      type: 'error',
      id: '7',
      clientId: 'k',
      conversationId: 'c1',
      code: 'rate_limited',
      message: 'Slow down',
      retryable: true,
      retryAfterMs: 2_000,
    });
    link.close();
  });

  test('a POST that the network loses is a retryable error', async () => {
    const { url } = await serve((request) => request.socket.destroy());
    const { next, link } = follow(sse, url);
    await next();
    await next();
    link.send('{"type":"ping","id":"1"}');
    expect(JSON.parse(String(await next()))).toMatchObject({ id: '1', retryable: true });
    link.close();
  });

  test.each([
    [401, 4401],
    [403, 4403],
    [404, 4408],
  ])('a POST answered by %i ends the link with %i', async (status, code) => {
    const { url } = await serve((_, response) => response.writeHead(status).end('{}'));
    const { next, link } = follow(sse, url);
    await next();
    await next();
    link.send('{"type":"ping"}');
    expect(await next()).toEqual({ code, clean: false });
  });

  test('a refused stream is 1006, whatever the status', async () => {
    const { url } = await listen((_, response) => response.writeHead(503).end());
    expect(await follow(sse, url).next()).toEqual({ code: 1006, clean: false });
  });
});

describe('poll', () => {
  const [poll] = createTransports(['poll'], { fetch, WebSocket }) as [Transport];
  const ready = { type: 'ready', connectionId: 'x1', cursor: 'c1', heads: [], more: false };

  /** Answers the polls in turn; the one after the last waits. */
  async function serve(...answers: object[]) {
    const asked: { path: string; headers: IncomingMessage['headers'] }[] = [];
    const posts: string[] = [];
    const { url } = await listen(async (request, response) => {
      if (request.method === 'POST') {
        posts.push(`${request.url?.split('=')[1]} ${await body(request)}`);
        return response.end('{"frames":[{"type":"pong","id":"1"}]}');
      }
      asked.push({ path: String(request.url), headers: request.headers });
      const answer = answers.shift();
      if (answer !== undefined) response.end(JSON.stringify(answer));
    });
    return { url, asked, posts };
  }
  const rest = (path: string) => path.replace(/connection=[0-9a-f]{32}/, 'connection=ID');

  test('shows one connection to those above: `ready` once, later ones as heads', async () => {
    const head = { id: 'c', lastSeq: 7 };
    const { url, asked } = await serve(
      { frames: [ready, { type: 'ping', heads: [], cursor: 'c2' }], cursor: 'c2' },
      { frames: [{ ...ready, heads: [head] }, { type: 'typing' }], cursor: 'c3' },
      { frames: [{ type: 'typing' }], cursor: 'c4' },
    );
    const { next, link } = follow(poll, url);
    expect(await next()).toBe('open');
    expect(await next()).toBe(JSON.stringify(ready));
    expect(await next()).toBe(JSON.stringify({ type: 'ping', heads: [head], more: false }));
    expect(await next()).toBe('{"type":"typing"}');
    expect(await next()).toBe('{"type":"typing"}');
    link.close();
    expect(asked.slice(0, 3).map(({ path }) => rest(path))).toEqual([
      '/poll?connection=ID',
      '/poll?connection=ID&after=c1',
      '/poll?connection=ID&after=c3',
    ]);
    expect(asked[0]?.headers.authorization).toBe('Bearer a.b.c');
  });

  test('goes on after the cursor that it is given, whatever the first answer says', async () => {
    const { url, asked } = await serve({ frames: [ready], cursor: 'c2' }, { frames: [{}] });
    const { next, link } = follow(poll, url, 'cur sor');
    for (const _ of ['open', 'ready', 'frame']) await next();
    link.close();
    expect(rest(asked[1]?.path ?? '')).toBe('/poll?connection=ID&after=cur%20sor');
  });

  test('sends by POST for its own connection, but no `pong`', async () => {
    const { url, asked, posts } = await serve({ frames: [ready], cursor: 'c1' });
    const { next, link } = follow(poll, url);
    await next();
    await next();
    link.send('{"type":"pong"}');
    link.send('{"type":"ping","id":"1"}');
    expect(await next()).toBe('{"type":"pong","id":"1"}');
    const connection = /connection=(\w{32})/.exec(asked[0]?.path ?? '')?.[1];
    expect(posts).toEqual([`${connection} {"type":"ping","id":"1"}`]);
    link.close();
  });

  test.each([
    [401, 4401],
    [403, 4403],
    [404, 4408],
    [503, 1006],
  ])('a poll answered by %i ends the link with %i', async (status, code) => {
    const { url } = await listen((_, response) => response.writeHead(status).end('{}'));
    expect(await follow(poll, url).next()).toEqual({ code, clean: false });
  });

  test('a poll that the network loses ends the link, once', async () => {
    const { url } = await listen((request) => request.socket.destroy());
    const { next, told } = follow(poll, url);
    expect(await next()).toEqual({ code: 1006, clean: false });
    expect(told).toEqual([]);
  });

  test('a refusal in place of `ready` is told as it came', async () => {
    const close = { type: 'close', code: 4400, reason: 'repeated_bad_frames' };
    const { url } = await serve({ frames: [{ type: 'error' }, close], cursor: null });
    const { next, link } = follow(poll, url);
    expect(await next()).toBe('open');
    expect([await next(), await next()]).toEqual(['{"type":"error"}', JSON.stringify(close)]);
    link.close();
  });
});

describe('the event stream format', () => {
  test.each([1, 2, 3, 1_000])('is understood in chunks of %i', (size) => {
    const events: unknown[] = [];
    const feed = createSseParser((event) => events.push(event));
    const text = ': hb\r\n\r\ndata: a\ndata:b\nid: 1\n\nevent: x\rdata\r\rid: 9\n\ndata: c\n\n';
    for (let at = 0; at < text.length; at += size) feed(text.slice(at, at + size));
    expect(events).toEqual([
      { data: 'a\nb', id: '1' },
      { data: '', id: undefined },
      { data: 'c', id: undefined },
    ]);
  });
});
