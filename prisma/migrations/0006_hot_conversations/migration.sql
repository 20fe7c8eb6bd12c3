-- A send writes its conversation's row. While no indexed column changes, PostgreSQL keeps the new version on the same page
-- and touches no index (HOT). The times of the last change and of the last message change at every send, so what is indexed
-- is the five minutes in which they lie: queries name the slot for the index, and the exact time for the truth.
DROP INDEX "Conversation_changedAt_idx";
DROP INDEX "Conversation_businessId_lastMessageAt_id_idx";
-- Answered by "Conversation_one_open_support".
DROP INDEX "Conversation_customerId_businessId_idx";

ALTER TABLE "Conversation"
  -- Room for new versions beside the old ones.
  SET (fillfactor = 80),
  ADD COLUMN "changedSlot" TIMESTAMPTZ(3) NOT NULL
    GENERATED ALWAYS AS (date_bin('5 minutes', "changedAt", '2000-01-01 00:00:00+00')) STORED,
  ADD COLUMN "lastMessageSlot" TIMESTAMPTZ(3) NOT NULL
    GENERATED ALWAYS AS (date_bin('5 minutes', "lastMessageAt", '2000-01-01 00:00:00+00')) STORED;

CREATE INDEX "Conversation_changedSlot_idx" ON "Conversation"("changedSlot");
CREATE INDEX "Conversation_businessId_lastMessageSlot_idx" ON "Conversation"("businessId", "lastMessageSlot" DESC);
