-- What Prisma's schema language cannot say: partial indexes, and the functions that change a conversation.
-- Lock order everywhere: conversations by id, then participants by (conversation, user), then users by id.

-- A customer has one support conversation with a business that is not resolved.
CREATE UNIQUE INDEX "Conversation_one_open_support" ON "Conversation" ("businessId", "customerId")
  WHERE "type" = 'support' AND "status" <> 'resolved';

-- A catch-up reads what is newer by the primary key, and older rows that changed since by this index.
-- Partial: a new message has changeSeq = seq and costs it nothing.
CREATE INDEX "Message_changed" ON "Message" ("conversationId", "changeSeq") WHERE "changeSeq" > "seq";

-- Stores a batch of sends: one row in, one row out, in the order given.
--
-- Being VOLATILE it takes a fresh snapshot for each statement, so the second statement sees everything that was
-- committed before the locks were granted: a repeat finds its winner, nobody meets a unique violation, no number is lost.
-- The caller keeps a conversation out of two batches at a time, and two sends with one key out of one batch.
--
-- outcome: stored | duplicate | conflict (same key, other content) | stale | closed (another one is open)
--          | forbidden (no participant and no role to join with) | missing (no such conversation)
CREATE FUNCTION chat_send(
  p_conversation uuid[], p_sender uuid[], p_snapshot jsonb[], p_client text[], p_hash text[],
  p_body text[], p_reply int[], p_join text[], p_if_last int[]
) RETURNS TABLE (
  "outcome" text, "seq" int, "createdAt" timestamptz, "joinedSeq" int, "reopenedSeq" int,
  "openId" uuid, "type" text, "businessId" uuid, "customerId" uuid, "members" uuid[]
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM 1 FROM "Conversation" c WHERE c."id" = ANY (p_conversation) ORDER BY c."id" FOR NO KEY UPDATE;

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
        WHEN p."userId" IS NULL AND i.joinrole IS NULL THEN 'forbidden'
        WHEN rival."id" IS NOT NULL THEN 'closed'
        WHEN i.iflast IS NOT NULL AND EXISTS (
          SELECT 1 FROM "Message" n WHERE n."conversationId" = i.cid AND n."seq" > i.iflast
            AND n."senderId" <> i.sid AND n."kind" <> 'system') THEN 'stale'
        ELSE 'stored'
      END AS verdict
    FROM item i
    LEFT JOIN "Conversation" c ON c."id" = i.cid
    LEFT JOIN LATERAL (
      SELECT m."seq", m."createdAt", m."requestHash" FROM "Message" m
      WHERE m."conversationId" = i.cid AND m."senderId" = i.sid AND m."clientId" = i.client LIMIT 1
    ) old ON true
    LEFT JOIN "Participant" p ON p."conversationId" = i.cid AND p."userId" = i.sid AND p."leftSeq" IS NULL
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

-- Edits (p_body) or deletes (p_body null) a message of p_editor, or of anybody when p_editor is null.
-- Returns the row as it left it; an equal edit and a repeated deletion change nothing and take no number; no row: none to change.
CREATE FUNCTION chat_change_message(p_conversation uuid, p_seq int, p_editor uuid, p_body text)
RETURNS TABLE ("changed" boolean, "message" json) LANGUAGE plpgsql VOLATILE AS $$
DECLARE head int; m "Message"%ROWTYPE;
BEGIN
  SELECT c."lastSeq" INTO head FROM "Conversation" c WHERE c."id" = p_conversation FOR NO KEY UPDATE;
  SELECT * INTO m FROM "Message" x WHERE x."conversationId" = p_conversation AND x."seq" = p_seq
    AND x."kind" = 'text' AND (p_editor IS NULL OR x."senderId" = p_editor);
  IF NOT FOUND THEN RETURN; END IF;
  IF m."deletedAt" IS NOT NULL OR m."body" = p_body THEN
    RETURN QUERY SELECT false, to_json(m);
    RETURN;
  END IF;
  UPDATE "Conversation" c SET "lastSeq" = head + 1, "changedAt" = clock_timestamp() WHERE c."id" = p_conversation;
  UPDATE "Message" x SET "changeSeq" = head + 1, "body" = coalesce(p_body, ''),
    "editedAt" = CASE WHEN p_body IS NULL THEN x."editedAt" ELSE clock_timestamp() END,
    "deletedAt" = CASE WHEN p_body IS NULL THEN clock_timestamp() END
  WHERE x."conversationId" = p_conversation AND x."seq" = p_seq
  RETURNING * INTO m;
  RETURN QUERY SELECT true, to_json(m);
END $$;

-- Opens the support conversation of a customer, or finds the one that is open. Safe when raced.
CREATE FUNCTION chat_open_support(p_business uuid, p_customer uuid)
RETURNS TABLE ("id" uuid, "created" boolean) LANGUAGE plpgsql VOLATILE AS $$
DECLARE found_id uuid; mark int;
BEGIN
  LOOP
    SELECT c."id" INTO found_id FROM "Conversation" c WHERE c."type" = 'support' AND c."status" <> 'resolved'
      AND c."businessId" = p_business AND c."customerId" = p_customer;
    IF FOUND THEN RETURN QUERY SELECT found_id, false; RETURN; END IF;
    INSERT INTO "Conversation" ("type", "businessId", "customerId", "changeSeq", "lastSeq")
      VALUES ('support', p_business, p_customer, 1, 2)
      ON CONFLICT ("businessId", "customerId") WHERE "type" = 'support' AND "status" <> 'resolved' DO NOTHING
      RETURNING "Conversation"."id" INTO found_id;
    IF found_id IS NOT NULL THEN
      UPDATE "User" u SET "lastSeq" = u."lastSeq" + 1 WHERE u."id" = p_customer RETURNING u."lastSeq" INTO mark;
      INSERT INTO "Participant" ("conversationId", "userId", "changeSeq", "userSeq", "role", "joinedSeq")
        VALUES (found_id, p_customer, 2, mark, 'customer', 2);
      RETURN QUERY SELECT found_id, true;
      RETURN;
    END IF;
  END LOOP;
END $$;

-- The one conversation of two people, whoever starts it, also when both start it at once.
CREATE FUNCTION chat_open_direct(p_one uuid, p_other uuid)
RETURNS TABLE ("id" uuid, "created" boolean) LANGUAGE plpgsql VOLATILE AS $$
DECLARE found_id uuid; key text := least(p_one, p_other) || ':' || greatest(p_one, p_other);
BEGIN
  LOOP
    SELECT c."id" INTO found_id FROM "Conversation" c WHERE c."directKey" = key;
    IF FOUND THEN RETURN QUERY SELECT found_id, false; RETURN; END IF;
    INSERT INTO "Conversation" ("type", "directKey", "changeSeq", "lastSeq") VALUES ('direct', key, 1, 3)
      ON CONFLICT ("directKey") DO NOTHING RETURNING "Conversation"."id" INTO found_id;
    IF found_id IS NOT NULL THEN
      WITH pair AS (
        SELECT l."id", row_number() OVER (ORDER BY l."id") AS n FROM (
          SELECT u."id" FROM "User" u WHERE u."id" IN (p_one, p_other) ORDER BY u."id" FOR NO KEY UPDATE) l
      ), marked AS (
        UPDATE "User" u SET "lastSeq" = u."lastSeq" + 1 FROM pair WHERE u."id" = pair."id" RETURNING u."id", u."lastSeq", pair.n
      )
      INSERT INTO "Participant" ("conversationId", "userId", "changeSeq", "userSeq", "role", "joinedSeq")
        SELECT found_id, marked."id", 1 + marked.n, marked."lastSeq", 'member', 1 + marked.n FROM marked;
      RETURN QUERY SELECT found_id, true;
      RETURN;
    END IF;
  END LOOP;
END $$;

-- Opens or resolves a support conversation. outcome: changed | same | closed (another one is open) | missing
CREATE FUNCTION chat_set_status(p_conversation uuid, p_status text)
RETURNS TABLE ("outcome" text, "openId" uuid) LANGUAGE plpgsql VOLATILE AS $$
DECLARE c "Conversation"%ROWTYPE; rival uuid;
BEGIN
  SELECT * INTO c FROM "Conversation" x WHERE x."id" = p_conversation AND x."type" = 'support' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN QUERY SELECT 'missing', NULL::uuid; RETURN; END IF;
  IF c."status" = p_status THEN RETURN QUERY SELECT 'same', NULL::uuid; RETURN; END IF;
  SELECT o."id" INTO rival FROM "Conversation" o WHERE p_status <> 'resolved' AND o."type" = 'support' AND o."status" <> 'resolved'
    AND o."businessId" = c."businessId" AND o."customerId" = c."customerId";
  IF FOUND THEN RETURN QUERY SELECT 'closed', rival; RETURN; END IF;
  UPDATE "Conversation" x SET "status" = p_status, "lastSeq" = c."lastSeq" + 1, "changeSeq" = c."lastSeq" + 1,
    "changedAt" = clock_timestamp() WHERE x."id" = p_conversation;
  RETURN QUERY SELECT 'changed', NULL::uuid;
EXCEPTION WHEN unique_violation THEN
  -- Another one was being opened meanwhile, and has been committed.
  RETURN QUERY SELECT 'closed', (SELECT o."id" FROM "Conversation" o WHERE o."type" = 'support' AND o."status" <> 'resolved'
    AND o."businessId" = c."businessId" AND o."customerId" = c."customerId");
END $$;

-- Raises the watermarks of one member; never lowers them. Staff who take no part get a private mark.
-- outcome: raised | same | bad_seq (beyond the head) | missing. userSeq is null when the own stream did not change;
-- deliveredSeq is null for a private mark, of which no receipt comes.
CREATE FUNCTION chat_mark(p_conversation uuid, p_user uuid, p_delivered int, p_read int, p_staff boolean)
RETURNS TABLE ("outcome" text, "deliveredSeq" int, "readSeq" int, "userSeq" int) LANGUAGE plpgsql VOLATILE AS $$
DECLARE head int; p "Participant"%ROWTYPE; was int; mark int;
BEGIN
  SELECT c."lastSeq" INTO head FROM "Conversation" c WHERE c."id" = p_conversation;
  IF NOT FOUND THEN RETURN QUERY SELECT 'missing', NULL::int, NULL::int, NULL::int; RETURN; END IF;
  IF greatest(p_delivered, p_read) > head THEN RETURN QUERY SELECT 'bad_seq', NULL::int, NULL::int, NULL::int; RETURN; END IF;

  SELECT * INTO p FROM "Participant" x WHERE x."conversationId" = p_conversation AND x."userId" = p_user FOR NO KEY UPDATE;
  IF FOUND THEN
    IF p_read <= p."readSeq" AND greatest(p_delivered, p_read) <= p."deliveredSeq" THEN
      RETURN QUERY SELECT 'same', p."deliveredSeq", p."readSeq", NULL::int; RETURN;
    END IF;
    IF p_read > p."readSeq" THEN
      UPDATE "User" u SET "lastSeq" = u."lastSeq" + 1 WHERE u."id" = p_user RETURNING u."lastSeq" INTO mark;
    END IF;
    RETURN QUERY UPDATE "Participant" x SET "readSeq" = greatest(x."readSeq", p_read),
      "deliveredSeq" = greatest(x."deliveredSeq", p_delivered, p_read), "userSeq" = coalesce(mark, x."userSeq")
      WHERE x."conversationId" = p_conversation AND x."userId" = p_user
      RETURNING 'raised', x."deliveredSeq", x."readSeq", mark;
    RETURN;
  END IF;

  IF NOT p_staff THEN RETURN QUERY SELECT 'missing', NULL::int, NULL::int, NULL::int; RETURN; END IF;
  INSERT INTO "ReadMark" ("conversationId", "userId") VALUES (p_conversation, p_user) ON CONFLICT DO NOTHING;
  SELECT r."readSeq" INTO was FROM "ReadMark" r WHERE r."conversationId" = p_conversation AND r."userId" = p_user FOR NO KEY UPDATE;
  IF p_read <= was THEN RETURN QUERY SELECT 'same', NULL::int, was, NULL::int; RETURN; END IF;
  UPDATE "User" u SET "lastSeq" = u."lastSeq" + 1 WHERE u."id" = p_user RETURNING u."lastSeq" INTO mark;
  UPDATE "ReadMark" r SET "readSeq" = p_read, "userSeq" = mark WHERE r."conversationId" = p_conversation AND r."userId" = p_user;
  RETURN QUERY SELECT 'raised', NULL::int, p_read, mark;
END $$;

-- The identity of the data: another value means that the history may be another one (restored, failed over, replaced).
CREATE FUNCTION chat_epoch() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT to_hex(s.system_identifier) || '-' || to_hex(c.timeline_id) FROM pg_control_system() s, pg_control_checkpoint() c
$$;
