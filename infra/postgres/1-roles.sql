-- The roles that a cluster must have before Headgate is migrated, or a dump of it restored, in it. Roles belong to the
-- whole cluster, and pg_dump leaves them out. Run it as a superuser, once a cluster. None of them can log in with a
-- password until it is given one.

-- What requests and upkeep run as. Nobody logs in as either, neither owns anything, and row-level security holds both.
create role headgate_app nologin nosuperuser nobypassrls noinherit;
create role headgate_maintenance nologin nosuperuser nobypassrls noinherit;

-- What the API logs in as. It owns the schema, and may become the other two; that they are there already spares it
-- CREATEROLE.
create role headgate_owner login nosuperuser nobypassrls nocreaterole nocreatedb;
grant headgate_app, headgate_maintenance to headgate_owner with inherit false, set true;

-- What pg_dump logs in as. Row-level security holds the owner too, so that the owner cannot dump its own tables.
create role headgate_backup login nosuperuser bypassrls nocreaterole nocreatedb;
grant pg_read_all_data to headgate_backup;

-- What the identity service logs in as, in a database of its own.
create role headgate_identity login nosuperuser nobypassrls nocreaterole nocreatedb;
