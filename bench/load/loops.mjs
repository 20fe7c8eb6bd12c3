import { setTimeout as wait } from 'node:timers/promises';

/** Closed loop: each sender keeps `window` messages unacknowledged, so the servers set the pace. */
export async function closedLoop(pairs, meter, { window }) {
  for (const pair of pairs) {
    pair.onAck = () => {
      if (!meter.isOver) pair.send();
    };
    for (let i = 0; i < window; i++) pair.send();
  }
  await wait(meter.until - performance.now());
}

/** Open loop: messages leave at random moments with a given mean, whatever the servers do. */
export async function openLoop(pairs, meter, { rate }) {
  let due = performance.now();
  for (let next = 0; due < meter.until; await wait(1)) {
    for (; due <= performance.now() && due < meter.until; due += pauseMs(rate)) {
      meter.left(due);
      pairs[next++ % pairs.length].send();
    }
  }
}

/** Between the arrivals of independent people. */
const pauseMs = (rate) => (-Math.log(1 - Math.random()) * 1_000) / rate;
