import type { Evidence, Holding, Row, Violation } from './evidence.js';

/** A row up to somebody's position that they do not hold as it is, or something they hold that there is not. */
export function* findHoles({ history, truth, holdings }: Evidence): Generator<Violation> {
  for (const { client, kind, detail } of history.breaches) {
    if (kind === 'gap' || kind === 'resync')
      yield { class: 'hole', detail: `${client}: ${kind}, ${detail}` };
  }
  for (const holding of holdings) yield* compare(holding, truth.rowsOf(holding.conversationId));
}

function* compare(holding: Holding, rows: readonly Row[]): Generator<Violation> {
  const held = new Map(holding.messages.map((message) => [message.seq, message]));
  for (const row of rows) {
    const mine = held.get(row.seq);
    held.delete(row.seq);
    if (row.seq < holding.from || row.changeSeq > holding.position) continue;
    const fault = difference(row, mine);
    if (fault) yield hole(holding, `${row.seq} is ${fault}`);
  }
  for (const seq of held.keys()) yield hole(holding, `${seq} is held and does not exist`);
}

function difference(row: Row, mine: Holding['messages'][number] | undefined): string | null {
  if (!mine) return 'missing';
  if (mine.changeSeq !== row.changeSeq) return `held as of ${mine.changeSeq}, not ${row.changeSeq}`;
  const isSame =
    mine.clientId === row.clientId && mine.senderId === row.senderId && mine.body === row.body;
  return isSame ? null : 'another message';
}

const hole = ({ client, conversationId, position }: Holding, what: string): Violation => ({
  class: 'hole',
  detail: `${client} stands at ${position} in ${conversationId}, and ${what}`,
});
