import type { Frame } from '../protocol/frames.js';

/** A frame made ready for the wire at most once per node, whatever the number of its receivers. */
export class Encoded {
  readonly text: string;
  /** Number in its conversation's counter; undefined on frames that are not durable. */
  readonly changeSeq: number | undefined;
  /** Resume point of any session that gets this frame. */
  readonly cursor: string | undefined;
  /** The same for conversation sessions only. Set by the channel, which knows that the order up to here is whole. */
  conversationCursor: string | undefined;
  /** Dropped first when a receiver is slow. */
  readonly ephemeral: boolean;
  private webSocketBytes: Buffer | undefined;
  private size = -1;

  constructor(
    text: string,
    traits: { changeSeq?: number; cursor?: string; ephemeral?: boolean } = {},
  ) {
    this.text = text;
    this.changeSeq = traits.changeSeq;
    this.cursor = traits.cursor;
    this.ephemeral = traits.ephemeral ?? false;
  }

  /** Of the frame itself; what a transport puts around it is not counted. */
  get bytes(): number {
    if (this.size < 0) this.size = Buffer.byteLength(this.text);
    return this.size;
  }

  get webSocket(): Buffer {
    this.webSocketBytes ??= webSocketFrame(Buffer.from(this.text));
    return this.webSocketBytes;
  }

  /** Where a session of a kind may resume once it has this frame, on transports that say so. */
  resumeAt(isConversationSession: boolean): string | undefined {
    return this.cursor ?? (isConversationSession ? this.conversationCursor : undefined);
  }

  sse(isConversationSession: boolean): string {
    const id = this.resumeAt(isConversationSession);
    return `${id === undefined ? '' : `id: ${id}\n`}data: ${this.text}\n\n`;
  }
}

export const encode = (frame: Frame, cursor?: string): Encoded =>
  new Encoded(JSON.stringify(frame), cursor === undefined ? {} : { cursor });

/** RFC 6455 5.2: one unmasked, uncompressed text frame. */
function webSocketFrame(payload: Buffer): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x81;
  if (length < 126) header[1] = length;
  else if (length < 65_536) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, payload]);
}
