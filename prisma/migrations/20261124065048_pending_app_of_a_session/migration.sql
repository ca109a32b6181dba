-- AlterTable
ALTER TABLE "AuthenticatorApp" ADD COLUMN     "sessionId" UUID;
