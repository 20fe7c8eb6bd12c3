-- CreateTable
CREATE TABLE "Device" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "userAgent" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Device_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Revocation" (
    "issuer" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "notBefore" TIMESTAMPTZ(3) NOT NULL,
    "changedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Revocation_pkey" PRIMARY KEY ("issuer","kind","value")
);

-- CreateIndex
CREATE INDEX "Device_userId_idx" ON "Device"("userId");

-- CreateIndex
CREATE INDEX "Revocation_changedAt_idx" ON "Revocation"("changedAt");

-- AddForeignKey
ALTER TABLE "Device" ADD CONSTRAINT "Device_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A misspelled kind would revoke nothing without anybody noticing.
ALTER TABLE "Revocation" ADD CONSTRAINT "Revocation_kind_check"
  CHECK ("kind" IN ('all', 'subject', 'sid', 'jti') AND ("value" = '') = ("kind" = 'all'));

-- For nodes and operators alike: SELECT chat_revoke('https://id.example', 'subject', 'user-42')
CREATE FUNCTION chat_revoke(p_issuer text, p_kind text, p_value text, p_not_before timestamptz DEFAULT clock_timestamp())
RETURNS void LANGUAGE sql VOLATILE AS $$
  INSERT INTO "Revocation" AS r ("issuer", "kind", "value", "notBefore", "changedAt")
  VALUES (p_issuer, p_kind, p_value, p_not_before, clock_timestamp())
  ON CONFLICT ("issuer", "kind", "value") DO UPDATE
    SET "notBefore" = greatest(r."notBefore", excluded."notBefore"), "changedAt" = excluded."changedAt"
$$;
