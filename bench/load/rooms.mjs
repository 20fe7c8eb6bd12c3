import { setTimeout as wait } from 'node:timers/promises';
import { eachOf } from '../support/each-of.mjs';
import { Meter } from './meter.mjs';
import { Room } from './room.mjs';

const DRAIN_MS = 15_000;

/** Rooms of several sizes: `targets` by size, each room with one who talks and many who listen. */
export async function open(dialect, { targets }, fail) {
  const bySize = new Map();
  for (const [size, rooms] of Object.entries(targets)) {
    const opening = (index) => Room.open(dialect, rooms[index], fail);
    bySize.set(Number(size), await eachOf(rooms.length, opening));
  }
  return { measure: (details) => measure(bySize.get(details.phase.size), details) };
}

async function measure(rooms, { phase, seconds, rampSeconds }) {
  const meter = new Meter({ seconds, rampSeconds });
  const before = totals(rooms);
  for (const room of rooms) Object.assign(room, { meter, onWhole: () => {} });
  await (phase.deliveries ? atRate : closedLoop)(rooms, meter, phase);
  await drained(rooms);
  const { p50Ms, p99Ms, deliveredPerSecond } = meter.summary();
  return { p50Ms, p99Ms, deliveredPerSecond, ...since(before, totals(rooms)) };
}

/** A room says the next thing when everybody has heard one of those before. */
async function closedLoop(rooms, meter, { window }) {
  for (const room of rooms) {
    room.onWhole = () => {
      if (!meter.isOver) room.say();
    };
    for (let i = 0; i < window; i++) room.say();
  }
  await wait(meter.until - performance.now());
}

/** So many deliveries a second for every contender, whatever the size of the rooms. */
async function atRate(rooms, meter, { deliveries, size }) {
  const pauseMs = (1_000 * size) / deliveries;
  let due = performance.now();
  for (let next = 0; due < meter.until; await wait(1))
    for (; due <= performance.now() && due < meter.until; due += pauseMs)
      rooms[next++ % rooms.length].say();
}

async function drained(rooms) {
  const deadline = performance.now() + DRAIN_MS;
  while (!rooms.every(({ isIdle }) => isIdle) && performance.now() < deadline) await wait(10);
}

function totals(rooms) {
  const sum = (read) => rooms.reduce((total, room) => total + read(room), 0);
  return {
    deliveries: sum((room) => room.delivered),
    messages: sum((room) => room.said),
    undelivered: sum((room) => room.said * room.size - room.delivered),
  };
}

const since = (before, now) =>
  Object.fromEntries(Object.keys(now).map((name) => [name, now[name] - before[name]]));
