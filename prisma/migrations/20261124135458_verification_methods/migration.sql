-- AlterTable
ALTER TABLE "AuditEvent" ADD COLUMN     "methodName" TEXT;

-- AlterTable
ALTER TABLE "AuthenticatorApp" ADD COLUMN     "lastUsedAddress" TEXT,
ADD COLUMN     "lastUsedUserAgent" TEXT;

-- AlterTable
ALTER TABLE "User" ADD COLUMN     "preferredMethod" TEXT,
ADD COLUMN     "webauthnHandle" BYTEA;

-- CreateTable
CREATE TABLE "SparekeyAuthenticator" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "publicKey" BYTEA NOT NULL,
    "sealedSubscription" BYTEA,
    "subscriptionKeyId" TEXT,
    "addedAt" TIMESTAMPTZ(3) NOT NULL,
    "addedAddress" TEXT NOT NULL,
    "addedUserAgent" TEXT NOT NULL,
    "lastUsedAt" TIMESTAMPTZ(3),
    "lastUsedAddress" TEXT,
    "lastUsedUserAgent" TEXT,
    "removedAt" TIMESTAMPTZ(3),
    "suspendedAt" TIMESTAMPTZ(3),
    "probationUntil" TIMESTAMPTZ(3),

    CONSTRAINT "SparekeyAuthenticator_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Pairing" (
    "id" UUID NOT NULL,
    "secretHash" TEXT NOT NULL,
    "userId" UUID,
    "sessionId" UUID,
    "replacesId" UUID,
    "publicKey" BYTEA,
    "phoneAddress" TEXT,
    "phoneUserAgent" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "phoneConfirmedAt" TIMESTAMPTZ(3),
    "connectedAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Pairing_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ApprovalRequest" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "loginChallengeId" UUID NOT NULL,
    "sealedNumber" BYTEA NOT NULL,
    "keyId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "wrongNumbers" INTEGER NOT NULL DEFAULT 0,
    "decision" TEXT,
    "answeredAt" TIMESTAMPTZ(3),
    "authenticatorId" UUID,
    "endedAt" TIMESTAMPTZ(3),
    "usedAt" TIMESTAMPTZ(3),
    "settledAt" TIMESTAMPTZ(3),
    "address" TEXT NOT NULL,
    "userAgent" TEXT NOT NULL,

    CONSTRAINT "ApprovalRequest_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SecurityKey" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "credentialId" TEXT NOT NULL,
    "publicKey" BYTEA NOT NULL,
    "counter" BIGINT NOT NULL,
    "transports" TEXT[],
    "aaguid" TEXT NOT NULL,
    "backupEligible" BOOLEAN NOT NULL,
    "backedUp" BOOLEAN NOT NULL,
    "addedAt" TIMESTAMPTZ(3) NOT NULL,
    "lastUsedAt" TIMESTAMPTZ(3),
    "lastUsedAddress" TEXT,
    "lastUsedUserAgent" TEXT,
    "removedAt" TIMESTAMPTZ(3),
    "probationUntil" TIMESTAMPTZ(3),

    CONSTRAINT "SecurityKey_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "WebauthnChallenge" (
    "id" UUID NOT NULL,
    "challengeHash" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "userId" UUID,
    "sessionId" UUID,
    "loginChallengeId" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),

    CONSTRAINT "WebauthnChallenge_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ServerKey" (
    "name" TEXT NOT NULL,
    "publicKey" TEXT NOT NULL,
    "sealedKey" BYTEA NOT NULL,
    "keyId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ServerKey_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "SparekeyAuthenticator_userId_idx" ON "SparekeyAuthenticator"("userId");

-- CreateIndex
CREATE UNIQUE INDEX "Pairing_secretHash_key" ON "Pairing"("secretHash");

-- CreateIndex
CREATE INDEX "Pairing_userId_idx" ON "Pairing"("userId");

-- CreateIndex
CREATE INDEX "Pairing_sessionId_idx" ON "Pairing"("sessionId");

-- CreateIndex
CREATE INDEX "Pairing_expiresAt_idx" ON "Pairing"("expiresAt");

-- CreateIndex
CREATE INDEX "ApprovalRequest_userId_createdAt_idx" ON "ApprovalRequest"("userId", "createdAt");

-- CreateIndex
CREATE INDEX "ApprovalRequest_loginChallengeId_idx" ON "ApprovalRequest"("loginChallengeId");

-- CreateIndex
CREATE INDEX "ApprovalRequest_createdAt_idx" ON "ApprovalRequest"("createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "SecurityKey_credentialId_key" ON "SecurityKey"("credentialId");

-- CreateIndex
CREATE INDEX "SecurityKey_userId_idx" ON "SecurityKey"("userId");

-- CreateIndex
CREATE UNIQUE INDEX "WebauthnChallenge_challengeHash_key" ON "WebauthnChallenge"("challengeHash");

-- CreateIndex
CREATE INDEX "WebauthnChallenge_userId_idx" ON "WebauthnChallenge"("userId");

-- CreateIndex
CREATE INDEX "WebauthnChallenge_expiresAt_idx" ON "WebauthnChallenge"("expiresAt");

-- CreateIndex
CREATE UNIQUE INDEX "User_webauthnHandle_key" ON "User"("webauthnHandle");

-- AddForeignKey
ALTER TABLE "SparekeyAuthenticator" ADD CONSTRAINT "SparekeyAuthenticator_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Pairing" ADD CONSTRAINT "Pairing_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ApprovalRequest" ADD CONSTRAINT "ApprovalRequest_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SecurityKey" ADD CONSTRAINT "SecurityKey_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "WebauthnChallenge" ADD CONSTRAINT "WebauthnChallenge_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
