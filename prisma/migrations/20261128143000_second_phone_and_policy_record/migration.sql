-- AlterTable
ALTER TABLE "AuditEvent" ADD COLUMN     "details" TEXT;

-- Not made from schema.prisma, which has no words for it.

-- Of two connected phones that are not reported lost, one is left when the other is lost. As before, but for
-- "phonesAtHand".
CREATE OR REPLACE FUNCTION refresh_enrollment(person UUID) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  keys INTEGER;
  phones INTEGER;
  phonesAtHand INTEGER;
  apps INTEGER;
  unused INTEGER;
  confirmed INTEGER;
  hasConfirmed BOOLEAN;
BEGIN
  PERFORM 1 FROM "User" WHERE "id" = person FOR NO KEY UPDATE;
  SELECT count(*) INTO keys FROM "SecurityKey" WHERE "userId" = person AND "removedAt" IS NULL;
  SELECT count(*), count(*) FILTER (WHERE "suspendedAt" IS NULL) INTO phones, phonesAtHand
    FROM "SparekeyAuthenticator" WHERE "userId" = person AND "removedAt" IS NULL;
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
      WHEN keys > (CASE WHEN phones + apps > 0 THEN 0 ELSE 1 END)
        OR phonesAtHand > 1 OR confirmed >= 4 THEN 'safe'
      WHEN unused > 0 THEN 'thin'
      ELSE 'locked-out' END
  WHERE "id" = person;
END $$;

DROP TRIGGER "SparekeyAuthenticator_enrollment" ON "SparekeyAuthenticator";
CREATE TRIGGER "SparekeyAuthenticator_enrollment"
  AFTER INSERT OR UPDATE OF "removedAt", "suspendedAt" ON "SparekeyAuthenticator"
  FOR EACH ROW EXECUTE FUNCTION refresh_enrollment_of_row();

SELECT refresh_enrollment(p."userId") FROM (
  SELECT "userId" FROM "SparekeyAuthenticator" WHERE "removedAt" IS NULL AND "suspendedAt" IS NULL
  GROUP BY "userId" HAVING count(*) > 1) p;

-- Versions of the policy are added, and nothing else, as events of the audit log are: what held when is a record.
CREATE TRIGGER "Policy_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "Policy"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE "Policy" ENABLE ALWAYS TRIGGER "Policy_append_only";

DO $$
DECLARE
  granted RECORD;
BEGIN
  FOR granted IN
    SELECT DISTINCT CASE a."grantee" WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a."grantee")) END AS role
    FROM pg_class c, aclexplode(c."relacl") a
    WHERE c."oid" = '"Policy"'::regclass AND a."grantee" <> c."relowner"
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON "Policy" FROM %s', granted.role);
  END LOOP;
END $$;
