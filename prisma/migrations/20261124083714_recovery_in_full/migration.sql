-- DropIndex
DROP INDEX "User_email_key";

-- AlterTable
ALTER TABLE "AuditEvent" ADD COLUMN     "addressId" UUID,
ADD COLUMN     "codesLeft" SMALLINT;

-- AlterTable
ALTER TABLE "AuthenticatorApp" ADD COLUMN     "probationUntil" TIMESTAMPTZ(3),
ADD COLUMN     "suspendedAt" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "LoginChallenge" ADD COLUMN     "formKeyId" TEXT,
ADD COLUMN     "sealedForm" BYTEA,
ADD COLUMN     "sessionId" UUID;

-- AlterTable
ALTER TABLE "RecoveryCode" ADD COLUMN     "loginChallengeId" UUID;

-- AlterTable
ALTER TABLE "RecoveryCodeSet" ADD COLUMN     "endedBy" TEXT;

-- AlterTable
ALTER TABLE "Session" ADD COLUMN     "restrictedUntil" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "Throttle" DROP CONSTRAINT "Throttle_pkey",
ADD COLUMN     "lane" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "lastAttemptAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
ADD CONSTRAINT "Throttle_pkey" PRIMARY KEY ("subject", "method", "lane");

-- The rows from before count as tried now.
ALTER TABLE "Throttle" ALTER COLUMN "lastAttemptAt" DROP DEFAULT;

-- AlterTable
ALTER TABLE "User" ADD COLUMN     "verifiedEmail" TEXT;

-- CreateTable
CREATE TABLE "Address" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "addedAt" TIMESTAMPTZ(3) NOT NULL,
    "verifiedAt" TIMESTAMPTZ(3),
    "removedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Address_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AddressChange" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "oldAddressId" UUID NOT NULL,
    "newAddressId" UUID,
    "requestedAt" TIMESTAMPTZ(3) NOT NULL,
    "dueAt" TIMESTAMPTZ(3) NOT NULL,
    "oldConfirmedAt" TIMESTAMPTZ(3),
    "appliedAt" TIMESTAMPTZ(3),
    "cancelledAt" TIMESTAMPTZ(3),

    CONSTRAINT "AddressChange_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "MailLink" (
    "id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "addressId" UUID NOT NULL,
    "addressChangeId" UUID,
    "tokenHash" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),

    CONSTRAINT "MailLink_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Mail" (
    "id" UUID NOT NULL,
    "addressId" UUID NOT NULL,
    "template" TEXT NOT NULL,
    "eventId" UUID,
    "linkId" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "nextAttemptAt" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "sentAt" TIMESTAMPTZ(3),
    "failedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Mail_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "RateLimiterFlexible" (
    "key" TEXT NOT NULL,
    "points" INTEGER NOT NULL,
    "expire" TIMESTAMPTZ(3),

    CONSTRAINT "RateLimiterFlexible_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "Address_userId_idx" ON "Address"("userId");

-- CreateIndex
CREATE INDEX "Address_email_idx" ON "Address"("email");

-- CreateIndex
CREATE INDEX "AddressChange_userId_idx" ON "AddressChange"("userId");

-- CreateIndex
CREATE INDEX "AddressChange_dueAt_idx" ON "AddressChange"("dueAt");

-- CreateIndex
CREATE UNIQUE INDEX "MailLink_tokenHash_key" ON "MailLink"("tokenHash");

-- CreateIndex
CREATE INDEX "MailLink_userId_idx" ON "MailLink"("userId");

-- CreateIndex
CREATE INDEX "MailLink_expiresAt_idx" ON "MailLink"("expiresAt");

-- CreateIndex
CREATE INDEX "Mail_sentAt_nextAttemptAt_idx" ON "Mail"("sentAt", "nextAttemptAt");

-- CreateIndex
CREATE INDEX "Mail_addressId_idx" ON "Mail"("addressId");

-- CreateIndex
CREATE INDEX "RateLimiterFlexible_expire_idx" ON "RateLimiterFlexible"("expire");

-- CreateIndex
CREATE INDEX "LoginChallenge_sessionId_idx" ON "LoginChallenge"("sessionId");

-- CreateIndex
CREATE INDEX "RecoveryCode_loginChallengeId_idx" ON "RecoveryCode"("loginChallengeId");

-- CreateIndex
CREATE INDEX "Throttle_lastAttemptAt_idx" ON "Throttle"("lastAttemptAt");

-- CreateIndex
CREATE UNIQUE INDEX "User_verifiedEmail_key" ON "User"("verifiedEmail");

-- CreateIndex
CREATE INDEX "User_email_idx" ON "User"("email");

-- AddForeignKey
ALTER TABLE "AddressChange" ADD CONSTRAINT "AddressChange_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MailLink" ADD CONSTRAINT "MailLink_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- People from before keep their accounts: one that is not verified would be released after seven days.
-- No two of them share an address, so each counts as verified.
UPDATE "User" SET "verifiedEmail" = "email";
INSERT INTO "Address" ("id", "userId", "email", "addedAt", "verifiedAt")
SELECT gen_random_uuid(), "id", "email", "createdAt", now() FROM "User";
