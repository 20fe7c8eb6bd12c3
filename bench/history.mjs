import pg from 'pg';
import { fillHistory } from './contenders/history.mjs';
import { call, servihub } from './contenders/servihub.mjs';
import { issueToken } from './contenders/tokens.mjs';
import { compare } from './support/comparison.mjs';
import { say } from './support/report.mjs';
import { startServices } from './support/services.mjs';
import { endOf, logStatements, statementTimes } from './support/statement-log.mjs';
import { quantile } from './support/statistics.mjs';
import { onStop } from './support/stops.mjs';

const REQUESTS = 200;
const WARM_UP = 20;
const PAGE = 50;
/** As our own connections. */
const GENERIC_PLANS = '-c plan_cache_mode=force_generic_plan';

const FIGURES = [
  { key: 'databaseP50Ms', label: 'in the database p50, ms' },
  { key: 'databaseP95Ms', label: 'in the database p95, ms' },
  { key: 'answeredP50Ms', label: 'over REST (floor: over SQL) p50, ms' },
  { key: 'answeredP95Ms', label: 'over REST (floor: over SQL) p95, ms' },
];

/** What the pages cost at the least: the rows alone, found by an index, without rights, people, marks or unread counts. */
const BARE_HISTORY = `SELECT * FROM "Message" WHERE "conversationId" = $1 AND "seq" < $2 ORDER BY "seq" DESC LIMIT ${PAGE}`;
const BARE_INBOX = `SELECT * FROM "Conversation" WHERE "businessId" = $1 ORDER BY "lastMessageAt" DESC, "id" DESC LIMIT ${PAGE}`;

/** Pages of 50 out of `--messages` stored messages, one request after the other. */
export async function run(options) {
  const services = await startServices();
  const ours = await servihub(services);
  const { data, url } = await prepare(ours, options.messages);
  const bare = new pg.Client({ connectionString: ours.databaseUrl, options: GENERIC_PLANS });
  // It may still be closing when PostgreSQL is stopped.
  bare.on('error', () => {});
  await bare.connect();
  onStop(() => bare.end());
  const contenders = [
    { name: 'servihub', read: ({ rest }) => call(url, issueToken(rest.who), rest.path()) },
    { name: 'floor', read: ({ sql }) => bare.query({ ...sql, values: sql.values() }) },
  ];
  await compare({
    benchmark: 'history',
    options,
    services,
    contenders,
    figures: FIGURES,
    phases: phasesOf(data),
    measure: (contender, phase) => measure(contender, phase, services.postgres),
  });
}

export const longestSeconds = ({ repetitions, messages }) =>
  120 + messages / 10_000 + repetitions * 60;

async function prepare({ start, databaseUrl }, messages) {
  const [first] = await start({ count: 1 });
  await first.stop();
  say(`Writing ${messages} messages`);
  const data = await fillHistory(databaseUrl, messages);
  await logStatements(databaseUrl, 'servihub');
  const [{ url }] = await start({ count: 1 });
  return { data, url };
}

function phasesOf({ business, long, some, agent, friend }) {
  const one = () => some[Math.floor(Math.random() * some.length)];
  const place = () => 3 + Math.floor(Math.random() * (long.lastSeq - 3));
  const history = { name: 'bare-history', text: BARE_HISTORY };
  return [
    {
      name: `newest ${PAGE} of a conversation, any of many`,
      mark: '"Message"',
      rest: { who: agent, path: () => `/api/conversations/${one().id}/messages?limit=${PAGE}` },
      sql: { ...history, values: () => [one().id, 2_147_483_647] },
    },
    {
      name: `${PAGE} somewhere in a conversation of ${long.lastSeq - 2}`,
      mark: '"Message"',
      rest: {
        who: agent,
        path: () => `/api/conversations/${long.id}/messages?limit=${PAGE}&before=${place()}`,
      },
      sql: { ...history, values: () => [long.id, place()] },
    },
    {
      name: `inbox of ${PAGE}, staff of a large business`,
      mark: '"lastMessageAt"',
      rest: { who: agent, path: () => `/api/conversations?limit=${PAGE}` },
      sql: { name: 'bare-inbox', text: BARE_INBOX, values: () => [business] },
    },
    {
      name: `inbox of ${PAGE}, somebody with 1,000 direct conversations`,
      mark: '"lastMessageAt"',
      rest: { who: friend, path: () => `/api/conversations?limit=${PAGE}` },
      without: 'floor',
    },
  ];
}

async function measure({ read }, phase, { logFile }) {
  for (let i = 0; i < WARM_UP; i++) await read(phase);
  const start = await endOf(logFile);
  const answered = [];
  for (let i = 0; i < REQUESTS; i++) {
    const before = performance.now();
    await read(phase);
    answered.push(performance.now() - before);
  }
  const inDatabase = await statementTimes(logFile, start, phase.mark);
  return {
    databaseP50Ms: quantile(inDatabase, 0.5),
    databaseP95Ms: quantile(inDatabase, 0.95),
    answeredP50Ms: quantile(answered, 0.5),
    answeredP95Ms: quantile(answered, 0.95),
  };
}
