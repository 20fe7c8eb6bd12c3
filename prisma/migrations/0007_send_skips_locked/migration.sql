-- Stores a batch of sends: one row in, one row out, in the order given.
--
-- Each row is looked up by its primary key (LATERAL, LIMIT 1: no join over a whole table, whatever the statistics say).
-- BETWEEN is a plain equality that only the primary key can serve: an index on the user alone would read all that an
-- agent takes part in.
--
-- Being VOLATILE it takes a fresh snapshot for each statement, so the second statement sees everything that was
-- committed before the locks were granted: a repeat finds its winner, nobody meets a unique violation, no number is lost.
-- The caller keeps a conversation out of two batches at a time, and two sends with one key out of one batch.
--
-- Several conversations: one that somebody else holds must not hold up the others, so its sends come back as busy and
-- nothing waits, which also rules out deadlocks. A single conversation is waited for, as long as lock_timeout allows.
--
-- outcome: stored | duplicate | conflict (same key, other content) | stale | closed (another one is open)
--          | forbidden (no participant and no role to join with) | missing (no such conversation)
--          | no_reply (replyTo names no message) | busy (nothing was looked at: send again, alone)
CREATE OR REPLACE FUNCTION chat_send(
  p_conversation uuid[], p_sender uuid[], p_snapshot jsonb[], p_client text[], p_hash text[],
  p_body text[], p_reply int[], p_join text[], p_if_last int[]
) RETURNS TABLE (
  "outcome" text, "seq" int, "createdAt" timestamptz, "joinedSeq" int, "reopenedSeq" int,
  "openId" uuid, "type" text, "businessId" uuid, "customerId" uuid, "members" uuid[]
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE held uuid[];
BEGIN
  IF p_conversation[1] = ALL (p_conversation) THEN
    PERFORM 1 FROM "Conversation" c WHERE c."id" = p_conversation[1] FOR NO KEY UPDATE;
    held := p_conversation[1:1];
  ELSE
    held := ARRAY(SELECT c."id" FROM "Conversation" c WHERE c."id" = ANY (p_conversation) FOR NO KEY UPDATE SKIP LOCKED);
  END IF;

  RETURN QUERY
  WITH item AS MATERIALIZED (
    SELECT i.* FROM unnest(p_conversation, p_sender, p_snapshot, p_client, p_hash, p_body, p_reply, p_join, p_if_last)
      WITH ORDINALITY AS i (cid, sid, snapshot, client, hash, body, reply, joinrole, iflast, ord)
  ),
  judged AS MATERIALIZED (
    SELECT i.*, c."lastSeq" AS base, c."status", c."type", c."businessId", c."customerId",
      old."seq" AS old_seq, old."createdAt" AS old_at, p."userId" AS present, rival."id" AS rival,
      CASE
        WHEN old."seq" IS NOT NULL AND old."requestHash" = i.hash THEN 'duplicate'
        WHEN old."seq" IS NOT NULL THEN 'conflict'
        WHEN c."id" IS NULL THEN 'missing'
        WHEN c."id" <> ALL (held) THEN 'busy'
        WHEN p."userId" IS NULL AND i.joinrole IS NULL THEN 'forbidden'
        WHEN rival."id" IS NOT NULL THEN 'closed'
        WHEN i.iflast IS NOT NULL AND EXISTS (
          SELECT 1 FROM "Message" n WHERE n."conversationId" = i.cid AND n."seq" > i.iflast
            AND n."senderId" <> i.sid AND n."kind" <> 'system') THEN 'stale'
        WHEN i.reply IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM "Message" n WHERE n."conversationId" = i.cid AND n."seq" = i.reply) THEN 'no_reply'
        ELSE 'stored'
      END AS verdict
    FROM item i
    LEFT JOIN LATERAL (SELECT * FROM "Conversation" x WHERE x."id" = i.cid LIMIT 1) c ON true
    LEFT JOIN LATERAL (
      SELECT m."seq", m."createdAt", m."requestHash" FROM "Message" m
      WHERE m."conversationId" = i.cid AND m."senderId" = i.sid AND m."clientId" = i.client LIMIT 1
    ) old ON true
    LEFT JOIN LATERAL (
      SELECT x."userId" FROM "Participant" x
      WHERE x."conversationId" = i.cid AND x."userId" BETWEEN i.sid AND i.sid AND x."leftSeq" IS NULL LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
      SELECT o."id" FROM "Conversation" o
      WHERE c."type" = 'support' AND c."status" = 'resolved' AND o."type" = 'support' AND o."status" <> 'resolved'
        AND o."businessId" = c."businessId" AND o."customerId" = c."customerId" LIMIT 1
    ) rival ON true
  ),
  -- A customer's message re-opens a resolved conversation: that change takes a number of its own, before all others.
  reopening AS (
    SELECT DISTINCT j.cid, j.base + 1 AS at FROM judged j
    WHERE j.verdict = 'stored' AND j."status" = 'resolved' AND j.sid = j."customerId"
  ),
  -- Staff who answer for the first time become participants; each takes a number.
  joining AS (
    SELECT f.cid, f.sid, f.joinrole, f.base + (r.cid IS NOT NULL)::int + row_number() OVER (PARTITION BY f.cid ORDER BY f.ord) AS at
    FROM (SELECT DISTINCT ON (j.cid, j.sid) j.* FROM judged j
          WHERE j.verdict = 'stored' AND j.present IS NULL ORDER BY j.cid, j.sid, j.ord) f
    LEFT JOIN reopening r ON r.cid = f.cid
  ),
  placed AS MATERIALIZED (
    SELECT j.ord, j.cid, j.sid, (j.base + (r.cid IS NOT NULL)::int + coalesce(k.n, 0)
      + row_number() OVER (PARTITION BY j.cid ORDER BY j.ord))::int AS at
    FROM judged j
    LEFT JOIN reopening r ON r.cid = j.cid
    LEFT JOIN (SELECT g.cid, count(*) AS n FROM joining g GROUP BY g.cid) k ON k.cid = j.cid
    WHERE j.verdict = 'stored'
  ),
  counted AS (
    UPDATE "Conversation" c SET "lastSeq" = t.top, "lastMessageSeq" = t.top, "lastMessageAt" = clock_timestamp(),
      "changedAt" = clock_timestamp(),
      "status" = CASE WHEN t.reopened IS NULL THEN c."status" ELSE 'open' END,
      "changeSeq" = coalesce(t.reopened, c."changeSeq")
    FROM (SELECT p.cid, max(p.at) AS top, max(r.at) AS reopened FROM placed p
          LEFT JOIN reopening r ON r.cid = p.cid GROUP BY p.cid) t
    WHERE c."id" = t.cid
  ),
  joined AS (
    INSERT INTO "Participant" ("conversationId", "userId", "changeSeq", "userSeq", "role", "joinedSeq", "readSeq", "deliveredSeq")
    SELECT g.cid, g.sid, g.at, coalesce(k."userSeq", 0), g.joinrole, g.at, coalesce(k."readSeq", 0), coalesce(k."readSeq", 0)
    FROM joining g LEFT JOIN "ReadMark" k ON k."conversationId" = g.cid AND k."userId" = g.sid
    ON CONFLICT ("conversationId", "userId") DO UPDATE
      SET "changeSeq" = excluded."changeSeq", "joinedSeq" = excluded."joinedSeq", "leftSeq" = NULL, "role" = excluded."role"
  ),
  stored AS (
    INSERT INTO "Message" ("conversationId", "seq", "changeSeq", "senderId", "sender", "clientId", "requestHash", "body", "replyToSeq")
    SELECT j.cid, p.at, p.at, j.sid, j.snapshot, j.client, j.hash, j.body, j.reply
    FROM placed p JOIN judged j ON j.ord = p.ord
    RETURNING "Message"."conversationId" AS cid, "Message"."seq", "Message"."createdAt"
  )
  SELECT j.verdict, coalesce(p.at, j.old_seq), coalesce(s."createdAt", j.old_at),
    -- Only the first send of a joiner, or after a re-opening, announces it.
    CASE WHEN row_number() OVER (PARTITION BY j.cid, j.sid, p.at IS NULL ORDER BY j.ord) = 1 AND p.at IS NOT NULL THEN g.at END::int,
    CASE WHEN row_number() OVER (PARTITION BY j.cid, p.at IS NULL ORDER BY j.ord) = 1 AND p.at IS NOT NULL THEN r.at END,
    j.rival, j."type", j."businessId", j."customerId",
    CASE WHEN j."type" = 'direct' THEN ARRAY(
      SELECT q."userId" FROM "Participant" q WHERE q."conversationId" = j.cid AND q."leftSeq" IS NULL LIMIT 51) END
  FROM judged j
  LEFT JOIN placed p ON p.ord = j.ord
  LEFT JOIN stored s ON s.cid = j.cid AND s."seq" = p.at
  LEFT JOIN joining g ON g.cid = j.cid AND g.sid = j.sid
  LEFT JOIN reopening r ON r.cid = j.cid
  ORDER BY j.ord;
END $$;
