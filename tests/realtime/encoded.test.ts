import type { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import * as ws from 'ws';
import { Encoded, encode } from '../../src/realtime/encoded.js';

describe('a frame made ready for the wire', () => {
  test.each([
    [0, 2],
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
    [1_000_000, 10],
  ])('of %i bytes has a header of %i', async (length, header) => {
    const text = 'x'.repeat(length);
    const bytes = new Encoded(text).webSocket;
    expect(bytes.length).toBe(header + length);
    expect(bytes[0]).toBe(0x81);
    expect((bytes[1] as number) & 0x80).toBe(0);
    expect(await parsed(bytes)).toBe(text);
  });

  test('counts bytes of UTF-8, not characters', async () => {
    const text = '€'.repeat(42);
    const bytes = new Encoded(text).webSocket;
    expect(bytes.length).toBe(4 + 126);
    expect(await parsed(bytes)).toBe(text);
  });

  test('is built once for all receivers', () => {
    const frame = encode({ type: 'pong' });
    expect(frame.webSocket).toBe(frame.webSocket);
  });

  test('[R8] carries an id over SSE only where a client may resume from it', () => {
    const frame = encode({ type: 'pong' });
    expect(frame.sse(true)).toBe('data: {"type":"pong"}\n\n');
    expect(encode({ type: 'pong' }, 'here').sse(false)).toBe('id: here\ndata: {"type":"pong"}\n\n');
    frame.conversationCursor = 'there';
    expect(frame.sse(false)).not.toContain('id:');
    expect(frame.sse(true)).toContain('id: there\n');
  });
});

/** The half of `ws` that reads frames; its types leave it out. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: { isServer: boolean }) => Writable;
};

/** What a WebSocket client of other people's making understands. */
function parsed(bytes: Buffer): Promise<string> {
  const receiver = new Receiver({ isServer: false });
  const message = new Promise<string>((resolve, reject) => {
    receiver.on('message', (data: Buffer) => resolve(data.toString()));
    receiver.on('error', reject);
  });
  receiver.write(bytes);
  return message;
}
