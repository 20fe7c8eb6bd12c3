import { Prisma, type PrismaClient } from '../../generated/prisma/client.js';
import type { Message } from '../../protocol/resources/message.js';
import type { MessageRow } from '../conversations/index.js';

/** Which part of a history is asked for. */
export type Range =
  | { readonly kind: 'newest' }
  | { readonly kind: 'before'; readonly seq: number }
  | { readonly kind: 'after'; readonly seq: number }
  | { readonly kind: 'changed'; readonly since: number; readonly after: number };

export type MessagesRepository = ReturnType<typeof createMessagesRepository>;

export function createMessagesRepository(
  prisma: PrismaClient,
  presentMessage: (row: MessageRow) => Message,
) {
  return {
    find: async (conversationId: string, seq: number): Promise<Message | null> => {
      const rows = await prisma.$queryRaw<{ m: MessageRow }[]>`
        SELECT to_json(m) AS "m" FROM "Message" m WHERE m."conversationId" = ${conversationId}::uuid AND m."seq" = ${seq}::int`;
      return rows[0] ? presentMessage(rows[0].m) : null;
    },

    /** An edit by the author, or with a null body a deletion (of anybody's, without an author). Null: no such message. */
    change: async (
      conversationId: string,
      seq: number,
      authorId: string | null,
      body: string | null,
    ) => {
      const rows = await prisma.$queryRaw<{ changed: boolean; message: MessageRow }[]>`
        SELECT * FROM chat_change_message(${conversationId}::uuid, ${seq}::int, ${authorId}::uuid, ${body}::text)`;
      const [row] = rows;
      return row ? { changed: row.changed, message: presentMessage(row.message) } : null;
    },

    /** Messages by somebody else after a number: what a stale reply had not seen. */
    newerThan: async (
      conversationId: string,
      senderId: string,
      seq: number,
    ): Promise<Message[]> => {
      const rows = await prisma.$queryRaw<{ m: MessageRow }[]>`
        SELECT to_json(m) AS "m" FROM "Message" m WHERE m."conversationId" = ${conversationId}::uuid AND m."seq" > ${seq}::int
          AND m."senderId" <> ${senderId}::uuid ORDER BY m."seq" LIMIT 50`;
      return rows.map(({ m }) => presentMessage(m));
    },

    /** Ascending by `seq`. The head is read in the same snapshot. */
    history: async (conversationId: string, range: Range, limit: number) => {
      const rows = await prisma.$queryRaw<{ head: number; items: MessageRow[] }[]>`
        SELECT c."lastSeq" AS "head", (SELECT coalesce(json_agg(to_json(m) ORDER BY m."seq"), '[]') FROM (
          ${select(range, limit)}) m) AS "items"
        FROM "Conversation" c WHERE c."id" = ${conversationId}::uuid`;
      const { head, items } = rows[0] ?? { head: 0, items: [] };
      return { head, items: items.map(presentMessage) };
    },
  };
}

function select(range: Range, limit: number): Prisma.Sql {
  const messages = Prisma.sql`SELECT * FROM "Message" m WHERE m."conversationId" = c."id"`;
  const ascending = Prisma.sql`ORDER BY m."seq" LIMIT ${limit}`;
  switch (range.kind) {
    case 'newest':
      return Prisma.sql`${messages} ORDER BY m."seq" DESC LIMIT ${limit}`;
    case 'before':
      return Prisma.sql`${messages} AND m."seq" < ${range.seq}::int ORDER BY m."seq" DESC LIMIT ${limit}`;
    case 'after':
      return Prisma.sql`${messages} AND m."seq" > ${range.seq}::int ${ascending}`;
    case 'changed': {
      // What is newer by its place, and what is older by its place but changed since: two index ranges.
      // OFFSET 0 keeps the second from being read along the primary key, past everything that did not change.
      const { since, after } = range;
      const newer = Prisma.sql`${messages} AND m."seq" > ${Math.max(since, after)}::int ${ascending}`;
      const changed = Prisma.sql`${messages} AND m."changeSeq" > ${since}::int AND m."changeSeq" > m."seq" OFFSET 0`;
      const older = Prisma.sql`SELECT * FROM (${changed}) m WHERE m."seq" > ${after}::int AND m."seq" <= ${since}::int ${ascending}`;
      return Prisma.sql`SELECT * FROM ((${older}) UNION ALL (${newer})) m ${ascending}`;
    }
  }
}
