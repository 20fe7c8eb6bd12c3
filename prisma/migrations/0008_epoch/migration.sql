-- Which history the numbers belong to. Empty while the database has only gone forward.
CREATE TABLE "History" (
    "only" BOOLEAN NOT NULL DEFAULT true,
    "mark" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "History_pkey" PRIMARY KEY ("only")
);
INSERT INTO "History" DEFAULT VALUES;

-- System, timeline and mark. The timeline of the write position, not of the last checkpoint: after a promotion that one keeps
-- the old timeline until the first checkpoint has ended, minutes later, and until then a standby that lost commits would
-- pass for the primary.
CREATE OR REPLACE FUNCTION chat_epoch() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws('-', to_hex(s."system_identifier"),
    ltrim(left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), '0'), nullif(h."mark", ''))
  FROM pg_control_system() s, "History" h
$$;

-- An older copy was put in the place of the database: every position given out before is in doubt. Called by the node that
-- notices it first (the others name an epoch that is over, and change nothing), or by the operator who restores a backup.
CREATE FUNCTION chat_begin_history(p_epoch text DEFAULT NULL) RETURNS text LANGUAGE sql VOLATILE AS $$
  UPDATE "History" SET "mark" = left(md5(clock_timestamp()::text || random()::text), 8)
  WHERE p_epoch IS NULL OR "mark" = split_part(p_epoch, '-', 3);
  SELECT chat_epoch();
$$;
