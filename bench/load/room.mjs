import { eachOf } from '../support/each-of.mjs';
import { opened } from './opened.mjs';

const BODY_BYTES = 120;

/** One who talks, many who listen, and how many have heard what was said. */
export class Room {
  /** Set for each measurement. */
  meter;
  onWhole = () => {};
  said = 0;
  delivered = 0;
  size;
  #speaker;
  #heard = new Map();

  static async open({ connect, markOf }, { speaker, listeners }, failed) {
    const room = new Room();
    room.size = listeners.length;
    const delivered = (frame) => room.#delivered(markOf(frame));
    await eachOf(listeners.length, (index) =>
      opened(connect, listeners[index], { delivered, failed }),
    );
    room.#speaker = await opened(connect, speaker, { failed });
    return room;
  }

  get isIdle() {
    return this.#heard.size === 0;
  }

  say() {
    const number = ++this.said;
    this.#heard.set(number, 0);
    const mark = `@@${number}:${performance.now().toFixed(3)};`;
    this.#speaker.send(`${number}`, mark.padEnd(BODY_BYTES, 'x'));
  }

  #delivered(mark) {
    const [number, sentAt] = mark.split(':').map(Number);
    this.delivered++;
    this.meter.delivered(sentAt);
    const heard = this.#heard.get(number) + 1;
    if (heard < this.size) return this.#heard.set(number, heard);
    this.#heard.delete(number);
    this.onWhole();
  }
}
