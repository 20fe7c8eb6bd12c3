import type { Probe } from './clients/probes.js';
import { type Fault, type History, keyOf, type Send } from './history.js';

/** Milliseconds; null where nothing was measured. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface FaultFigures {
  readonly name: string;
  readonly note: string;
  readonly nodes: readonly number[];
  readonly begin: number;
  readonly end: number;
  /** Of messages sent while it lasted. */
  readonly delivery: Quantiles;
  readonly acks: Quantiles;
  /** From the repair until acks and deliveries flow on all nodes that it touched. */
  readonly recoveryMs: number | null;
}

export interface Figures {
  readonly sent: number;
  readonly acked: number;
  readonly refused: number;
  readonly unknown: number;
  readonly ackLost: number;
  readonly sdkErrors: Readonly<Record<string, number>>;
  readonly wireRepeats: number;
  readonly acks: Quantiles;
  readonly delivery: Quantiles;
  /** From one node to another, by the probes. */
  readonly crossing: Quantiles;
  /** From losing a connection to the next. */
  readonly reconnects: Quantiles;
  readonly faults: readonly FaultFigures[];
}

export function quantiles(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? null };
}

type Window = (send: Send) => boolean;
const ALWAYS: Window = () => true;

export function computeFigures(history: History, probes: readonly Probe[]): Figures {
  const sends = new Map(history.sends.map((send) => [keyOf(send), send]));
  const acked = new Set(history.acks.filter(({ heard }) => heard).map(keyOf));
  const receivers = new Set(probes.map(({ receiver }) => receiver.name));
  return {
    sent: sends.size,
    acked: acked.size,
    refused: history.refusals.length,
    unknown: sends.size - acked.size - history.refusals.length,
    ackLost: history.acks.filter(({ heard }) => !heard).length,
    sdkErrors: tally(history.sdkErrors.map(({ code }) => code)),
    wireRepeats: history.breaches.filter(({ kind }) => kind === 'repeat').length,
    acks: ackTimes(history, sends, ALWAYS),
    delivery: deliveryTimes(history, sends, ALWAYS),
    crossing: deliveryTimes(history, sends, ALWAYS, receivers),
    reconnects: reconnects(history),
    faults: history.faults.map((fault) => ({
      ...fault,
      delivery: deliveryTimes(history, sends, during(fault)),
      acks: ackTimes(history, sends, during(fault)),
      recoveryMs: recovery(history, fault, probes),
    })),
  };
}

const during =
  ({ begin, end }: Fault): Window =>
  ({ at }) =>
    at >= begin && at <= end;

function ackTimes(history: History, sends: ReadonlyMap<string, Send>, within: Window): Quantiles {
  const times = history.acks.flatMap((ack) => {
    const send = sends.get(keyOf(ack));
    return ack.heard && send && within(send) ? [ack.at - send.at] : [];
  });
  return quantiles(times);
}

/** From the first try to the first sight. */
export function deliveryTimes(
  history: History,
  sends: ReadonlyMap<string, Send>,
  within: Window,
  receivers?: ReadonlySet<string>,
): Quantiles {
  const times = history.deliveries.flatMap((delivery) => {
    const send = sends.get(keyOf(delivery));
    const isWanted = receivers?.has(delivery.client) ?? true;
    return isWanted && send && within(send) ? [delivery.at - send.at] : [];
  });
  return quantiles(times);
}

function reconnects({ links }: History): Quantiles {
  const down = new Map<string, number>();
  const times: number[] = [];
  for (const { client, at, up } of links) {
    const since = down.get(client);
    if (up && since !== undefined) times.push(at - since);
    if (up) down.delete(client);
    else if (since === undefined) down.set(client, at);
  }
  return quantiles(times);
}

function recovery(history: History, fault: Fault, probes: readonly Probe[]): number | null {
  const touched = probes.filter(
    ({ from, to }) => fault.nodes.includes(from) || fault.nodes.includes(to),
  );
  const moments = touched.flatMap(({ sender, receiver }) => [
    firstAfter(history.acks, sender.name, fault.end),
    firstAfter(history.deliveries, receiver.name, fault.end),
  ]);
  return moments.includes(null) ? null : Math.max(...(moments as number[])) - fault.end;
}

const firstAfter = (
  events: readonly { readonly client: string; readonly at: number }[],
  client: string,
  after: number,
): number | null =>
  events.find((event) => event.client === client && event.at >= after)?.at ?? null;

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
