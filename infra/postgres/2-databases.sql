-- Passwords and databases, at the first start of the compose file's PostgreSQL. psql reads the passwords from files, so
-- that no command line and no variable holds them; what psql sends is hashed by the server before it is kept.
\set owner_password `cat /run/secrets/headgate_owner_password`
\set backup_password `cat /run/secrets/headgate_backup_password`
\set identity_password `cat /run/secrets/headgate_identity_password`
alter role headgate_owner password :'owner_password';
alter role headgate_backup password :'backup_password';
alter role headgate_identity password :'identity_password';

create database headgate owner headgate_owner;
create database identity owner headgate_identity;

-- Whoever may log in to one is not let in to the other.
revoke connect, temporary on database headgate, identity from public;
grant connect on database headgate, identity to headgate_backup;
