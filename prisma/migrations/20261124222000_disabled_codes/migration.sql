-- Recovery codes that a hundred failures in a row have disabled (63B §3.2.2) open nothing, so they do not count
-- among those that are left. As before, but for the condition on "Throttle".
CREATE OR REPLACE FUNCTION refresh_enrollment(person UUID) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  keys INTEGER;
  phones INTEGER;
  apps INTEGER;
  unused INTEGER;
  confirmed INTEGER;
  hasConfirmed BOOLEAN;
BEGIN
  PERFORM 1 FROM "User" WHERE "id" = person FOR NO KEY UPDATE;
  SELECT count(*) INTO keys FROM "SecurityKey" WHERE "userId" = person AND "removedAt" IS NULL;
  SELECT count(*) INTO phones FROM "SparekeyAuthenticator" WHERE "userId" = person AND "removedAt" IS NULL;
  SELECT count(*) INTO apps FROM "AuthenticatorApp"
    WHERE "userId" = person AND "removedAt" IS NULL AND "verifiedAt" IS NOT NULL;
  SELECT count(*), count(s."confirmedAt") INTO unused, confirmed
    FROM "RecoveryCode" c JOIN "RecoveryCodeSet" s ON s."id" = c."setId"
    WHERE c."userId" = person AND c."usedAt" IS NULL AND c."sealedDigest" IS NOT NULL AND s."endedAt" IS NULL
      AND NOT EXISTS (SELECT FROM "Throttle" t WHERE t."subject" = person::text
        AND t."method" = 'recovery-codes' AND t."failures" >= 100);
  SELECT coalesce(bool_or("confirmedAt" IS NOT NULL), FALSE) INTO hasConfirmed
    FROM "RecoveryCodeSet" WHERE "userId" = person AND "endedAt" IS NULL;
  UPDATE "User" SET
    "methods" = array_remove(ARRAY[
      CASE WHEN keys > 0 THEN 'security-key' END,
      CASE WHEN phones > 0 THEN 'notification' END,
      CASE WHEN apps > 0 THEN 'authenticator-app' END], NULL),
    "methodCount" = keys + phones + apps,
    "codesLeft" = unused,
    "codesConfirmed" = hasConfirmed,
    "recoverability" = CASE
      WHEN keys + phones + apps = 0 THEN 'no-mfa'
      WHEN keys > (CASE WHEN phones + apps > 0 THEN 0 ELSE 1 END) OR confirmed >= 4 THEN 'safe'
      WHEN unused > 0 THEN 'thin'
      ELSE 'locked-out' END
  WHERE "id" = person;
END $$;

CREATE FUNCTION refresh_enrollment_of_subject() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refresh_enrollment(NEW."subject"::uuid);
  RETURN NULL;
END $$;

-- Only the failure that disables them, and what clears it, costs a look at the person.
CREATE TRIGGER "Throttle_enrollment" AFTER UPDATE OF "failures" ON "Throttle"
  FOR EACH ROW WHEN (NEW."method" = 'recovery-codes' AND (OLD."failures" >= 100) <> (NEW."failures" >= 100))
  EXECUTE FUNCTION refresh_enrollment_of_subject();

SELECT refresh_enrollment(t."subject"::uuid) FROM "Throttle" t
  WHERE t."method" = 'recovery-codes' AND t."failures" >= 100;
