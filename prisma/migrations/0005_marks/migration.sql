-- Marks are raised together: one statement for everybody whose mark became due. `chat_mark` stays for the nodes of the
-- release before, which serve beside the new ones during a deploy.

-- Raises watermarks; never lowers them. Staff who take no part get a private mark. One row in, one row out, in the order
-- given; the caller names a pair of conversation and user once.
--
-- Being VOLATILE it takes a fresh snapshot for each statement, so what is compared was read under the locks.
-- Locks: participants by (conversation, user), private marks likewise, then users by id. Conversations are only read.
--
-- outcome: raised | same | bad_seq (beyond `head`; nothing of the row is applied) | missing. userSeq is null when the own
-- stream did not change; deliveredSeq is null for a private mark, of which no receipt comes.
CREATE FUNCTION chat_marks(p_conversation uuid[], p_user uuid[], p_delivered int[], p_read int[], p_staff boolean[])
RETURNS TABLE ("outcome" text, "head" int, "deliveredSeq" int, "readSeq" int, "userSeq" int)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  INSERT INTO "ReadMark" ("conversationId", "userId")
    SELECT i.cid, i.uid FROM unnest(p_conversation, p_user, p_delivered, p_read, p_staff) AS i (cid, uid, delivered, seen, staff)
    JOIN "Conversation" c ON c."id" = i.cid
    JOIN "User" u ON u."id" = i.uid
    WHERE i.staff AND greatest(i.delivered, i.seen) <= c."lastSeq"
      AND NOT EXISTS (SELECT 1 FROM "Participant" p WHERE p."conversationId" = i.cid AND p."userId" = i.uid)
    ORDER BY i.cid, i.uid
    ON CONFLICT DO NOTHING;
  PERFORM 1 FROM unnest(p_conversation, p_user) AS i (cid, uid)
    JOIN "Participant" p ON p."conversationId" = i.cid AND p."userId" = i.uid
    ORDER BY p."conversationId", p."userId" FOR NO KEY UPDATE OF p;
  PERFORM 1 FROM unnest(p_conversation, p_user) AS i (cid, uid)
    JOIN "ReadMark" r ON r."conversationId" = i.cid AND r."userId" = i.uid
    ORDER BY r."conversationId", r."userId" FOR NO KEY UPDATE OF r;
  -- Of the others the own stream does not change.
  PERFORM 1 FROM "User" u WHERE u."id" IN (
      SELECT i.uid FROM unnest(p_user, p_read) AS i (uid, seq) WHERE i.seq > 0)
    ORDER BY u."id" FOR NO KEY UPDATE;

  RETURN QUERY
  WITH item AS MATERIALIZED (
    SELECT i.*, greatest(i.delivered, i.seen) AS reached, c."lastSeq" AS top, p."userId" AS part,
      coalesce(p."deliveredSeq", 0) AS old_delivered, coalesce(p."readSeq", r."readSeq", 0) AS old_read
    FROM unnest(p_conversation, p_user, p_delivered, p_read, p_staff) WITH ORDINALITY AS i (cid, uid, delivered, seen, staff, ord)
    LEFT JOIN "Conversation" c ON c."id" = i.cid
    LEFT JOIN "Participant" p ON p."conversationId" = i.cid AND p."userId" = i.uid
    LEFT JOIN "ReadMark" r ON r."conversationId" = i.cid AND r."userId" = i.uid
  ),
  judged AS MATERIALIZED (
    SELECT i.*, CASE
        WHEN i.top IS NULL OR (i.part IS NULL AND NOT i.staff) THEN 'missing'
        WHEN i.reached > i.top THEN 'bad_seq'
        WHEN i.seen > i.old_read OR (i.part IS NOT NULL AND i.reached > i.old_delivered) THEN 'raised'
        ELSE 'same'
      END AS verdict
    FROM item i
  ),
  risen AS MATERIALIZED (
    SELECT j.ord, j.uid, row_number() OVER (PARTITION BY j.uid ORDER BY j.ord) AS nth
    FROM judged j WHERE j.verdict = 'raised' AND j.seen > j.old_read
  ),
  counted AS (
    UPDATE "User" u SET "lastSeq" = u."lastSeq" + n.rises
    FROM (SELECT x.uid, max(x.nth)::int AS rises FROM risen x GROUP BY x.uid) n
    WHERE u."id" = n.uid RETURNING u."id", u."lastSeq" - n.rises AS base
  ),
  numbered AS MATERIALIZED (
    SELECT x.ord, (k.base + x.nth)::int AS mark FROM risen x JOIN counted k ON k."id" = x.uid
  ),
  shown AS (
    UPDATE "Participant" p SET "readSeq" = greatest(p."readSeq", j.seen), "deliveredSeq" = greatest(p."deliveredSeq", j.reached),
      "userSeq" = coalesce(n.mark, p."userSeq")
    FROM judged j LEFT JOIN numbered n ON n.ord = j.ord
    WHERE j.verdict = 'raised' AND j.part IS NOT NULL AND p."conversationId" = j.cid AND p."userId" = j.uid
  ),
  kept AS (
    UPDATE "ReadMark" r SET "readSeq" = j.seen, "userSeq" = n.mark
    FROM judged j JOIN numbered n ON n.ord = j.ord
    WHERE j.part IS NULL AND r."conversationId" = j.cid AND r."userId" = j.uid
  )
  SELECT j.verdict, j.top,
    CASE WHEN j.part IS NOT NULL THEN greatest(j.old_delivered, j.reached) END,
    greatest(j.old_read, j.seen), n.mark
  FROM judged j LEFT JOIN numbered n ON n.ord = j.ord
  ORDER BY j.ord;
END $$;
