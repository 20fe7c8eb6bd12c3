-- The timeline of the write position, not of the last checkpoint: after a promotion that one keeps the old timeline until
-- the first checkpoint has ended, minutes later, and until then a standby that lost commits would pass for the primary.
CREATE OR REPLACE FUNCTION chat_epoch() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT to_hex(system_identifier) || '-' || ltrim(left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), '0')
  FROM pg_control_system()
$$;
