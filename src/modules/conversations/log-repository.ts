import { Prisma } from '../../generated/prisma/client.js';
import { batched, GATHER_MS } from '../../platform/batching.js';
import type { Database } from '../../platform/database.js';
import type { DurableFrame } from '../../protocol/frames.js';
import {
  type ChangedHead,
  type ConversationHead,
  type ConversationLog,
  type LogSlice,
  NOTHING_AFTER,
  type Tail,
  type UserLog,
} from '../../realtime/log.js';
import {
  type ConversationRow,
  type MessageRow,
  type ParticipantRow,
  presentConversation,
  presentMessage,
  presentParticipant,
  presentReceipt,
} from './present.js';
import { type Route, routeOf } from './routing.js';
import { conversationJson, ownMemberships, participantsJson, slotOf } from './sql.js';

interface SliceRow {
  /** Among those asked for, from 1. */
  place: number;
  head: number;
  businessId: string | null;
  conversation: ConversationRow;
  participants: ParticipantRow[];
  messages: MessageRow[];
  tail: Tail | null;
  tailBefore: Tail | null;
}

const tailAt = (position: string) => `
  (SELECT json_build_object('seq', m."seq",
    'hash', left(md5(m."senderId"::text || m."clientId" || extract(epoch FROM m."createdAt")::text), 16))
   FROM "Message" m WHERE m."conversationId" = c."id" AND m."seq" <= ${position} ORDER BY m."seq" DESC LIMIT 1)`;

/** What is newer by its place, and what is older by its place but changed since: two index ranges. */
const MESSAGES_AFTER = `
  (SELECT coalesce(json_agg(to_json(m) ORDER BY m."seq"), '[]') FROM (
    SELECT * FROM (SELECT * FROM "Message" n WHERE n."conversationId" = c."id" AND n."seq" > k."after" ORDER BY n."seq" LIMIT k."limit") newer
    UNION ALL
    SELECT * FROM (SELECT * FROM "Message" o WHERE o."conversationId" = c."id" AND o."changeSeq" > k."after"
      AND o."changeSeq" > o."seq" AND o."seq" <= k."after" LIMIT k."limit") older
   ) m)`;

/** One statement, so one snapshot for each of them. */
const READ = `
  SELECT k."place"::int, c."lastSeq" AS "head", c."businessId", ${conversationJson.sql} AS "conversation",
    ${participantsJson(Prisma.empty).sql} AS "participants", ${MESSAGES_AFTER} AS "messages",
    ${tailAt('c."lastSeq"')} AS "tail", ${tailAt('k."after"')} AS "tailBefore"
  FROM unnest($1::uuid[], $2::int[], $3::int[]) WITH ORDINALITY k ("id", "after", "limit", "place")
  CROSS JOIN LATERAL (SELECT * FROM "Conversation" o WHERE o."id" = k."id" LIMIT 1) c`;

/** After a cut everybody reads at once; two statements under way leave the pool to those who send. */
const HEADS = { atOnce: 2, most: 100, gatherMs: GATHER_MS };
/** Few, so that no answer is larger than some that one alone may have. */
const CATCH_UPS = { atOnce: 2, most: 5 };

interface Asked {
  readonly conversationId: string;
  readonly after: number;
  readonly limit: number;
}

const keyOf = ({ conversationId, after, limit }: Asked) => `${conversationId} ${after} ${limit}`;

const reading = (asked: readonly Asked[]) => ({
  name: 'log-read',
  text: READ,
  values: [
    asked.map(({ conversationId }) => conversationId),
    asked.map(({ after }) => after),
    // One more tells whether there are more.
    asked.map(({ limit }) => limit + 1),
  ],
});

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** The slot is for the index: `changedAt` itself has none, or every send would write it. */
const changedSince = (since: number) =>
  Prisma.sql`c."changedSlot" >= ${slotOf(new Date(since))} AND c."changedAt" > ${new Date(since)}`;

export function createConversationLog({
  prisma,
  query,
}: Pick<Database, 'prisma' | 'query'>): ConversationLog {
  /** Sessions of one conversation that open together share an answer. */
  const readAll = async (asked: readonly Asked[]): Promise<(LogSlice | null)[]> => {
    const distinct = [...new Map(asked.map((one) => [keyOf(one), one])).values()];
    const slices = new Map<string, LogSlice>();
    for (const row of await query<SliceRow>(reading(distinct))) {
      const one = distinct[row.place - 1] as Asked;
      slices.set(keyOf(one), presentSlice(row, one.after, one.limit));
    }
    return asked.map((one) => slices.get(keyOf(one)) ?? null);
  };
  const headOf = batched({ ...HEADS, answer: readAll });
  const rowsAfter = batched({ ...CATCH_UPS, answer: readAll });

  return {
    read: (conversationId, after, limit) => {
      const read = after === NOTHING_AFTER ? headOf : rowsAfter;
      return read({ conversationId, after, limit });
    },

    changedFor: ({ userId, staffOf }, since, limit) =>
      prisma.$queryRaw<ConversationHead[]>`
        SELECT c."id", c."lastSeq" FROM "Conversation" c WHERE ${changedSince(since)} AND (
          c."businessId" = ANY (${[...staffOf]}::uuid[])
          OR EXISTS (SELECT 1 FROM "Participant" p WHERE p."conversationId" = c."id" AND p."userId" = ${userId}::uuid AND p."leftSeq" IS NULL))
        ORDER BY c."changedSlot" DESC, c."changedAt" DESC LIMIT ${limit}`,

    changed: async ({ changedAt, id }, until, limit) => {
      // One value instead of many rows: Prisma spends more on a row than PostgreSQL does.
      const rows = await prisma.$queryRaw<{ heads: ChangedHead[] }[]>`
        SELECT coalesce(json_agg(json_build_object('id', h."id", 'lastSeq', h."lastSeq",
          'changedAt', (extract(epoch FROM h."changedAt") * 1000)::bigint) ORDER BY h."changedAt", h."id"), '[]') AS "heads"
        FROM (SELECT c."id", c."lastSeq", c."changedAt" FROM "Conversation" c
          WHERE c."changedSlot" >= ${slotOf(new Date(changedAt))} AND c."changedAt" <= ${new Date(until)}
            AND (c."changedAt", c."id") > (${new Date(changedAt)}, ${id ?? BEFORE_ALL}::uuid)
          ORDER BY c."changedSlot", c."changedAt", c."id" LIMIT ${limit}) h`;
      return rows[0]?.heads ?? [];
    },

    addressed: async (heads) => {
      const rows = await prisma.$queryRaw<(ConversationHead & Route)[]>`
        SELECT c."id", c."lastSeq", c."businessId", c."customerId",
          CASE WHEN c."directKey" IS NOT NULL THEN string_to_array(c."directKey", ':') END AS "members"
        FROM "Conversation" c WHERE c."id" = ANY (${heads.map(({ id }) => id)}::uuid[])`;
      return rows.map((row) => ({ id: row.id, lastSeq: row.lastSeq, topics: routeOf(row) }));
    },

    moment: async () => {
      const rows = await prisma.$queryRaw<{ epoch: string; now: Date; written: number }[]>`
        SELECT chat_epoch() AS "epoch", clock_timestamp() AS "now",
          pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::float8 AS "written"`;
      const { epoch, now, written } = rows[0] as { epoch: string; now: Date; written: number };
      return { epoch, now: now.getTime(), written };
    },

    beginHistory: async (epoch) => {
      const rows = await prisma.$queryRaw<
        { epoch: string }[]
      >`SELECT chat_begin_history(${epoch}) AS "epoch"`;
      return (rows[0] as { epoch: string }).epoch;
    },
  };
}

/** Past Prisma: each connection asks it. */
const USER_HEADS = `SELECT u."id", u."lastSeq" FROM "User" u WHERE u."id" = ANY ($1::uuid[])`;

export function createUserLog({ prisma, query }: Pick<Database, 'prisma' | 'query'>): UserLog {
  const headOf = batched({
    ...HEADS,
    answer: async (userIds: readonly string[]) => {
      const rows = await query<{ id: string; lastSeq: number }>({
        name: 'user-heads',
        text: USER_HEADS,
        values: [userIds],
      });
      const heads = new Map(rows.map(({ id, lastSeq }) => [id, lastSeq]));
      return userIds.map((id) => heads.get(id) ?? 0);
    },
  });
  return {
    /** The head is read first: what commits in between is sent again by a later resume, never skipped. */
    read: async (userId, after) => {
      const head = await headOf(userId);
      if (after >= head) return { head, memberships: [] };
      const condition = Prisma.sql`AND k."userSeq" > ${after}`;
      return { head, memberships: await prisma.$queryRaw(ownMemberships(userId, condition)) };
    },

    ahead: async (positions) => {
      const ids = positions.map(({ userId }) => userId).join();
      const numbers = positions.map(({ position }) => position).join();
      // Two texts: Prisma looks at each element of an array.
      const rows = await prisma.$queryRaw<{ id: string }[]>`
        SELECT u."id" FROM unnest(string_to_array(${ids}, ',')::uuid[], string_to_array(${numbers}, ',')::int[])
          AS held ("id", "position")
        JOIN "User" u ON u."id" = held."id" WHERE u."lastSeq" > held."position"`;
      return rows.map(({ id }) => id);
    },
  };
}

const NO_TAIL: Tail = { seq: 0, hash: '' };

function presentSlice(row: SliceRow, after: number, limit: number): LogSlice {
  const overflow = row.messages.length > limit;
  const present = row.participants.filter(({ leftSeq }) => leftSeq === null);
  return {
    head: row.head,
    frames: overflow ? [] : [...durableFrames(row, after)],
    overflow,
    receipts: present.map(presentReceipt),
    people: present.map(({ userId }) => userId),
    businessId: row.businessId,
    tail: row.tail ?? NO_TAIL,
    tailBefore: row.tailBefore ?? NO_TAIL,
  };
}

function* durableFrames(
  { conversation, participants, messages }: SliceRow,
  after: number,
): Generator<DurableFrame> {
  if (conversation.changeSeq > after) {
    const { id: conversationId, changeSeq } = conversation;
    yield {
      type: 'conversation',
      conversationId,
      changeSeq,
      conversation: presentConversation(conversation),
    };
  }
  for (const participant of participants) {
    if (participant.changeSeq > after)
      yield { type: 'participant', ...presentParticipant(participant) };
  }
  for (const message of messages) yield { type: 'message', ...presentMessage(message) };
}
