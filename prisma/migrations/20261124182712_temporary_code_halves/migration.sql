-- AlterTable
ALTER TABLE "TemporaryCode" ADD COLUMN     "mailedKeyId" TEXT NOT NULL;
