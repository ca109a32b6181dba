-- AlterTable
ALTER TABLE "AuditEvent" ADD COLUMN     "actorId" UUID,
ADD COLUMN     "reason" TEXT;

-- AlterTable
ALTER TABLE "User" ADD COLUMN     "codesConfirmed" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "codesLeft" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "lastLoginAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "methodCount" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "methods" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "mfaResetAt" TIMESTAMPTZ(3),
ADD COLUMN     "nudgedAt" TIMESTAMPTZ(3),
ADD COLUMN     "recoverability" TEXT NOT NULL DEFAULT 'no-mfa';

-- CreateTable
CREATE TABLE "EnrollmentTally" (
    "id" BIGSERIAL NOT NULL,
    "recoverability" TEXT NOT NULL,
    "methodCount" INTEGER NOT NULL,
    "hasCodes" BOOLEAN NOT NULL,
    "change" INTEGER NOT NULL,

    CONSTRAINT "EnrollmentTally_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "EnrollmentDay" (
    "day" DATE NOT NULL,
    "noMethod" INTEGER NOT NULL,
    "oneMethod" INTEGER NOT NULL,
    "several" INTEGER NOT NULL,
    "withCodes" INTEGER NOT NULL,

    CONSTRAINT "EnrollmentDay_pkey" PRIMARY KEY ("day")
);

-- CreateTable
CREATE TABLE "Policy" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actorId" UUID NOT NULL,
    "requirement" TEXT NOT NULL,
    "graceDays" INTEGER NOT NULL,
    "requiredFrom" TIMESTAMPTZ(3) NOT NULL,
    "methods" TEXT[],
    "codesRequired" BOOLEAN NOT NULL,
    "lowCodes" INTEGER NOT NULL,
    "twoAdministrators" BOOLEAN NOT NULL,
    "temporaryCodeUses" INTEGER NOT NULL,

    CONSTRAINT "Policy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Invitation" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "role" "Role" NOT NULL DEFAULT 'USER',
    "invitedById" UUID NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),
    "cancelledAt" TIMESTAMPTZ(3),

    CONSTRAINT "Invitation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AdministrativeRequest" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "requestedById" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "hours" INTEGER,
    "uses" INTEGER,
    "requestedAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "approvedById" UUID,
    "approvedAt" TIMESTAMPTZ(3),
    "declinedById" UUID,
    "declinedAt" TIMESTAMPTZ(3),
    "doneAt" TIMESTAMPTZ(3),

    CONSTRAINT "AdministrativeRequest_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "TemporaryCode" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "createdById" UUID NOT NULL,
    "salt" BYTEA,
    "cost" SMALLINT NOT NULL,
    "sealedDigest" BYTEA,
    "keyId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usesLeft" INTEGER NOT NULL,
    "lastUsedAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),
    "endedBy" TEXT,
    "toldAt" TIMESTAMPTZ(3),

    CONSTRAINT "TemporaryCode_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Policy_at_idx" ON "Policy"("at");

-- CreateIndex
CREATE UNIQUE INDEX "Invitation_tokenHash_key" ON "Invitation"("tokenHash");

-- CreateIndex
CREATE INDEX "Invitation_email_idx" ON "Invitation"("email");

-- CreateIndex
CREATE INDEX "Invitation_expiresAt_idx" ON "Invitation"("expiresAt");

-- CreateIndex
CREATE INDEX "AdministrativeRequest_userId_idx" ON "AdministrativeRequest"("userId");

-- CreateIndex
CREATE INDEX "AdministrativeRequest_expiresAt_idx" ON "AdministrativeRequest"("expiresAt");

-- CreateIndex
CREATE INDEX "TemporaryCode_userId_createdAt_idx" ON "TemporaryCode"("userId", "createdAt");

-- CreateIndex
CREATE INDEX "TemporaryCode_createdById_createdAt_idx" ON "TemporaryCode"("createdById", "createdAt");

-- CreateIndex
CREATE INDEX "AuditEvent_actorId_at_idx" ON "AuditEvent"("actorId", "at");

-- CreateIndex
CREATE INDEX "AuditEvent_at_id_idx" ON "AuditEvent"("at", "id");

-- CreateIndex
CREATE INDEX "User_name_id_idx" ON "User"("name", "id");

-- CreateIndex
CREATE INDEX "User_recoverability_name_id_idx" ON "User"("recoverability", "name", "id");

-- CreateIndex
CREATE INDEX "User_role_name_id_idx" ON "User"("role", "name", "id");

-- CreateIndex
CREATE INDEX "User_lastLoginAt_id_idx" ON "User"("lastLoginAt", "id");

-- CreateIndex
CREATE INDEX "User_recoverability_lastLoginAt_id_idx" ON "User"("recoverability", "lastLoginAt", "id");

-- CreateIndex
CREATE INDEX "User_codesLeft_id_idx" ON "User"("codesLeft", "id");

-- CreateIndex
CREATE INDEX "User_recoverability_codesLeft_id_idx" ON "User"("recoverability", "codesLeft", "id");

-- AddForeignKey
ALTER TABLE "AdministrativeRequest" ADD CONSTRAINT "AdministrativeRequest_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TemporaryCode" ADD CONSTRAINT "TemporaryCode_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Not made from schema.prisma, which has no words for it.

-- Search by the beginnings of the words of names and addresses.
CREATE INDEX "User_search_idx" ON "User" USING GIN
  (to_tsvector('simple', translate("name" || ' ' || "email", '@._+-/’‘', '        ')));
-- And by the beginning of an address, in any locale.
CREATE INDEX "User_email_beginning_idx" ON "User" (lower("email") text_pattern_ops);

UPDATE "User" u SET "lastLoginAt" = coalesce(
  (SELECT max(e."at") FROM "AuditEvent" e WHERE e."userId" = u."id" AND e."type" = 'login'), u."createdAt");

-- What a person has enrolled, read from the rows of their methods. It holds the person's row, so that of two
-- changes at once the later one sees both. The same words are explained in lib/mfa/recoverability.ts.
CREATE FUNCTION refresh_enrollment(person UUID) RETURNS VOID LANGUAGE plpgsql AS $$
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
    WHERE c."userId" = person AND c."usedAt" IS NULL AND c."sealedDigest" IS NOT NULL AND s."endedAt" IS NULL;
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

CREATE FUNCTION refresh_enrollment_of_row() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refresh_enrollment(NEW."userId");
  RETURN NULL;
END $$;

CREATE TRIGGER "SecurityKey_enrollment" AFTER INSERT OR UPDATE OF "removedAt" ON "SecurityKey"
  FOR EACH ROW EXECUTE FUNCTION refresh_enrollment_of_row();
CREATE TRIGGER "SparekeyAuthenticator_enrollment" AFTER INSERT OR UPDATE OF "removedAt" ON "SparekeyAuthenticator"
  FOR EACH ROW EXECUTE FUNCTION refresh_enrollment_of_row();
CREATE TRIGGER "AuthenticatorApp_enrollment" AFTER UPDATE OF "removedAt", "verifiedAt" ON "AuthenticatorApp"
  FOR EACH ROW EXECUTE FUNCTION refresh_enrollment_of_row();
CREATE TRIGGER "AuthenticatorApp_enrollment_at_once" AFTER INSERT ON "AuthenticatorApp"
  FOR EACH ROW WHEN (NEW."verifiedAt" IS NOT NULL) EXECUTE FUNCTION refresh_enrollment_of_row();
CREATE TRIGGER "RecoveryCodeSet_enrollment" AFTER UPDATE OF "confirmedAt", "endedAt" ON "RecoveryCodeSet"
  FOR EACH ROW EXECUTE FUNCTION refresh_enrollment_of_row();
CREATE TRIGGER "RecoveryCode_enrollment" AFTER INSERT ON "RecoveryCode"
  FOR EACH ROW EXECUTE FUNCTION refresh_enrollment_of_row();
CREATE TRIGGER "RecoveryCode_enrollment_spent" AFTER UPDATE OF "usedAt" ON "RecoveryCode"
  FOR EACH ROW EXECUTE FUNCTION refresh_enrollment_of_row();

SELECT refresh_enrollment("id") FROM "User";

-- How many people are in each state, as changes.
INSERT INTO "EnrollmentTally" ("recoverability", "methodCount", "hasCodes", "change")
  SELECT "recoverability", least("methodCount", 2), "codesLeft" > 0, count(*) FROM "User" GROUP BY 1, 2, 3;

CREATE FUNCTION tally_enrollment() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD."recoverability", least(OLD."methodCount", 2), OLD."codesLeft" > 0)
      = (NEW."recoverability", least(NEW."methodCount", 2), NEW."codesLeft" > 0) THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO "EnrollmentTally" ("recoverability", "methodCount", "hasCodes", "change")
      VALUES (OLD."recoverability", least(OLD."methodCount", 2), OLD."codesLeft" > 0, -1);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO "EnrollmentTally" ("recoverability", "methodCount", "hasCodes", "change")
      VALUES (NEW."recoverability", least(NEW."methodCount", 2), NEW."codesLeft" > 0, 1);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER "User_tally" AFTER INSERT OR DELETE OR UPDATE OF "recoverability", "methodCount", "codesLeft" ON "User"
  FOR EACH ROW EXECUTE FUNCTION tally_enrollment();
