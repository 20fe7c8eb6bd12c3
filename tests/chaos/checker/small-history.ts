import { type Ack, emptyHistory, type History, type Send } from '../history.js';
import { type Evidence, type Holding, type Row, Truth } from './evidence.js';

/** One conversation of Amara and Jonas, as small as a checker's test needs it. */
export const message = (seq: number, clientId = `a${seq}`): Row => ({
  conversationId: 'c',
  seq,
  changeSeq: seq,
  senderId: 'amara',
  clientId,
  body: clientId,
});

const key = (clientId: string) => ({ conversationId: 'c', senderId: 'amara', clientId });

export const send = (clientId: string, session: string | null = 's1', bySdk = false): Send => ({
  ...key(clientId),
  client: 'phone',
  at: 0,
  session,
  bySdk,
});

export const ack = (clientId: string, seq: number, session: string | null = 's1'): Ack => ({
  ...key(clientId),
  client: 'phone',
  at: 1,
  seq,
  duplicate: false,
  session,
  heard: true,
});

export const holding = (position: number, ...messages: Row[]): Holding => ({
  client: 'jonas',
  conversationId: 'c',
  from: 0,
  position,
  messages,
});

export const told = (...numbers: number[]): History['callbacks'] =>
  numbers.map((seq) => ({ client: 'jonas', conversationId: 'c', seq }));

interface Given extends Partial<Omit<Evidence, 'history' | 'truth'>> {
  readonly history?: Partial<History>;
  readonly rows?: readonly Row[];
}

export function evidence({ history = {}, rows = [], ...given }: Given): Evidence {
  const head = Math.max(0, ...rows.map(({ changeSeq }) => changeSeq));
  return {
    history: { ...emptyHistory(), ...history },
    truth: new Truth(rows, new Map([['c', head]])),
    holdings: [],
    unanswered: [],
    laggards: [],
    stragglers: [],
    stuck: [],
    exits: [],
    logged: [],
    ...given,
  };
}
