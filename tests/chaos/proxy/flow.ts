import type { Socket } from 'node:net';
import { allowance, type Direction, holds, type Weather } from './weather.js';

const QUEUE_BYTES = 64 * 1_024;

interface Parcel {
  bytes: Buffer;
  readonly at: number;
}

/** One direction of a connection: what one side sends, held back as the weather wants, in order, its end included. */
export class Flow {
  private readonly from: Socket;
  private readonly to: Socket;
  private readonly direction: Direction;
  private readonly queue: Parcel[] = [];
  private queued = 0;
  private ended = false;
  private lastPump = performance.now();

  constructor(from: Socket, to: Socket, direction: Direction) {
    this.from = from;
    this.to = to;
    this.direction = direction;
  }

  take(bytes: Buffer, weather: Weather): void {
    this.queue.push({ bytes, at: performance.now() });
    this.queued += bytes.length;
    if (this.queued > QUEUE_BYTES) this.from.pause();
    this.pump(weather);
  }

  end(weather: Weather): void {
    this.ended = true;
    this.pump(weather);
  }

  pump(weather: Weather): void {
    const now = performance.now();
    const left = weather.kind === 'slow' ? now - this.lastPump : 0;
    for (let head = this.queue[0]; head; head = this.queue[0]) {
      const most = allowance(weather, this.direction, head.bytes.length, now - head.at, left);
      if (most === 0) return;
      this.lastPump = now;
      this.pass(head, most);
      if (weather.kind === 'slow') return;
    }
    if (this.ended && this.queue.length === 0 && !holds(weather, this.direction)) this.to.destroy();
  }

  private pass(head: Parcel, most: number): void {
    const part = head.bytes.subarray(0, most);
    head.bytes = head.bytes.subarray(most);
    if (head.bytes.length === 0) this.queue.shift();
    this.queued -= part.length;
    if (!this.to.destroyed) this.to.write(part);
    if (this.queued <= QUEUE_BYTES && this.from.isPaused()) this.from.resume();
  }
}
