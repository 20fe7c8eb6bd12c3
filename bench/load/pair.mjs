import { opened } from './opened.mjs';

const BODY_BYTES = 120;

/** A sender on one node, a receiver on the other, and what is still under way between them. */
export class Pair {
  /** Set for each measurement. */
  meter;
  onAck = () => {};
  sent = 0;
  acked = 0;
  reordered = 0;
  repeated = 0;
  under = new Set();
  #connection;
  #newest = 0;

  static async open({ connect, markOf }, [sender, receiver], failed) {
    const pair = new Pair();
    const acked = () => pair.#acked();
    const delivered = (frame) => pair.#delivered(markOf(frame));
    await opened(connect, receiver, { delivered, failed });
    pair.#connection = await opened(connect, sender, { acked, failed });
    return pair;
  }

  get isIdle() {
    return this.acked === this.sent && this.under.size === 0;
  }

  send() {
    const number = ++this.sent;
    this.under.add(number);
    const mark = `@@${number}:${performance.now().toFixed(3)};`;
    this.#connection.send(number, mark.padEnd(BODY_BYTES, 'x'));
  }

  #acked() {
    this.acked++;
    this.meter.ack();
    this.onAck();
  }

  #delivered(mark) {
    const [number, sentAt] = mark.split(':').map(Number);
    if (!this.under.delete(number)) this.repeated++;
    if (number < this.#newest) this.reordered++;
    else this.#newest = number;
    this.meter.delivered(sentAt);
  }
}
