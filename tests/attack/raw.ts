import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const CRLF = '\r\n';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

export const UPGRADE: readonly string[] = [
  'Host: chat.example',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${KEY}`,
];

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface FrameOptions {
  readonly opcode?: number;
  readonly fin?: boolean;
  /** Reserved bits, the first of them in the highest place. */
  readonly rsv?: number;
  readonly mask?: boolean;
  /** The length that the frame claims to have. */
  readonly claims?: number | bigint;
  /** How it is written: 7, 16 or 64 bits; by default as short as it can be. */
  readonly lengthBits?: 7 | 16 | 64;
}

export const OPCODE = { next: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame of any kind, also of one that no client would send. */
export function frame(payload: string | Buffer, options: FrameOptions = {}): Buffer {
  const data = Buffer.from(payload);
  const { opcode = OPCODE.text, fin = true, rsv = 0, mask = true, claims = data.length } = options;
  const bits = options.lengthBits ?? (claims < 126 ? 7 : claims < 65_536 ? 16 : 64);
  const length = Buffer.alloc(bits === 7 ? 0 : bits / 8);
  if (bits === 16) length.writeUInt16BE(Number(claims));
  if (bits === 64) length.writeBigUInt64BE(BigInt(claims));
  const code = bits === 7 ? Number(claims) : bits === 16 ? 126 : 127;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode, (mask ? 0x80 : 0) | code];
  return Buffer.concat([Buffer.from(head), length, mask ? masked(data) : data]);
}

function masked(data: Buffer): Buffer {
  const key = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  return Buffer.concat([key, data.map((byte, index) => byte ^ (key[index % 4] as number))]);
}

export const json = (value: unknown): Buffer => frame(JSON.stringify(value));

/** A TCP connection on which anything may be said. Keeps what comes back. */
export class Peer {
  readonly socket: Socket;
  readonly ended: Promise<void>;
  private received = Buffer.alloc(0);
  private isOver = false;
  private wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (data: Buffer) => {
      this.received = Buffer.concat([this.received, data]);
      this.wake();
    });
    // A node that cuts a peer off while it still talks is seen as a reset.
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.isOver = true;
        this.wake();
        resolve();
      });
    });
  }

  static async connect(port: number): Promise<Peer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const peer = new Peer(socket);
    await once(socket, 'connect');
    return peer;
  }

  write(data: string | Buffer): void {
    if (this.socket.writable) this.socket.write(data);
  }

  /** Begins as a WebSocket client does, up to the first frame. */
  async upgrade(path: string, headers: readonly string[] = []): Promise<Peer> {
    this.write(request('GET', path, [...UPGRADE, ...headers]));
    const answer = await this.answer();
    if (answer.status !== 101) throw new Error(`Not upgraded: ${answer.status} ${answer.body}`);
    await this.text((value) => value.type === 'ready');
    return this;
  }

  /** The next HTTP answer; `isHead`: of a request whose answer has no body. */
  async answer(isHead = false): Promise<Answer> {
    const { received } = await this.until(() => this.received.includes('\r\n\r\n'));
    const end = received.indexOf('\r\n\r\n');
    const [first = '', ...lines] = received.subarray(0, end).toString('latin1').split(CRLF);
    const headers = Object.fromEntries(lines.map(nameAndValue));
    const status = Number(first.split(' ')[1]);
    this.received = Buffer.from(received.subarray(end + 4));
    if (status === 101 || status === 204 || isHead) return { status, headers, body: '' };
    const length = headers['content-length'];
    await this.until(() => length !== undefined && this.received.length >= Number(length));
    const body = this.received.subarray(0, Number(length ?? this.received.length)).toString();
    this.received = Buffer.from(this.received.subarray(Number(length ?? this.received.length)));
    return { status, headers, body };
  }

  /** The next text frame that passes the test; those before it are dropped. */
  async text(test: (value: Received) => boolean = () => true): Promise<Received> {
    for (;;) {
      const { opcode, payload } = await this.frame();
      if (opcode === OPCODE.close)
        throw new Error(`Closed with ${payload.length >= 2 ? payload.readUInt16BE() : 'no code'}`);
      const value = opcode === OPCODE.text && (JSON.parse(payload.toString()) as Received);
      if (value && test(value)) return value;
    }
  }

  /** The code of the close frame with which the node ends the connection, which it then does. */
  async closeCode(): Promise<number> {
    for (;;) {
      const { opcode, payload } = await this.frame();
      if (opcode !== OPCODE.close) continue;
      this.write(frame(payload, { opcode: OPCODE.close }));
      await this.ended;
      return payload.readUInt16BE();
    }
  }

  async frame(): Promise<{ opcode: number; payload: Buffer }> {
    await this.until(() => lengthOf(this.received) !== null);
    const size = lengthOf(this.received);
    if (size === null) throw new Error('The connection ended without a frame');
    const opcode = (this.received[0] as number) & 0x0f;
    const payload = Buffer.from(this.received.subarray(size.head, size.head + size.payload));
    this.received = Buffer.from(this.received.subarray(size.head + size.payload));
    return { opcode, payload };
  }

  /** All that came until the connection ended. */
  async allFrames(): Promise<{ opcode: number; payload: Buffer }[]> {
    await this.ended;
    const frames = [];
    while (lengthOf(this.received) !== null) frames.push(await this.frame());
    return frames;
  }

  /** Whatever came, at least a byte. */
  async chunk(): Promise<Buffer> {
    const { received } = await this.until(() => this.received.length > 0);
    if (received.length === 0) throw new Error('The connection ended');
    this.received = Buffer.alloc(0);
    return received;
  }

  /** All that came until the connection ended. */
  async rest(): Promise<string> {
    await this.ended;
    return this.received.toString('latin1');
  }

  destroy(): void {
    this.socket.destroy();
  }

  private async until(test: () => boolean): Promise<{ received: Buffer }> {
    while (!test() && !this.isOver) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return { received: this.received };
  }
}

export type Received = { readonly type: string } & Readonly<Record<string, unknown>>;

export function request(
  method: string,
  path: string,
  headers: readonly string[],
  body: string | Buffer = '',
): Buffer {
  const head = [`${method} ${path} HTTP/1.1`, ...headers].join(CRLF);
  return Buffer.concat([Buffer.from(`${head}${CRLF}${CRLF}`, 'latin1'), Buffer.from(body)]);
}

/** One request on a connection of its own, and the answer to it. */
export async function ask(
  port: number,
  method: string,
  path: string,
  headers: readonly string[] = [],
  body?: string | Buffer,
): Promise<Answer> {
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return say(
    port,
    request(method, path, ['Host: chat.example', 'Connection: close', ...headers, ...length], body),
  );
}

/** The same for bytes of any kind. */
export async function say(port: number, bytes: string | Buffer): Promise<Answer> {
  const peer = await Peer.connect(port);
  peer.write(bytes);
  const answer = await peer.answer();
  peer.destroy();
  return answer;
}

const nameAndValue = (line: string): [string, string] => {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
};

/** Of the first frame, once all of it is there. */
function lengthOf(bytes: Buffer): { head: number; payload: number } | null {
  if (bytes.length < 2) return null;
  const code = (bytes[1] as number) & 0x7f;
  const head = code === 127 ? 10 : code === 126 ? 4 : 2;
  if (bytes.length < head) return null;
  const payload =
    code === 127 ? Number(bytes.readBigUInt64BE(2)) : code === 126 ? bytes.readUInt16BE(2) : code;
  return bytes.length < head + payload ? null : { head, payload };
}
