-- CreateTable
CREATE TABLE "AuditPending" (
    "eventId" UUID NOT NULL,

    CONSTRAINT "AuditPending_pkey" PRIMARY KEY ("eventId")
);

-- CreateTable
CREATE TABLE "AuditSeal" (
    "position" BIGINT NOT NULL,
    "eventId" UUID NOT NULL,
    "hash" BYTEA NOT NULL,
    "keyId" TEXT NOT NULL,
    "sealedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "AuditSeal_pkey" PRIMARY KEY ("position")
);

-- CreateIndex
CREATE UNIQUE INDEX "AuditSeal_eventId_key" ON "AuditSeal"("eventId");

-- Not made from schema.prisma, which has no words for it.

-- Every event waits for its place in the chain, those that are there already too.
INSERT INTO "AuditPending" ("eventId") SELECT "id" FROM "AuditEvent";

CREATE FUNCTION queue_for_sealing() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "AuditPending" ("eventId") SELECT "id" FROM added;
  RETURN NULL;
END $$;

CREATE TRIGGER "AuditEvent_pending" AFTER INSERT ON "AuditEvent"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION queue_for_sealing();

-- Events and seals are added, and nothing else, also where session_replication_role says otherwise.
CREATE FUNCTION refuse_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Rows of "%" are only added, never changed or removed.', TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER "AuditEvent_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "AuditEvent"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE "AuditEvent" ENABLE ALWAYS TRIGGER "AuditEvent_append_only";

CREATE TRIGGER "AuditSeal_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "AuditSeal"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE "AuditSeal" ENABLE ALWAYS TRIGGER "AuditSeal_append_only";

-- A role that the server uses and that does not own the tables (MIGRATION_DATABASE_URL) has by default
-- privileges what it needs elsewhere: here it may only look and add.
DO $$
DECLARE
  granted RECORD;
BEGIN
  FOR granted IN
    SELECT DISTINCT c."oid"::regclass AS relation,
      CASE a."grantee" WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a."grantee")) END AS role
    FROM pg_class c, aclexplode(c."relacl") a
    WHERE c."oid" IN ('"AuditEvent"'::regclass, '"AuditSeal"'::regclass) AND a."grantee" <> c."relowner"
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %s', granted.relation, granted.role);
  END LOOP;
END $$;
