-- Roles of an AidAPI database on PostgreSQL. The triggers that guard published rows bind all of them; the server's
-- role can moreover not remove a trigger.
--
--   aidapi_owner   owns the tables: for migrate, flush and reindex --all
--   aidapi_writer  reads and writes rows, and no more: for the server and the other commands
--   aidapi_reader  reads what is published or will be, no accounts: for servers that only serve readers
--
-- Run it as a superuser in the database, `psql -f deploy/postgresql-roles.sql NAME`: before the first migrate, after
-- it, and after migrations that add tables. Running it again repairs what was granted meanwhile. The roles have no
-- password: set one (`\password aidapi_writer`), or let pg_hba.conf admit them.

DO $$
DECLARE
  here text := current_schema();
  found record;
BEGIN
  FOR found IN SELECT unnest(ARRAY['aidapi_owner', 'aidapi_writer', 'aidapi_reader']) AS name LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = found.name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', found.name);
    END IF;
    EXECUTE format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', found.name);
    -- What the server otherwise sets for each connection: a pooler does not pass it on.
    EXECUTE format('ALTER ROLE %I SET jit = off', found.name);
    EXECUTE format('ALTER ROLE %I SET max_parallel_workers_per_gather = 0', found.name);
    EXECUTE format('ALTER ROLE %I SET enable_memoize = off', found.name);
    EXECUTE format('ALTER ROLE %I SET lock_timeout = ''20s''', found.name);
    EXECUTE format('ALTER ROLE %I SET statement_timeout = ''900s''', found.name);
    -- CONNECT without TEMPORARY, which everybody has by default.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC, %I', current_database(), found.name);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), found.name);
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC, %I', here, found.name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', here, found.name);
  END LOOP;
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO aidapi_owner', here);
  ALTER ROLE aidapi_reader SET default_transaction_read_only = on;

  -- Whoever made the tables and functions, the owner owns them; sequences follow their tables.
  FOR found IN
    SELECT format('ALTER TABLE %I.%I OWNER TO aidapi_owner', here, relname) AS sql FROM pg_class
    WHERE relnamespace = here::regnamespace AND relkind IN ('r', 'p', 'v')
    UNION ALL
    SELECT format('ALTER FUNCTION %s OWNER TO aidapi_owner', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = here::regnamespace AND proname LIKE 'guard\_%'
  LOOP
    EXECUTE found.sql;
  END LOOP;

  -- The writer: rows of all tables, also of those that the owner will add. No TRUNCATE, REFERENCES or TRIGGER.
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC, aidapi_writer, aidapi_reader', here);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO aidapi_writer', here);
  EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO aidapi_writer', here);
  EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE aidapi_owner IN SCHEMA %I'
    ' GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO aidapi_writer', here);
  EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE aidapi_owner IN SCHEMA %I'
    ' GRANT USAGE, SELECT ON SEQUENCES TO aidapi_writer', here);

  -- The reader: records and vocabulary; no accounts, sessions or logs. A table that is added later is not readable
  -- until this file is run again.
  FOR found IN
    SELECT format('GRANT SELECT ON %I.%I TO aidapi_reader', here, relname) AS sql FROM pg_class
    WHERE relnamespace = here::regnamespace AND relkind IN ('r', 'p', 'v')
      AND (relname LIKE 'records\_%'
          AND relname NOT IN ('records_assignment', 'records_auditentry', 'records_comment', 'records_keptform',
            'records_proposal', 'records_report', 'records_savedview', 'records_sentnotice',
            'records_sourcecheck', 'records_thread')
        OR relname = 'django_migrations')
    UNION ALL
    SELECT format('REVOKE INSERT, UPDATE, DELETE ON %I.%I FROM aidapi_writer', here, relname) FROM pg_class
    WHERE relnamespace = here::regnamespace AND relname = 'django_migrations'
  LOOP
    EXECUTE found.sql;
  END LOOP;
END $$;
