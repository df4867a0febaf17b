// Generated from openapi.yaml by `pnpm generate`. Do not edit.
export interface paths {
    "/v1/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List your organizations
         * @description Those of your token, with your role in each; for an API key the one that it is for.
         */
        get: operations["listOrganizations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org_id}/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an organization's limits
         * @description For each limit what is used and what is allowed. What would go beyond one is refused with `LIMIT_EXCEEDED`, which names it. The operator of the service sets the limits.
         */
        get: operations["getOrganizationLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the projects of an organization
         * @description Newest first, or by name. Deleted projects are not listed.
         */
        get: operations["listProjects"];
        put?: never;
        /**
         * Create a project
         * @description Makes the project and, when one is given, its primary database in one step: both or neither.
         */
        post: operations["createProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a project
         * @description One project with its settings.
         */
        get: operations["getProject"];
        put?: never;
        post?: never;
        /**
         * Delete a project
         * @description Takes its databases along. It can be restored for 30 days, then it is purged with its secrets.
         */
        delete: operations["deleteProject"];
        options?: never;
        head?: never;
        /**
         * Change a project
         * @description What is left out stays as it is.
         */
        patch: operations["updateProject"];
        trace?: never;
    };
    "/v1/projects/{project_id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a deleted project
         * @description Brings it back with the databases that its deletion took along, within 30 days.
         */
        post: operations["restoreProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the databases of a project
         * @description Newest first. Deleted databases are not listed.
         */
        get: operations["listDatabases"];
        put?: never;
        /**
         * Register a database
         * @description Registers an upstream PostgreSQL database, by its `url` or field by field, and answers the connection string to use in its place. `warnings` tell what was ignored of the URI, and what is likely to be a mistake. With `replication_slots` the upstream is asked; what is wrong there is a 422, and nothing is made.
         */
        post: operations["createDatabase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a database
         * @description One database with its settings, without its password unless it is asked for. Showing it needs a role or a key that holds `secrets:read`, and leaves an audit entry each time.
         */
        get: operations["getDatabase"];
        put?: never;
        post?: never;
        /**
         * Delete a database
         * @description Only its registration: the upstream is not touched. It can be restored for 30 days, then it is purged with its secrets.
         */
        delete: operations["deleteDatabase"];
        options?: never;
        head?: never;
        /**
         * Change a database
         * @description What is left out stays as it is, inside cache_config and pool_config too. A primary that is not configured yet is completed with `url`, or with host, port, name, username and password together.
         *
         *     The stored password is not sent to another host or port, or over weaker TLS, than it was stored for: give it again with such a change, unless you hold `secrets:read`.
         */
        patch: operations["updateDatabase"];
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a deleted database
         * @description Brings it back as it was, within 30 days. A database that went with its project comes back with it. `warnings` name each replication slot that was registered for another database meanwhile, and does not come back.
         */
        post: operations["restoreDatabase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/test-connection": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a database
         * @description Connects to the upstream, logs in and looks at it, and tells how each step went and what to do about what is wrong.
         *
         *     With a body it tests a change before it is made: what is left out is taken from what is stored. The stored password is not sent to another host or port, or over weaker TLS, than it was stored for: give it again, unless you hold `secrets:read`.
         *
         *     It takes 15 s at most, and a project has a few at a time: one more is a 429. It ends when the caller goes away. Each leaves an audit entry.
         *
         *     Send a new `Idempotency-Key` for each try: the same one gets the first answer again.
         */
        post: operations["testDatabaseConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/rotate-credentials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate a database's credentials
         * @description Connects to the upstream with the new credentials, stages them, and switches to them: at every moment one pair that was tested is in force. When they do not work the answer is 422 with the steps of the check, and nothing is changed.
         *
         *     Those before stay sealed for `grace_seconds`, in which `undoDatabaseCredentialsRotation` puts them back. A change of host, port or weaker TLS forgets them, and so does a change of username or password by PATCH.
         *
         *     Replicas are reached with the same credentials, and are not tested here. Each step leaves an audit entry.
         */
        post: operations["rotateDatabaseCredentials"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/rotate-credentials/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo a rotation of a database's credentials
         * @description Puts the credentials back that were in force before the last rotation, within its grace time, and forgets those of the rotation: there is no way forward again but another rotation.
         *
         *     They are tested, and put back also when they do not work: `warnings` says so.
         */
        post: operations["undoDatabaseCredentialsRotation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/test-connection": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a database before it is registered
         * @description Takes what `createDatabase` takes, but for replication slots, and makes nothing: connects to the upstream, logs in and looks at it, and tells how each step went.
         *
         *     It takes 15 s at most, and a project has a few at a time: one more is a 429. It ends when the caller goes away. Each leaves an audit entry.
         *
         *     Send a new `Idempotency-Key` for each try: the same one gets the first answer again.
         */
        post: operations["testDatabaseRegistration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/introspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a snapshot of a schema
         * @description Reads from the upstream, of one moment, what the database is made of, and keeps it: the last 10 snapshots are kept. Read it with `getDatabaseSchema`.
         *
         *     Any role of the upstream that may connect is enough. What it may not see, and what is being altered, is in `skipped`; what is beyond the bounds is left out, and `truncated` says so. The server must be PostgreSQL 12 or later.
         *
         *     When the upstream cannot be read the answer is a 422 that says why, step by step; when none of the `schemas` that are asked for exists, a 400.
         *
         *     Send a new `Idempotency-Key` for each try: the same one gets the first answer again.
         */
        post: operations["introspectDatabase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a schema
         * @description The last snapshot of the database that is of all schemas (of some where there is no other), or the one that is named, with all that it holds; types and relations by schema and name. Where none was taken yet the answer is a 404 that says so. A large one is sent while it is read: take it for whole only when the transfer ended as it should.
         */
        get: operations["getDatabaseSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/schema/snapshots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the snapshots of a schema
         * @description Newest first, without what they hold.
         */
        get: operations["listSchemaSnapshots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/schema/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare two snapshots of a schema
         * @description What was added, removed and changed from one snapshot to another of the same database, whichever was taken first: schemas, then types, then relations, each by name. What was renamed is told as removed and added. Estimates are not compared. What one of the two does not tell of is in `not_compared`, and no change.
         */
        get: operations["diffDatabaseSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/schema-catalog": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the short form of a schema
         * @description Relations and columns as the upstream has them now, without the database's `excluded_schemas`. Nothing is kept of it. When the upstream cannot be read, `error` says why.
         */
        get: operations["getSchemaCatalog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/databases/{database_id}/replicas": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the replicas of a database
         * @description Newest first. Without page parameters all of them, up to 1000. Deleted replicas are not listed.
         */
        get: operations["listReplicas"];
        put?: never;
        /**
         * Register a replica
         * @description Registers a read replica of a database, which is reached with the name, user and password of the database. The database must be configured. Unless you hold `secrets:read`, give its password: the stored one is not sent to another host or port, or over weaker TLS, than it was stored for.
         */
        post: operations["createReplica"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/databases/{database_id}/replicas/{replica_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a replica
         * @description One read replica of a database.
         */
        get: operations["getReplica"];
        put?: never;
        post?: never;
        /**
         * Delete a replica
         * @description Only its registration: the upstream is not touched. It can be restored for 30 days, then it is purged.
         */
        delete: operations["deleteReplica"];
        options?: never;
        head?: never;
        /**
         * Change a replica
         * @description What is left out stays as it is. Another host or port, or weaker TLS, needs the password of the database again, unless you hold `secrets:read`.
         */
        patch: operations["updateReplica"];
        trace?: never;
    };
    "/v1/databases/{database_id}/replicas/{replica_id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a deleted replica
         * @description Brings it back as it was, within 30 days. The replicas of a deleted database come back with the database.
         */
        post: operations["restoreReplica"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/databases/{database_id}/replicas/{replica_id}/test-connection": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a replica
         * @description Like `testDatabaseConnection`, with the name, user and password of the database. The server must be in recovery and follow the primary; its lag is told.
         *
         *     With a body it tests a change before it is made. The stored password is not sent to another host or port, or over weaker TLS: give it, unless you hold `secrets:read`.
         *
         *     It takes 15 s at most, and a project has a few at a time: one more is a 429. It ends when the caller goes away. Each leaves an audit entry.
         *
         *     Send a new `Idempotency-Key` for each try: the same one gets the first answer again.
         */
        post: operations["testReplicaConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/databases/{database_id}/replicas/test-connection": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a replica before it is registered
         * @description Takes what `createReplica` takes and makes nothing: connects with the name, user and password of the database, and tells how each step went, whether the server follows the primary, and its lag.
         *
         *     It takes 15 s at most, and a project has a few at a time: one more is a 429. It ends when the caller goes away. Each leaves an audit entry.
         *
         *     Send a new `Idempotency-Key` for each try: the same one gets the first answer again.
         */
        post: operations["testReplicaRegistration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/replication-slots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List replication slots
         * @description The registered replication slots of a database, newest first. How each stands on the upstream is told by `getReplicationSlot`.
         */
        get: operations["listReplicationSlots"];
        put?: never;
        /**
         * Register a replication slot
         * @description Registers a logical replication slot of the upstream with the publication that it is read with. Both are looked at first: what cannot be used is a 422, whose `checks` say what is wrong, each under a code of its own, and what to do.
         *
         *     With `create_if_missing` what is missing is made: the publication (on `primary` where the database is a standby), and the slot after it. What was made is undone when it does not come to a good end; nothing else is ever dropped.
         *
         *     A slot of an upstream is registered once: a second time is a 409. It takes 20 s at most.
         */
        post: operations["createReplicationSlot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/replication-slots/{slot_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a replication slot
         * @description One replication slot, and how it stands on the upstream at this moment. When that cannot be learned the answer says why, and is a 200 all the same. A project has a few of these under way at a time: one more is a 429.
         */
        get: operations["getReplicationSlot"];
        put?: never;
        post?: never;
        /**
         * Delete a replication slot
         * @description Only its registration, unless `drop=true` asks for more: then the slot is dropped on the upstream first, and nothing is deleted when that fails. The publication is never dropped. A slot that something reads is a 409; one that is gone already is no error.
         *
         *     The registration can be restored for 30 days, then it is purged. A slot that is not dropped keeps WAL on its server.
         */
        delete: operations["deleteReplicationSlot"];
        options?: never;
        head?: never;
        /**
         * Change a replication slot
         * @description Its status can be changed; another slot, publication or primary is a 400. The upstream is not touched: a slot that is disabled keeps WAL there until it is dropped.
         */
        patch: operations["updateReplicationSlot"];
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/replication-slots/{slot_id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a deleted replication slot
         * @description Brings its registration back as it was, within 30 days, unless the slot is registered again. The upstream is not touched: `getReplicationSlot` says whether the slot is still there.
         */
        post: operations["restoreReplicationSlot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/certificates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the certificates of a project
         * @description Newest first, with what they say and without the PEM. Deleted certificates are not listed.
         */
        get: operations["listCertificates"];
        put?: never;
        /**
         * Add a certificate
         * @description A bundle of authorities, or a client certificate with its key, for the databases and replicas of the project that name it. It never changes: add its successor, and name that one. A client certificate that has expired is refused, and so is a bundle of which all have. A project has at most 100.
         */
        post: operations["createCertificate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/certificates/{certificate_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a certificate
         * @description All that it says, and the PEM. The private key of a client certificate is never shown.
         */
        get: operations["getCertificate"];
        put?: never;
        post?: never;
        /**
         * Delete a certificate
         * @description Refused with 409 while a database or a replica names it. It can be restored for 30 days, and is then purged with its key.
         */
        delete: operations["deleteCertificate"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/certificates/{certificate_id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a deleted certificate
         * @description Brings it back as it was within 30 days. A certificate that went with its project comes back with it.
         */
        post: operations["restoreCertificate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/cache-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the cache rules of a database
         * @description Newest first, each with what was seen of its statement.
         */
        get: operations["listCacheRules"];
        put?: never;
        /**
         * Make a cache rule for a statement
         * @description Before any traffic has been seen. Every spelling of a statement is one rule: case, white space, comments, literals and the names given to columns of the answer do not count. A statement that has a rule already is a 409 that names its hash, and so is a database that is not configured yet. A database has at most 1000 rules.
         */
        post: operations["createCacheRule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/databases/{database_id}/cache-rules/{query_hash}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Replace a cache rule
         * @description A TTL or stale-while-revalidate time that is left out becomes null.
         */
        put: operations["updateCacheRule"];
        post?: never;
        /**
         * Delete a cache rule
         * @description At once and for good, with what was seen of its statement. The same statement can have a new rule.
         */
        delete: operations["deleteCacheRule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org_id}/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the API keys of an organization
         * @description Newest first. Owners and admins see all keys, others those of their own. Revoked keys are not listed.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Create an API key
         * @description Makes a key for a program, of the organization or of one project, and shows it once. It acts with the present role of whoever creates it, within its scopes, which cannot be wider than the own ones.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org_id}/api-keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an API key
         * @description One key, without the key itself. A revoked one can be seen for 30 days.
         */
        get: operations["getApiKey"];
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description From the next request on the key, and those that were made with it, are refused by every instance. This cannot be undone, and to revoke it again changes nothing. Owners and admins may revoke any key, others their own.
         */
        delete: operations["revokeApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/domains": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the custom domains of a project
         * @description Newest first. Deleted domains are not listed.
         */
        get: operations["listCustomDomains"];
        put?: never;
        /**
         * Add a custom domain
         * @description Claims a name for the project and answers the DNS records to set. It is in use once it is verified; a claim that is not verified keeps nobody else from the name.
         */
        post: operations["createCustomDomain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/domains/{domain_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a custom domain
         * @description One custom domain with the DNS records that it needs.
         */
        get: operations["getCustomDomain"];
        put?: never;
        post?: never;
        /**
         * Delete a custom domain
         * @description The name is free for others at once. It can be restored for 30 days, and is then to be verified anew.
         */
        delete: operations["deleteCustomDomain"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/domains/{domain_id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verify a custom domain
         * @description Asks DNS for the TXT and the CNAME record, and answers what was expected and what was found. When both are right, the domain is verified.
         *
         *     Keep the records: when a verified domain is verified again and DNS says that they are gone, it is not verified any more. When DNS does not answer, nothing changes.
         *
         *     A name that is verified in another project is a 409, and only once your records are right.
         *
         *     Send a new `Idempotency-Key` for each try: the same one gets the first answer again.
         */
        post: operations["verifyCustomDomain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/domains/{domain_id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a deleted custom domain
         * @description Brings it back within 30 days, with the same DNS records. It is not verified then, since the name was free meanwhile: verify it again. A domain that went with its project comes back with it.
         */
        post: operations["restoreCustomDomain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org_id}/audit-log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit log of an organization
         * @description Newest first, of all projects and of what belongs to none.
         */
        get: operations["getOrganizationAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org_id}/audit-log/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the audit log of an organization
         * @description All entries up to now, oldest first, as they are read: one entry a line in NDJSON, the same in a table in CSV. In a table, what would be taken for a formula has an apostrophe before it. An export that fails halfway is cut off: take it for whole only when the transfer ended as it should. It is itself an entry of the log.
         */
        get: operations["exportOrganizationAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{org_id}/audit-log/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verify the audit log of an organization
         * @description Walks the chain from its beginning, holds each entry against its hash, the hash of the entry before it and its MAC, and the end against what was sealed under a key that is not in the database. It tells of entries that were altered, removed, moved or put in. It changes no entry. What it cannot see, done by whoever can write to the database: an older state that was put back; entries that are gone together with the head of the chain, whether all of an organization or some, the rest being taken out of the chain; and an entry that was removed before it was chained, which takes some seconds. Keep `head` elsewhere, and compare: it tells of the first two. A request checks up to 50000 entries and tells of up to 100 findings; ask again with `next_page_token` to go on.
         */
        post: operations["verifyOrganizationAuditLog"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/audit-log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit log of a project
         * @description Newest first. A deleted project can be asked for as long as it can be restored, and its organization always.
         */
        get: operations["getProjectAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project_id}/audit-log/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the audit log of a project
         * @description All entries up to now, oldest first, as they are read: one entry a line in NDJSON, the same in a table in CSV. In a table, what would be taken for a formula has an apostrophe before it. An export that fails halfway is cut off: take it for whole only when the transfer ended as it should. It is itself an entry of the log.
         */
        get: operations["exportProjectAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/regions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the regions
         * @description The regions that the operator offers for `pool_region`.
         */
        get: operations["listRegions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Health for clients
         * @description Answers 200 while the process lives; `degraded` when requests would fail now.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Liveness for supervisors
         * @description Answers as long as the process runs; restart it when this fails.
         */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Readiness for load balancers
         * @description Answers 503 while requests would fail here: send them to another instance.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Error: {
            error: {
                /**
                 * @description Stable; branch on it. `/docs/errors/{code}` says what happened and what to do.
                 * @enum {string}
                 */
                code: "INVALID_INPUT" | "UNAUTHORIZED" | "FORBIDDEN" | "LIMIT_EXCEEDED" | "NOT_FOUND" | "CONFLICT" | "PRECONDITION_FAILED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "UPSTREAM_CHECK_FAILED" | "RATE_LIMITED" | "INTERNAL_ERROR" | "UNAVAILABLE";
                /** @description For people: what happened and what to do. */
                message: string;
                /** @description Finds the request in the logs; also in `X-Request-Id`. */
                request_id: string;
                details?: components["schemas"]["FieldError"][];
                /** @description Of `UPSTREAM_CHECK_FAILED`: every step of the check that was made, in order. */
                checks?: components["schemas"]["CheckStep"][];
            };
        };
        FieldError: {
            /** @description The path of the field, such as `pool_config.pool_size`. */
            field: string;
            /** @description What is wrong with it and what would be accepted. */
            message: string;
        };
        CheckStep: {
            /** @enum {string} */
            name: "name" | "address" | "reach" | "tls" | "login" | "server" | "replica" | "role" | "wal_level" | "replication_slots" | "primary" | "publication" | "slot" | "publication_before_slot";
            /**
             * @description `skipped` for what was not looked at: what comes after a failure, `tls` of a connection without encryption, `primary` where the database is no standby, and what `create_if_missing` is to make.
             * @enum {string}
             */
            outcome: "passed" | "warned" | "failed" | "skipped";
            /** @description 0 for what was not measured by itself. One answer tells all that a replication slot needs: the first of these has its duration. */
            duration_ms: number;
            /**
             * @description What is wrong; stable, branch on it. Like the next two, only of a step that failed or warned.
             * @example refused
             */
            code?: string;
            /** @description What is wrong, for people. */
            message?: string;
            /** @description What to do about it. */
            hint?: string;
        };
        /**
         * @example {
         *       "organizations": [
         *         {
         *           "id": "org_demo",
         *           "name": "Demo",
         *           "slug": "demo",
         *           "role": "owner"
         *         }
         *       ]
         *     }
         */
        ListOrganizationsResponse: {
            organizations: components["schemas"]["OrganizationSummary"][];
        };
        /**
         * @example {
         *       "id": "org_demo",
         *       "name": "Demo",
         *       "slug": "demo",
         *       "role": "owner"
         *     }
         */
        OrganizationSummary: {
            /** @description What `org_id` refers to. */
            id: string;
            /** @description As the token says; the id where it says none. */
            name: string;
            /** @description As the token says; the id where it says none. */
            slug: string;
            /**
             * @description What you may do there.
             * @enum {string}
             */
            role: "owner" | "admin" | "member" | "viewer";
        };
        /**
         * @example {
         *       "org_id": "org_demo",
         *       "limits": {
         *         "projects": {
         *           "used": 3,
         *           "allowed": 1000
         *         },
         *         "databases_per_project": {
         *           "used": 12,
         *           "allowed": 1000
         *         },
         *         "replicas_per_database": {
         *           "used": 2,
         *           "allowed": 10
         *         },
         *         "custom_domains": {
         *           "used": 1,
         *           "allowed": 100
         *         },
         *         "api_keys": {
         *           "used": 4,
         *           "allowed": 100
         *         },
         *         "requests_per_second": {
         *           "allowed": 100
         *         }
         *       }
         *     }
         */
        OrganizationLimits: {
            org_id: string;
            limits: {
                projects: {
                    /** @description How many projects there are. */
                    used: number;
                    /** @description How many there may be. */
                    allowed: number;
                };
                databases_per_project: {
                    /** @description How many databases the fullest project has. */
                    used: number;
                    /** @description How many there may be. */
                    allowed: number;
                };
                replicas_per_database: {
                    /** @description How many replicas the database with the most of them has. */
                    used: number;
                    /** @description How many there may be. */
                    allowed: number;
                };
                custom_domains: {
                    /** @description How many custom domains there are, verified or not. */
                    used: number;
                    /** @description How many there may be. */
                    allowed: number;
                };
                api_keys: {
                    /** @description How many API keys can be used: neither revoked nor expired. */
                    used: number;
                    /** @description How many there may be. */
                    allowed: number;
                };
                requests_per_second: {
                    /** @description How many requests a caller may send in a second. */
                    allowed: number;
                };
            };
        };
        /**
         * @example {
         *       "projects": [
         *         {
         *           "id": "prj_01h455vb4pex5vsknk084sn02r",
         *           "org_id": "org_demo",
         *           "name": "shop",
         *           "cloud": "aws",
         *           "self_hosted": false,
         *           "proxy_host": "prj-01h455vb4pex5vsknk084sn02r.localhost",
         *           "database_count": 1,
         *           "status": "active",
         *           "created_at": "2026-11-21T08:30:00.000Z",
         *           "updated_at": "2026-11-21T08:30:00.000Z"
         *         }
         *       ],
         *       "total": 1
         *     }
         */
        ListProjectsResponse: {
            projects: components["schemas"]["Project"][];
            /** @description How many projects the organization has. */
            total: number;
            next_page_token?: string;
        };
        /**
         * @example {
         *       "id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "org_id": "org_demo",
         *       "name": "shop",
         *       "cloud": "aws",
         *       "self_hosted": false,
         *       "proxy_host": "prj-01h455vb4pex5vsknk084sn02r.localhost",
         *       "database_count": 1,
         *       "status": "active",
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        Project: {
            id: string;
            org_id: string;
            /** @example shop */
            name: string;
            description?: string;
            /**
             * @example [
             *       "production"
             *     ]
             */
            tags?: string[];
            /**
             * @description Where the project lives; aws unless given.
             * @enum {string}
             */
            readonly cloud: "aws" | "azure" | "gcp";
            readonly self_hosted: boolean;
            /** @description The host in the connection strings of its databases. */
            readonly proxy_host: string;
            /** @description From where the project may be reached, as it was given. Absent when it was never set. */
            allowed_cidrs?: components["schemas"]["CidrEntry"][];
            readonly database_count: number;
            status: components["schemas"]["ProjectStatus"];
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            updated_at: string;
        };
        CidrEntry: {
            /**
             * @description An IPv4 or IPv6 address, or a block with no bit set behind its prefix. Answered as it was given. IPv4-mapped IPv6 addresses are refused: write them as IPv4.
             * @example 203.0.113.0/24
             */
            cidr: string;
            /**
             * @description What it is, for people.
             * @example office
             */
            label?: string;
        };
        /** @enum {string} */
        ProjectStatus: "active" | "suspended";
        /**
         * @example {
         *       "project": {
         *         "id": "prj_01h455vb4pex5vsknk084sn02r",
         *         "org_id": "org_demo",
         *         "name": "shop",
         *         "cloud": "aws",
         *         "self_hosted": false,
         *         "proxy_host": "prj-01h455vb4pex5vsknk084sn02r.localhost",
         *         "database_count": 1,
         *         "status": "active",
         *         "created_at": "2026-11-21T08:30:00.000Z",
         *         "updated_at": "2026-11-21T08:30:00.000Z"
         *       },
         *       "database": {
         *         "id": "db_01h455vb4pex5vsknk084sn02q",
         *         "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *         "connection_string": "postgresql://myuser:YOUR_PASSWORD@prj-01h455vb4pex5vsknk084sn02r.localhost:6432/mydb",
         *         "host": "db.example.com",
         *         "port": 5432,
         *         "name": "mydb",
         *         "username": "myuser",
         *         "ssl_mode": "verify-full",
         *         "provider": "postgresql",
         *         "cache_config": {
         *           "enabled": false,
         *           "ttl_seconds": 60,
         *           "max_entries": 10000,
         *           "swr_seconds": 30
         *         },
         *         "pool_config": {
         *           "pool_size": 10,
         *           "min_pool_size": 1,
         *           "pool_mode": "session",
         *           "max_active": 200
         *         },
         *         "created_at": "2026-11-21T08:30:00.000Z",
         *         "updated_at": "2026-11-21T08:30:00.000Z"
         *       }
         *     }
         */
        CreateProjectResponse: {
            project: components["schemas"]["Project"];
            database?: components["schemas"]["Database"];
        };
        /**
         * @example {
         *       "id": "db_01h455vb4pex5vsknk084sn02q",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "connection_string": "postgresql://myuser:YOUR_PASSWORD@prj-01h455vb4pex5vsknk084sn02r.localhost:6432/mydb",
         *       "host": "db.example.com",
         *       "port": 5432,
         *       "name": "mydb",
         *       "username": "myuser",
         *       "ssl_mode": "verify-full",
         *       "provider": "postgresql",
         *       "cache_config": {
         *         "enabled": false,
         *         "ttl_seconds": 60,
         *         "max_entries": 10000,
         *         "swr_seconds": 30
         *       },
         *       "pool_config": {
         *         "pool_size": 10,
         *         "min_pool_size": 1,
         *         "pool_mode": "session",
         *         "max_active": 200
         *       },
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        Database: {
            id: string;
            project_id: string;
            /** @description What applications connect to, with their own password in place of YOUR_PASSWORD. Absent until the database is configured. */
            readonly connection_string?: string;
            host: string;
            /** @description 0 in a primary that is not configured yet. */
            port: number;
            name: string;
            username: string;
            ssl_mode: components["schemas"]["SSLMode"];
            ca_certificate_id?: string;
            client_certificate_id?: string;
            provider?: components["schemas"]["Provider"];
            /**
             * @description The schemas that introspection passes over. Unset, those that the provider keeps for itself; an empty list excludes nothing.
             * @example [
             *       "audit"
             *     ]
             */
            excluded_schemas?: string[];
            role?: components["schemas"]["DatabaseRole"];
            pool_region?: string;
            /** @description When a query is cancelled, in milliseconds; 0 means never, as when it was never set. */
            query_timeout_ms?: number;
            /** @description Whether reads may go to replicas; false when it was never set. */
            auto_read_routing?: boolean;
            cache_config: components["schemas"]["CacheConfig"];
            pool_config: components["schemas"]["PoolConfig"];
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            updated_at: string;
            /** @description What its owner should know of it; only where it was just made, changed or restored. */
            readonly warnings?: components["schemas"]["Warning"][];
        };
        /**
         * @description How the connection to the upstream is encrypted and verified, exactly as libpq means it.
         * @enum {string}
         */
        SSLMode: "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";
        /**
         * @description Whose server it is: as it was given, or else as its host tells.
         * @enum {string}
         */
        Provider: "postgresql" | "supabase" | "neon" | "aws" | "gcp" | "azure" | "digitalocean" | "local";
        /**
         * @description What the database is for; primary when it was never set.
         * @enum {string}
         */
        DatabaseRole: "primary" | "replica";
        /**
         * @example {
         *       "enabled": false,
         *       "ttl_seconds": 60,
         *       "max_entries": 10000,
         *       "swr_seconds": 30
         *     }
         */
        CacheConfig: {
            /** @description Whether answers to reads are cached. */
            enabled: boolean;
            /** @description How long an answer is fresh, in seconds. */
            ttl_seconds: number;
            /** @description How many answers are kept at most. */
            max_entries: number;
            /** @description How long a stale answer may still be given while a new one is fetched, in seconds. */
            swr_seconds: number;
        };
        /**
         * @example {
         *       "pool_size": 10,
         *       "min_pool_size": 1,
         *       "pool_mode": "session",
         *       "max_active": 200
         *     }
         */
        PoolConfig: {
            /** @description Upstream connections that the pool opens at most. */
            pool_size: number;
            /** @description Upstream connections kept open when idle. */
            min_pool_size: number;
            /**
             * @description When an upstream connection goes back to the pool.
             * @enum {string}
             */
            pool_mode: "session" | "transaction" | "statement";
            /** @description Client connections served at once, at most. */
            max_active: number;
        };
        /**
         * @example {
         *       "code": "ignored_parameter",
         *       "message": "connect_timeout in url is a setting of clients and is not used here."
         *     }
         */
        Warning: {
            /**
             * @description Stable; branch on it.
             * @example ignored_parameter
             */
            code: string;
            /** @description For people. */
            message: string;
        };
        /**
         * @example {
         *       "name": "shop",
         *       "org_id": "org_demo",
         *       "database": {
         *         "host": "db.example.com",
         *         "port": 5432,
         *         "name": "mydb",
         *         "username": "myuser",
         *         "password": "pa$$word"
         *       }
         *     }
         */
        CreateProjectRequest: {
            /** @example shop */
            name: string;
            /**
             * @description The organization that owns it, one of those in your token.
             * @example org_demo
             */
            org_id: string;
            description?: string;
            /**
             * @example [
             *       "production"
             *     ]
             */
            tags?: string[];
            /**
             * @description Where the project lives; aws unless given.
             * @enum {string}
             */
            cloud?: "aws" | "azure" | "gcp";
            self_hosted?: boolean;
            database?: components["schemas"]["DatabaseDescription"] | components["schemas"]["BlankDatabase"];
        };
        /**
         * @description Where the database is stands in `url`, or in host, port, name, username and password; never in both.
         * @example {
         *       "host": "db.example.com",
         *       "port": 5432,
         *       "name": "mydb",
         *       "username": "myuser",
         *       "password": "pa$$word"
         *     }
         */
        DatabaseDescription: {
            /** @example db.example.com */
            host?: string;
            /** @example 5432 */
            port?: number;
            /**
             * @description The database's name on the upstream.
             * @example mydb
             */
            name?: string;
            /** @example myuser */
            username?: string;
            /**
             * password
             * Format: password
             * @description Sealed at rest, and shown to nobody who does not ask for it and may see it.
             * @example pa$$word
             */
            password?: string;
            /**
             * url
             * Format: password
             * @description A connection URI, in place of host, port, name, username and password: `postgresql://user:password@host:port/database?sslmode=verify-full`. It is never stored or shown: only what it says is, and its password is sealed.
             * @example postgresql://myuser:pa%24%24word@db.example.com:5432/mydb
             */
            url?: string;
            ssl_mode?: components["schemas"]["SSLMode"];
            /**
             * @description The certificate of the project with the authorities that are believed in place of the public ones; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            ca_certificate_id?: string;
            /**
             * @description The certificate of the project, with its key, that is shown to a server that asks for one; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            client_certificate_id?: string;
            provider?: components["schemas"]["Provider"];
            /**
             * @description The schemas that introspection passes over. Unset, those that the provider keeps for itself; an empty list excludes nothing.
             * @example [
             *       "audit"
             *     ]
             */
            excluded_schemas?: string[] | null;
            role?: components["schemas"]["DatabaseRole"];
            /** @description The region whose pool serves this database, one of those of `listRegions`; `""` means unset. */
            pool_region?: string;
            /** @description When a query is cancelled, in milliseconds; 0 means never, as when it was never set. */
            query_timeout_ms?: number;
            /** @description Whether reads may go to replicas; false when it was never set. */
            auto_read_routing?: boolean;
            cache_config?: components["schemas"]["CacheConfigInput"];
            pool_config?: components["schemas"]["PoolConfigInput"];
        } & (unknown | unknown);
        /** @description What is left out keeps its value, or takes its default at creation. */
        CacheConfigInput: {
            /** @description Whether answers to reads are cached. */
            enabled?: boolean;
            /** @description How long an answer is fresh, in seconds. */
            ttl_seconds?: number;
            /** @description How many answers are kept at most. */
            max_entries?: number;
            /** @description How long a stale answer may still be given while a new one is fetched, in seconds. */
            swr_seconds?: number;
        };
        /** @description What is left out keeps its value, or takes its default at creation; a max_active that is left out is raised to pool_size where it is less. The result must have min_pool_size <= pool_size <= max_active. */
        PoolConfigInput: {
            /** @description Upstream connections that the pool opens at most. */
            pool_size?: number;
            /** @description Upstream connections kept open when idle. */
            min_pool_size?: number;
            /**
             * @description When an upstream connection goes back to the pool.
             * @enum {string}
             */
            pool_mode?: "session" | "transaction" | "statement";
            /** @description Client connections served at once, at most. Zero means the default, 200, or pool_size where that is more. */
            max_active?: number;
        };
        /**
         * @description A primary that is not configured yet: exactly these four blank fields. It serves nothing until PATCH completes it.
         * @example {
         *       "host": "",
         *       "port": 0,
         *       "name": "",
         *       "username": ""
         *     }
         */
        BlankDatabase: {
            /** @enum {string} */
            host: "";
            /** @enum {number} */
            port: 0;
            /** @enum {string} */
            name: "";
            /** @enum {string} */
            username: "";
        };
        /**
         * @example {
         *       "description": "The web shop",
         *       "tags": [
         *         "production"
         *       ]
         *     }
         */
        UpdateProjectRequest: {
            /** @example shop */
            name?: string;
            /** @description `""` unsets it. */
            description?: string;
            /**
             * @description `null` clears them.
             * @example [
             *       "production"
             *     ]
             */
            tags?: string[] | null;
            /**
             * @description `""` changes nothing. A project is deleted with `deleteProject`, not by its status.
             * @enum {string}
             */
            status?: "active" | "suspended" | "";
            /** @description From where the project may be reached, as a whole and in this order; an item may be the address alone, as a string. `null` clears it. */
            allowed_cidrs?: (components["schemas"]["CidrEntryInput"] | string)[] | null;
            /** @description Read-only; ignored in a request. */
            readonly id?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly org_id?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly cloud?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly self_hosted?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly proxy_host?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly queries_per_second?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly burst_size?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly max_connections?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly database_count?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly active_connections?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly created_at?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly updated_at?: unknown;
        };
        CidrEntryInput: {
            /**
             * @description An IPv4 or IPv6 address, or a block with no bit set behind its prefix. Answered as it was given. IPv4-mapped IPv6 addresses are refused: write them as IPv4.
             * @example 203.0.113.0/24
             */
            cidr: string;
            /**
             * @description What it is, for people.
             * @example office
             */
            label?: string;
        };
        /**
         * @example {
         *       "databases": [
         *         {
         *           "id": "db_01h455vb4pex5vsknk084sn02q",
         *           "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *           "connection_string": "postgresql://myuser:YOUR_PASSWORD@prj-01h455vb4pex5vsknk084sn02r.localhost:6432/mydb",
         *           "host": "db.example.com",
         *           "port": 5432,
         *           "name": "mydb",
         *           "username": "myuser",
         *           "ssl_mode": "verify-full",
         *           "provider": "postgresql",
         *           "cache_config": {
         *             "enabled": false,
         *             "ttl_seconds": 60,
         *             "max_entries": 10000,
         *             "swr_seconds": 30
         *           },
         *           "pool_config": {
         *             "pool_size": 10,
         *             "min_pool_size": 1,
         *             "pool_mode": "session",
         *             "max_active": 200
         *           },
         *           "created_at": "2026-11-21T08:30:00.000Z",
         *           "updated_at": "2026-11-21T08:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        ListDatabasesResponse: {
            databases: components["schemas"]["Database"][];
            next_page_token?: string;
        };
        /**
         * @example {
         *       "id": "db_01h455vb4pex5vsknk084sn02q",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "connection_string": "postgresql://myuser:YOUR_PASSWORD@prj-01h455vb4pex5vsknk084sn02r.localhost:6432/mydb",
         *       "host": "db.example.com",
         *       "port": 5432,
         *       "name": "mydb",
         *       "username": "myuser",
         *       "ssl_mode": "verify-full",
         *       "provider": "postgresql",
         *       "cache_config": {
         *         "enabled": false,
         *         "ttl_seconds": 60,
         *         "max_entries": 10000,
         *         "swr_seconds": 30
         *       },
         *       "pool_config": {
         *         "pool_size": 10,
         *         "min_pool_size": 1,
         *         "pool_mode": "session",
         *         "max_active": 200
         *       },
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        CreatedDatabase: components["schemas"]["Database"] & {
            /** @description Those that were registered with it; left out when none were asked for. */
            replication_slots?: components["schemas"]["CreatedReplicationSlot"][];
        };
        /**
         * @example {
         *       "id": "slot_01h455vb4pex5vsknk084sn02s",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *       "slot_name": "headgate_mydb",
         *       "publication_name": "headgate",
         *       "status": "active",
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z",
         *       "created": [
         *         "publication",
         *         "slot"
         *       ]
         *     }
         */
        CreatedReplicationSlot: {
            id: string;
            project_id: string;
            database_id: string;
            /**
             * @description The slot on the upstream.
             * @example headgate_mydb
             */
            slot_name: string;
            /**
             * @description The publication whose changes are read.
             * @example headgate
             */
            publication_name: string;
            status: components["schemas"]["ReplicationSlotStatus"];
            /** @description Of a standby. Its ssl_mode is verify-full unless it was given. */
            primary?: {
                /** @example db.example.com */
                host: string;
                port: number;
                /**
                 * @description The database's name on the upstream.
                 * @example mydb
                 */
                database: string;
                /** @example myuser */
                username: string;
                ssl_mode: components["schemas"]["SSLMode"];
            };
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            updated_at: string;
            /** @description What was made on the upstream for it. */
            created: ("publication" | "slot")[];
            /** @description What its owner should know; left out when nothing. */
            warnings?: components["schemas"]["Warning"][];
        };
        /**
         * @description Whether the data plane reads the slot. One that nobody reads keeps WAL on its server.
         * @enum {string}
         */
        ReplicationSlotStatus: "active" | "disabled";
        /**
         * @description Where the database is stands in `url`, or in host, port, name, username and password; never in both.
         * @example {
         *       "host": "db.example.com",
         *       "port": 5432,
         *       "name": "mydb",
         *       "username": "myuser",
         *       "password": "pa$$word"
         *     }
         */
        CreateDatabaseRequest: {
            /** @example db.example.com */
            host?: string;
            /** @example 5432 */
            port?: number;
            /**
             * @description The database's name on the upstream.
             * @example mydb
             */
            name?: string;
            /** @example myuser */
            username?: string;
            /**
             * password
             * Format: password
             * @description Sealed at rest, and shown to nobody who does not ask for it and may see it.
             * @example pa$$word
             */
            password?: string;
            /**
             * url
             * Format: password
             * @description A connection URI, in place of host, port, name, username and password: `postgresql://user:password@host:port/database?sslmode=verify-full`. It is never stored or shown: only what it says is, and its password is sealed.
             * @example postgresql://myuser:pa%24%24word@db.example.com:5432/mydb
             */
            url?: string;
            ssl_mode?: components["schemas"]["SSLMode"];
            /**
             * @description The certificate of the project with the authorities that are believed in place of the public ones; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            ca_certificate_id?: string;
            /**
             * @description The certificate of the project, with its key, that is shown to a server that asks for one; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            client_certificate_id?: string;
            provider?: components["schemas"]["Provider"];
            /**
             * @description The schemas that introspection passes over. Unset, those that the provider keeps for itself; an empty list excludes nothing.
             * @example [
             *       "audit"
             *     ]
             */
            excluded_schemas?: string[] | null;
            role?: components["schemas"]["DatabaseRole"];
            /** @description The region whose pool serves this database, one of those of `listRegions`; `""` means unset. */
            pool_region?: string;
            /** @description When a query is cancelled, in milliseconds; 0 means never, as when it was never set. */
            query_timeout_ms?: number;
            /** @description Whether reads may go to replicas; false when it was never set. */
            auto_read_routing?: boolean;
            cache_config?: components["schemas"]["CacheConfigInput"];
            pool_config?: components["schemas"]["PoolConfigInput"];
            /** @description Replication slots to register with the database, verified as `createReplicationSlot` does: all is made, or nothing. */
            replication_slots?: components["schemas"]["CreateReplicationSlotRequest"][];
        } & (unknown | unknown);
        /**
         * @example {
         *       "slot_name": "headgate_mydb",
         *       "publication_name": "headgate",
         *       "create_if_missing": true
         *     }
         */
        CreateReplicationSlotRequest: {
            /**
             * @description The slot on the upstream.
             * @example headgate_mydb
             */
            slot_name: string;
            /**
             * @description The publication whose changes are read.
             * @example headgate
             */
            publication_name: string;
            status?: components["schemas"]["ReplicationSlotStatus"];
            /** @description Whether to make what the upstream lacks: first the publication, then the slot. What cannot be used together in the end is undone. False unless given. */
            create_if_missing?: boolean;
            /**
             * @description With `create_if_missing`: what the publication is made for. Left out, it is for all tables, which needs a superuser. A publication that is there must have these tables, and is never changed.
             * @example [
             *       "public.orders"
             *     ]
             */
            tables?: string[];
            primary?: components["schemas"]["ReplicationPrimaryRequest"];
        };
        /**
         * @description The primary of a database that is a standby: publications are made there. It is reached with the certificates of the database.
         * @example {
         *       "host": "primary.example.com",
         *       "port": 5432,
         *       "database": "mydb",
         *       "username": "myuser",
         *       "password": "pa$$word"
         *     }
         */
        ReplicationPrimaryRequest: {
            /** @example db.example.com */
            host: string;
            /** @example 5432 */
            port: number;
            /**
             * @description The database's name on the upstream.
             * @example mydb
             */
            database: string;
            /** @example myuser */
            username: string;
            /**
             * password
             * Format: password
             * @description Sealed at rest, and shown to nobody who does not ask for it and may see it.
             * @example pa$$word
             */
            password: string;
            ssl_mode?: components["schemas"]["SSLMode"];
        };
        /**
         * @example {
         *       "id": "db_01h455vb4pex5vsknk084sn02q",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "connection_string": "postgresql://myuser:YOUR_PASSWORD@prj-01h455vb4pex5vsknk084sn02r.localhost:6432/mydb",
         *       "host": "db.example.com",
         *       "port": 5432,
         *       "name": "mydb",
         *       "username": "myuser",
         *       "ssl_mode": "verify-full",
         *       "provider": "postgresql",
         *       "cache_config": {
         *         "enabled": false,
         *         "ttl_seconds": 60,
         *         "max_entries": 10000,
         *         "swr_seconds": 30
         *       },
         *       "pool_config": {
         *         "pool_size": 10,
         *         "min_pool_size": 1,
         *         "pool_mode": "session",
         *         "max_active": 200
         *       },
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        RevealedDatabase: components["schemas"]["Database"] & {
            /**
             * password
             * Format: password
             * @description Only where it is asked for with `show_sensitive=true`, and the database has one.
             */
            readonly password?: string;
        };
        /**
         * @example {
         *       "pool_config": {
         *         "pool_size": 20
         *       }
         *     }
         */
        UpdateDatabaseRequest: {
            /** @example db.example.com */
            host?: string;
            /** @example 5432 */
            port?: number;
            /**
             * @description The database's name on the upstream.
             * @example mydb
             */
            name?: string;
            /** @example myuser */
            username?: string;
            /**
             * password
             * Format: password
             * @description Sealed at rest, and shown to nobody who does not ask for it and may see it.
             * @example pa$$word
             */
            password?: string;
            /**
             * url
             * Format: password
             * @description A connection URI, in place of host, port, name, username and password: `postgresql://user:password@host:port/database?sslmode=verify-full`. It is never stored or shown: only what it says is, and its password is sealed.
             * @example postgresql://myuser:pa%24%24word@db.example.com:5432/mydb
             */
            url?: string;
            /**
             * @description An SSLMode; `""` changes nothing.
             * @enum {string}
             */
            ssl_mode?: "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full" | "";
            /**
             * @description The certificate of the project with the authorities that are believed in place of the public ones; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            ca_certificate_id?: string;
            /**
             * @description The certificate of the project, with its key, that is shown to a server that asks for one; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            client_certificate_id?: string;
            /**
             * @description Whose server it is; `""` leaves it to the host to tell.
             * @enum {string}
             */
            provider?: "postgresql" | "supabase" | "neon" | "aws" | "gcp" | "azure" | "digitalocean" | "local" | "";
            /**
             * @description The schemas that introspection passes over. Unset, those that the provider keeps for itself; an empty list excludes nothing.
             * @example [
             *       "audit"
             *     ]
             */
            excluded_schemas?: string[] | null;
            /**
             * @description A DatabaseRole; `""` changes nothing.
             * @enum {string}
             */
            role?: "primary" | "replica" | "";
            /** @description One of the regions of `listRegions`; `""` unsets it. */
            pool_region?: string;
            /** @description When a query is cancelled, in milliseconds; 0 means never, as when it was never set. */
            query_timeout_ms?: number;
            /** @description Whether reads may go to replicas; false when it was never set. */
            auto_read_routing?: boolean;
            cache_config?: components["schemas"]["CacheConfigInput"];
            pool_config?: components["schemas"]["PoolConfigInput"];
            /** @description Read-only; ignored in a request. */
            readonly id?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly project_id?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly connection_string?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly created_at?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly updated_at?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly warnings?: unknown;
        };
        /**
         * @example {
         *       "ok": true,
         *       "latency_ms": 14,
         *       "server_version": "15.18",
         *       "checks": [
         *         {
         *           "name": "name",
         *           "outcome": "passed",
         *           "duration_ms": 1
         *         },
         *         {
         *           "name": "address",
         *           "outcome": "passed",
         *           "duration_ms": 0
         *         },
         *         {
         *           "name": "reach",
         *           "outcome": "passed",
         *           "duration_ms": 1
         *         },
         *         {
         *           "name": "tls",
         *           "outcome": "passed",
         *           "duration_ms": 5
         *         },
         *         {
         *           "name": "login",
         *           "outcome": "passed",
         *           "duration_ms": 7
         *         },
         *         {
         *           "name": "server",
         *           "outcome": "passed",
         *           "duration_ms": 12
         *         }
         *       ],
         *       "server": {
         *         "version": "15.18",
         *         "version_number": 150018,
         *         "in_recovery": false,
         *         "tls": "TLSv1.3",
         *         "max_connections": 100,
         *         "reserved_connections": 3,
         *         "used_connections": 0,
         *         "wal_level": "logical",
         *         "wal_position": "0/19256B8",
         *         "max_replication_slots": 10,
         *         "time_zone": "Etc/UTC",
         *         "extensions": [],
         *         "system_identifier": "7710660281039001407"
         *       },
         *       "connection_budget": {
         *         "max_connections": 100,
         *         "reserved": 3,
         *         "used": 0,
         *         "available": 97,
         *         "wanted": 10,
         *         "state": "fits"
         *       },
         *       "warnings": []
         *     }
         */
        TestConnectionResult: {
            ok: boolean;
            /** @description From the first step to readiness; null when it never was. */
            latency_ms: number | null;
            /** @description What is wrong, in a sentence; only when not ok. */
            error?: string;
            server_version?: string;
            /** @description Every step, in order. */
            checks: components["schemas"]["CheckStep"][];
            server?: components["schemas"]["ServerFacts"];
            connection_budget?: components["schemas"]["ConnectionBudget"];
            warnings: components["schemas"]["Warning"][];
        };
        /** @description What the server tells of itself. What it does not tell this role is left out. */
        ServerFacts: {
            version?: string;
            /** @description As `server_version_num` says it. */
            version_number?: number;
            /** @description Whether it is a standby. */
            in_recovery?: boolean;
            /** @description Such as `TLSv1.3`; absent without encryption. */
            tls?: string;
            max_connections?: number;
            reserved_connections?: number;
            /** @description By others, at that moment. */
            used_connections?: number;
            wal_level?: string;
            /** @description Of a primary, such as `0/3000148`. */
            wal_position?: string;
            max_replication_slots?: number;
            time_zone?: string;
            /** @description Those that matter to pooling and caching. */
            extensions?: {
                name: string;
                version: string;
            }[];
            /**
             * @description What answers in place of the server.
             * @enum {string}
             */
            pooler?: "pgbouncer" | "supavisor" | "neon" | "rds_proxy" | "unknown";
            /** @description The same for a primary and all that follows it. */
            system_identifier?: string;
            /** @description Of a replica: what it lacks of its primary, or has received and not replayed. */
            replication_lag_bytes?: number;
            /** @description Of a replica: the age of what it replayed last; null when nothing is left to replay. */
            replication_lag_seconds?: number | null;
        };
        /** @description What the server allows against what pools may take. All are numbers of connections. */
        ConnectionBudget: {
            max_connections: number;
            reserved: number;
            /** @description By others than Headgate, at that moment. */
            used: number;
            role_limit?: number;
            database_limit?: number;
            /** @description What is left for pools, by the narrowest of these limits. */
            available: number;
            /** @description What the pools of the project may take of this server together. Servers are told apart by host and port as they are written: `localhost` and `127.0.0.1` count as two. */
            wanted: number;
            /** @enum {string} */
            state: "fits" | "tight" | "exceeds";
        };
        /**
         * @example {
         *       "port": 6543,
         *       "password": "pa$$word"
         *     }
         */
        TestDatabaseConnectionRequest: {
            /** @example db.example.com */
            host?: string;
            /** @example 5432 */
            port?: number;
            /**
             * @description The database's name on the upstream.
             * @example mydb
             */
            name?: string;
            /** @example myuser */
            username?: string;
            /**
             * password
             * Format: password
             * @description Sealed at rest, and shown to nobody who does not ask for it and may see it.
             * @example pa$$word
             */
            password?: string;
            /**
             * url
             * Format: password
             * @description A connection URI, in place of host, port, name, username and password: `postgresql://user:password@host:port/database?sslmode=verify-full`. It is never stored or shown: only what it says is, and its password is sealed.
             * @example postgresql://myuser:pa%24%24word@db.example.com:5432/mydb
             */
            url?: string;
            /**
             * @description An SSLMode; `""` changes nothing.
             * @enum {string}
             */
            ssl_mode?: "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full" | "";
            /**
             * @description The certificate of the project with the authorities that are believed in place of the public ones; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            ca_certificate_id?: string;
            /**
             * @description The certificate of the project, with its key, that is shown to a server that asks for one; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            client_certificate_id?: string;
            pool_config?: components["schemas"]["PoolConfigInput"];
        };
        /**
         * @example {
         *       "id": "db_01h455vb4pex5vsknk084sn02q",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "connection_string": "postgresql://myuser:YOUR_PASSWORD@prj-01h455vb4pex5vsknk084sn02r.localhost:6432/mydb",
         *       "host": "db.example.com",
         *       "port": 5432,
         *       "name": "mydb",
         *       "username": "myuser",
         *       "ssl_mode": "verify-full",
         *       "provider": "postgresql",
         *       "cache_config": {
         *         "enabled": false,
         *         "ttl_seconds": 60,
         *         "max_entries": 10000,
         *         "swr_seconds": 30
         *       },
         *       "pool_config": {
         *         "pool_size": 10,
         *         "min_pool_size": 1,
         *         "pool_mode": "session",
         *         "max_active": 200
         *       },
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z",
         *       "previous_until": "2026-11-22T08:30:00.000Z"
         *     }
         */
        RotatedDatabaseCredentials: components["schemas"]["Database"] & {
            /**
             * Format: date-time
             * @description Until when the credentials before can be put back; null when they were forgotten.
             * @example 2026-11-21T08:30:00.000Z
             */
            previous_until: string | null;
        };
        /**
         * @example {
         *       "username": "myuser_2",
         *       "password": "pa$$word",
         *       "grace_seconds": 86400
         *     }
         */
        RotateDatabaseCredentialsRequest: {
            /** @example myuser */
            username?: string;
            /**
             * password
             * Format: password
             * @description Sealed at rest, and shown to nobody who does not ask for it and may see it.
             * @example pa$$word
             */
            password: string;
            /** @description How long the credentials before can be put back, in seconds; 86400 when it is left out. With 0 they are forgotten at once. */
            grace_seconds?: number;
        };
        /**
         * @example {
         *       "id": "snap_01h455vb4pex5vsknk084sn02t",
         *       "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *       "server_version": "18.4",
         *       "hash": "a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f",
         *       "counts": {
         *         "schemas": 1,
         *         "types": 1,
         *         "enums": 1,
         *         "relations": 1,
         *         "columns": 1,
         *         "constraints": 1,
         *         "indexes": 1
         *       },
         *       "truncated": false,
         *       "skipped": [],
         *       "created_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        SchemaSnapshot: {
            id: string;
            database_id: string;
            /** @description What the server says that it is, as people say it: `18.4`. */
            server_version: string;
            /** @description SHA-256 of the structure, in hexadecimal: the same for the same structure, also of another server of the same major version. Estimates are no part of it. */
            hash: string;
            /** @description What was asked for; absent when it was all. */
            schemas?: string[];
            /** @description What was passed over because the database excludes it, if it is there. */
            excluded_schemas?: string[];
            counts: {
                schemas: number;
                types: number;
                /** @description Of the types. */
                enums: number;
                relations: number;
                columns: number;
                constraints: number;
                indexes: number;
            };
            /** @description Whether something was left out because there is too much of it, or too little time. */
            truncated: boolean;
            /** @description What is not in the snapshot, and why; at most 100. */
            skipped: components["schemas"]["SchemaSkippedPart"][];
            /** @description The last snapshot before this one that has the same structure, where there is one. */
            unchanged_since?: string;
            /**
             * Format: date-time
             * @description When it was taken.
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
        };
        SchemaSkippedPart: {
            /**
             * @description `schema` and `relation` are one of these. `schemas`, `types` and `relations` are those behind the last in the snapshot. A part of relations is that of one, or of all where none is named. `more` stands for all that is not listed.
             * @enum {string}
             */
            part: "schema" | "schemas" | "types" | "relation" | "relations" | "columns" | "constraints" | "indexes" | "definitions" | "more";
            schema?: string;
            /** @description Of the relation. */
            name?: string;
            /** @description The same, for people. */
            what: string;
            reason: string;
        };
        /**
         * @example {
         *       "schemas": [
         *         "public"
         *       ]
         *     }
         */
        IntrospectDatabaseRequest: {
            /**
             * @description Only these schemas, also those that the database's `excluded_schemas` pass over. Schemas of PostgreSQL itself are never looked at. One of them at least must exist; a name that is there twice counts once.
             * @example [
             *       "public"
             *     ]
             */
            schemas?: string[];
        };
        /**
         * @example {
         *       "snapshot": {
         *         "id": "snap_01h455vb4pex5vsknk084sn02t",
         *         "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *         "server_version": "18.4",
         *         "hash": "a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f",
         *         "counts": {
         *           "schemas": 1,
         *           "types": 1,
         *           "enums": 1,
         *           "relations": 1,
         *           "columns": 1,
         *           "constraints": 1,
         *           "indexes": 1
         *         },
         *         "truncated": false,
         *         "skipped": [],
         *         "created_at": "2026-11-21T08:30:00.000Z"
         *       },
         *       "schemas": [
         *         {
         *           "name": "public",
         *           "comment": "standard public schema"
         *         }
         *       ],
         *       "types": [
         *         {
         *           "schema": "public",
         *           "name": "mood",
         *           "kind": "enum",
         *           "values": [
         *             "sad",
         *             "happy"
         *           ]
         *         }
         *       ],
         *       "relations": [
         *         {
         *           "schema": "public",
         *           "name": "customers",
         *           "kind": "table",
         *           "unlogged": false,
         *           "row_level_security": true,
         *           "row_level_security_forced": false,
         *           "columns": [
         *             {
         *               "name": "id",
         *               "position": 1,
         *               "data_type": "bigint",
         *               "type_schema": "pg_catalog",
         *               "type_name": "int8",
         *               "type_kind": "base",
         *               "is_array": false,
         *               "nullable": false,
         *               "identity": "always"
         *             }
         *           ],
         *           "constraints": [
         *             {
         *               "name": "customers_pkey",
         *               "kind": "primary_key",
         *               "columns": [
         *                 "id"
         *               ],
         *               "definition": "PRIMARY KEY (id)",
         *               "deferrable": false,
         *               "initially_deferred": false,
         *               "validated": true
         *             }
         *           ],
         *           "indexes": [
         *             {
         *               "name": "customers_pkey",
         *               "method": "btree",
         *               "definition": "CREATE UNIQUE INDEX customers_pkey ON public.customers USING btree (id)",
         *               "unique": true,
         *               "primary": true,
         *               "valid": true
         *             }
         *           ],
         *           "estimates": {
         *             "rows": 1000,
         *             "size_bytes": 131072
         *           }
         *         }
         *       ]
         *     }
         */
        DatabaseSchema: {
            snapshot: components["schemas"]["SchemaSnapshot"];
            schemas: components["schemas"]["DatabaseSchemaEntry"][];
            types: components["schemas"]["DatabaseSchemaType"][];
            relations: components["schemas"]["DatabaseSchemaRelation"][];
        };
        DatabaseSchemaEntry: {
            name: string;
            comment?: string;
        };
        DatabaseSchemaType: {
            schema: string;
            name: string;
            /** @description One of `enum`, `domain`, `composite`, `range`. */
            kind: string;
            comment?: string;
            /** @description Of an enum, in their order. */
            values?: string[];
            /** @description Of a composite type. */
            attributes?: {
                name: string;
                data_type: string;
            }[];
            /** @description What a domain restricts, and what a range is of. */
            data_type?: string;
            /** @description Of a domain. */
            nullable?: boolean;
            /** @description Of a domain. */
            default?: string;
            /** @description Of a domain. */
            constraints?: {
                name: string;
                definition: string;
                validated: boolean;
            }[];
        };
        DatabaseSchemaRelation: {
            schema: string;
            name: string;
            /** @description One of `table`, `partitioned_table`, `view`, `materialized_view`, `foreign_table`. */
            kind: string;
            comment?: string;
            unlogged: boolean;
            row_level_security: boolean;
            /** @description What could not be read: it stands here as if there were none. Absent where all could. */
            not_read?: ("columns" | "constraints" | "indexes" | "definitions")[];
            /** @description Whether it holds for the owner too. */
            row_level_security_forced: boolean;
            /** @description What a view selects. */
            definition?: string;
            /** @description Of a partitioned table. */
            partition_key?: string;
            /** @description Of a partition. */
            partition_bound?: string;
            /** @description What it is a partition of, or inherits from. */
            parents?: {
                schema: string;
                name: string;
            }[];
            columns: components["schemas"]["DatabaseSchemaColumn"][];
            constraints: components["schemas"]["DatabaseSchemaConstraint"][];
            /** @description Those of constraints among them. */
            indexes: components["schemas"]["DatabaseSchemaIndex"][];
            /** @description From the server's statistics, which are as old as its last VACUUM or ANALYZE. */
            estimates: {
                /**
                 * Format: int64
                 * @description Null when nobody has counted.
                 */
                rows: number | null;
                /**
                 * Format: int64
                 * @description With indexes and TOAST; null when nobody has counted.
                 */
                size_bytes: number | null;
            };
        };
        DatabaseSchemaColumn: {
            name: string;
            /** @description Among the columns that are there. */
            position: number;
            /** @description As it is written, such as `numeric(10,2)` or `shop.mood[]`. */
            data_type: string;
            /** @description Of the type, or of the elements of an array. */
            type_schema: string;
            type_name: string;
            /** @description One of `base`, `enum`, `domain`, `composite`, `range`, `multirange`, `pseudo`. */
            type_kind: string;
            is_array: boolean;
            nullable: boolean;
            /** @description An expression. */
            default?: string;
            /** @description One of `stored`, `virtual`. */
            generated?: string;
            /** @description What a generated column is made of. */
            generation_expression?: string;
            /** @description One of `always`, `by_default`. */
            identity?: string;
            /** @description Where it is not the type's own. */
            collation?: string;
            comment?: string;
        };
        DatabaseSchemaConstraint: {
            name: string;
            /** @description One of `primary_key`, `unique`, `check`, `foreign_key`, `exclusion`. */
            kind: string;
            columns: string[];
            definition: string;
            deferrable: boolean;
            initially_deferred: boolean;
            validated: boolean;
            /** @description Of a foreign key. */
            references?: {
                schema: string;
                name: string;
                columns: string[];
                /** @description One of `no_action`, `restrict`, `cascade`, `set_null`, `set_default`. */
                on_update: string;
                /** @description One of `no_action`, `restrict`, `cascade`, `set_null`, `set_default`. */
                on_delete: string;
                /** @description One of `simple`, `full`, `partial`. */
                match: string;
            };
        };
        DatabaseSchemaIndex: {
            name: string;
            /** @description Such as `btree`. */
            method: string;
            definition: string;
            unique: boolean;
            primary: boolean;
            /** @description False for one whose building failed or is not done. */
            valid: boolean;
            /** @description Of a partial index. */
            predicate?: string;
        };
        /**
         * @example {
         *       "snapshots": [
         *         {
         *           "id": "snap_01h455vb4pex5vsknk084sn02t",
         *           "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *           "server_version": "18.4",
         *           "hash": "a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f",
         *           "counts": {
         *             "schemas": 1,
         *             "types": 1,
         *             "enums": 1,
         *             "relations": 1,
         *             "columns": 1,
         *             "constraints": 1,
         *             "indexes": 1
         *           },
         *           "truncated": false,
         *           "skipped": [],
         *           "created_at": "2026-11-21T08:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        ListSchemaSnapshotsResponse: {
            snapshots: components["schemas"]["SchemaSnapshot"][];
            next_page_token?: string;
        };
        /**
         * @example {
         *       "from": {
         *         "id": "snap_01h455vb4pex5vsknk084sn02t",
         *         "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *         "server_version": "18.4",
         *         "hash": "a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f",
         *         "counts": {
         *           "schemas": 1,
         *           "types": 1,
         *           "enums": 1,
         *           "relations": 1,
         *           "columns": 1,
         *           "constraints": 1,
         *           "indexes": 1
         *         },
         *         "truncated": false,
         *         "skipped": [],
         *         "created_at": "2026-11-21T08:30:00.000Z"
         *       },
         *       "to": {
         *         "id": "snap_01h455vb4pex5vsknk084sn02v",
         *         "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *         "server_version": "18.4",
         *         "hash": "f3efd723b907dd98db74e79b4df8aa5af84edf06d595ee4c5bf9a2677ff88d81",
         *         "counts": {
         *           "schemas": 1,
         *           "types": 1,
         *           "enums": 1,
         *           "relations": 1,
         *           "columns": 2,
         *           "constraints": 1,
         *           "indexes": 1
         *         },
         *         "truncated": false,
         *         "skipped": [],
         *         "created_at": "2026-11-22T08:30:00.000Z"
         *       },
         *       "changes": [
         *         {
         *           "object": "relation",
         *           "schema": "public",
         *           "name": "customers",
         *           "change": "changed",
         *           "differences": [
         *             {
         *               "part": "column",
         *               "name": "note",
         *               "change": "added",
         *               "after": {
         *                 "name": "note",
         *                 "data_type": "text",
         *                 "type_schema": "pg_catalog",
         *                 "type_name": "text",
         *                 "type_kind": "base",
         *                 "is_array": false,
         *                 "nullable": false,
         *                 "default": "''::text"
         *               }
         *             }
         *           ]
         *         }
         *       ],
         *       "not_compared": [],
         *       "truncated": false
         *     }
         */
        SchemaDiff: {
            from: components["schemas"]["SchemaSnapshot"];
            to: components["schemas"]["SchemaSnapshot"];
            changes: components["schemas"]["SchemaChange"][];
            /** @description What may have changed or not, because one of the snapshots does not tell: what it has skipped, and schemas that it was not taken of. At most 100. */
            not_compared: components["schemas"]["SchemaNotCompared"][];
            /** @description Whether there are more changes. Whether a snapshot is whole stands in `from` and `to`. */
            truncated: boolean;
        };
        SchemaChange: {
            /** @enum {string} */
            object: "schema" | "type" | "relation";
            /** @description Of a type or relation. */
            schema?: string;
            name: string;
            /** @enum {string} */
            change: "added" | "removed" | "changed";
            /** @description Of what was changed. */
            differences?: components["schemas"]["SchemaDifference"][];
        };
        SchemaDifference: {
            /**
             * @description What of it; a `property` is one of its own, such as `comment`, `values` or `column_order`.
             * @enum {string}
             */
            part: "property" | "column" | "constraint" | "index";
            name: string;
            /** @enum {string} */
            change: "added" | "removed" | "changed";
            /** @description As it was; absent when it was added. */
            before?: unknown;
            /** @description As it is since; absent when it was removed. */
            after?: unknown;
        };
        SchemaNotCompared: {
            /** @description Absent for what is left out of all schemas. */
            schema?: string;
            /** @description Of the type or relation. */
            name?: string;
            /**
             * @description What of it; absent for all of the schema, type or relation. `schemas`, `types` and `relations` are those that only the other snapshot tells of. `more` stands for all that is not listed.
             * @enum {string}
             */
            part?: "schemas" | "types" | "relations" | "columns" | "constraints" | "indexes" | "definitions" | "more";
            reason: string;
        };
        /**
         * @example {
         *       "relations": [
         *         {
         *           "schema": "public",
         *           "name": "customers",
         *           "kind": "table",
         *           "columns": [
         *             {
         *               "name": "id",
         *               "data_type": "bigint",
         *               "is_binary": false
         *             }
         *           ]
         *         }
         *       ],
         *       "scanned_relations": 1,
         *       "scanned_columns": 1,
         *       "truncated": false
         *     }
         */
        SchemaCatalog: {
            relations: components["schemas"]["SchemaCatalogRelation"][];
            scanned_relations: number;
            scanned_columns: number;
            /** @description Whether there is more than is told. Take a snapshot for the rest. */
            truncated?: boolean;
            /** @description Why the upstream could not be read; then there are no relations. */
            error?: string;
        };
        SchemaCatalogRelation: {
            schema: string;
            name: string;
            /** @enum {string} */
            kind: "table" | "view" | "materialized_view" | "other";
            columns: components["schemas"]["SchemaCatalogColumn"][];
        };
        SchemaCatalogColumn: {
            name: string;
            /** @description As it is written, such as `numeric(10,2)`. */
            data_type: string;
            /** @description Whether its values are bytes (`bytea`). */
            is_binary: boolean;
        };
        /**
         * @example {
         *       "replicas": [
         *         {
         *           "id": "rep_01h455vb4pex5vsknk084sn02s",
         *           "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *           "host": "replica.example.com",
         *           "port": 5432,
         *           "ssl_mode": "verify-full",
         *           "created_at": "2026-11-21T08:30:00.000Z",
         *           "updated_at": "2026-11-21T08:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        ListReplicasResponse: {
            replicas: components["schemas"]["Replica"][];
            next_page_token?: string;
        };
        /**
         * @example {
         *       "id": "rep_01h455vb4pex5vsknk084sn02s",
         *       "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *       "host": "replica.example.com",
         *       "port": 5432,
         *       "ssl_mode": "verify-full",
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        Replica: {
            id: string;
            database_id: string;
            host: string;
            port: number;
            ssl_mode: components["schemas"]["SSLMode"];
            ca_certificate_id?: string;
            client_certificate_id?: string;
            /** @description True when the database has another password than the one that this replica was approved for: nobody but a caller who holds `secrets:read` has it sent there, until `updateReplica` is given the password. Absent otherwise. */
            readonly password_required?: boolean;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            updated_at: string;
            /** @description What its owner should know of it; only where it was just made or changed. */
            readonly warnings?: components["schemas"]["Warning"][];
        };
        /**
         * @example {
         *       "host": "replica.example.com",
         *       "port": 5432
         *     }
         */
        CreateReplicaRequest: {
            /** @example replica.example.com */
            host: string;
            /** @example 5432 */
            port: number;
            ssl_mode?: components["schemas"]["SSLMode"];
            /**
             * @description The certificate of the project with the authorities that are believed in place of the public ones; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            ca_certificate_id?: string;
            /**
             * @description The certificate of the project, with its key, that is shown to a server that asks for one; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            client_certificate_id?: string;
            /**
             * password
             * Format: password
             * @description The password of its database. Needed where the stored one would be sent to another host or port or over weaker TLS than it was stored for, and you do not hold `secrets:read`; and to approve again a replica that says `password_required`.
             * @example pa$$word
             */
            password?: string;
        };
        /**
         * @example {
         *       "port": 5433
         *     }
         */
        UpdateReplicaRequest: {
            /** @example replica.example.com */
            host?: string;
            /** @example 5432 */
            port?: number;
            /**
             * @description An SSLMode; `""` changes nothing.
             * @enum {string}
             */
            ssl_mode?: "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full" | "";
            /**
             * @description The certificate of the project with the authorities that are believed in place of the public ones; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            ca_certificate_id?: string;
            /**
             * @description The certificate of the project, with its key, that is shown to a server that asks for one; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            client_certificate_id?: string;
            /**
             * password
             * Format: password
             * @description The password of its database. Needed where the stored one would be sent to another host or port or over weaker TLS than it was stored for, and you do not hold `secrets:read`; and to approve again a replica that says `password_required`.
             * @example pa$$word
             */
            password?: string;
            /** @description Read-only; ignored in a request. */
            readonly id?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly database_id?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly created_at?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly updated_at?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly password_required?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly warnings?: unknown;
        };
        /**
         * @example {
         *       "port": 5433
         *     }
         */
        TestReplicaConnectionRequest: {
            /** @example replica.example.com */
            host?: string;
            /** @example 5432 */
            port?: number;
            /**
             * @description An SSLMode; `""` changes nothing.
             * @enum {string}
             */
            ssl_mode?: "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full" | "";
            /**
             * @description The certificate of the project with the authorities that are believed in place of the public ones; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            ca_certificate_id?: string;
            /**
             * @description The certificate of the project, with its key, that is shown to a server that asks for one; `""` means none.
             * @example cert_01h455vb4pex5vsknk084sn02s
             */
            client_certificate_id?: string;
            /**
             * password
             * Format: password
             * @description The password of its database. Needed where the stored one would be sent to another host or port or over weaker TLS than it was stored for, and you do not hold `secrets:read`; and to approve again a replica that says `password_required`.
             * @example pa$$word
             */
            password?: string;
        };
        /**
         * @example {
         *       "replication_slots": [
         *         {
         *           "id": "slot_01h455vb4pex5vsknk084sn02s",
         *           "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *           "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *           "slot_name": "headgate_mydb",
         *           "publication_name": "headgate",
         *           "status": "active",
         *           "created_at": "2026-11-21T08:30:00.000Z",
         *           "updated_at": "2026-11-21T08:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        ListReplicationSlotsResponse: {
            replication_slots: components["schemas"]["ReplicationSlot"][];
            next_page_token?: string;
        };
        /**
         * @example {
         *       "id": "slot_01h455vb4pex5vsknk084sn02s",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *       "slot_name": "headgate_mydb",
         *       "publication_name": "headgate",
         *       "status": "active",
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        ReplicationSlot: {
            id: string;
            project_id: string;
            database_id: string;
            /**
             * @description The slot on the upstream.
             * @example headgate_mydb
             */
            slot_name: string;
            /**
             * @description The publication whose changes are read.
             * @example headgate
             */
            publication_name: string;
            status: components["schemas"]["ReplicationSlotStatus"];
            /** @description Of a standby. Its ssl_mode is verify-full unless it was given. */
            primary?: {
                /** @example db.example.com */
                host: string;
                port: number;
                /**
                 * @description The database's name on the upstream.
                 * @example mydb
                 */
                database: string;
                /** @example myuser */
                username: string;
                ssl_mode: components["schemas"]["SSLMode"];
            };
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            updated_at: string;
        };
        /**
         * @example {
         *       "id": "slot_01h455vb4pex5vsknk084sn02s",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "database_id": "db_01h455vb4pex5vsknk084sn02q",
         *       "slot_name": "headgate_mydb",
         *       "publication_name": "headgate",
         *       "status": "active",
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z",
         *       "upstream": {
         *         "state": "present",
         *         "active": true,
         *         "active_pid": 4711,
         *         "restart_lsn": "0/16B3710",
         *         "confirmed_flush_lsn": "0/16B3748",
         *         "lag_bytes": 1024,
         *         "wal_status": "reserved",
         *         "checked_at": "2026-11-21T08:30:00.000Z"
         *       }
         *     }
         */
        LiveReplicationSlot: {
            id: string;
            project_id: string;
            database_id: string;
            /**
             * @description The slot on the upstream.
             * @example headgate_mydb
             */
            slot_name: string;
            /**
             * @description The publication whose changes are read.
             * @example headgate
             */
            publication_name: string;
            status: components["schemas"]["ReplicationSlotStatus"];
            /** @description Of a standby. Its ssl_mode is verify-full unless it was given. */
            primary?: {
                /** @example db.example.com */
                host: string;
                port: number;
                /**
                 * @description The database's name on the upstream.
                 * @example mydb
                 */
                database: string;
                /** @example myuser */
                username: string;
                ssl_mode: components["schemas"]["SSLMode"];
            };
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            updated_at: string;
            upstream: components["schemas"]["ReplicationSlotState"];
        };
        ReplicationSlotState: {
            /**
             * @description Whether the upstream has the slot. `unreachable` when it cannot be said: `error` tells why. What is not known is left out.
             * @enum {string}
             */
            state: "present" | "missing" | "unreachable";
            /** @description Whether something reads it now. */
            active?: boolean;
            /** @description The server's process that reads it. */
            active_pid?: number;
            /**
             * @description From here on the server keeps WAL for it.
             * @example 0/16B3748
             */
            restart_lsn?: string;
            /**
             * @description Up to here its reader has confirmed to have everything.
             * @example 0/16B3748
             */
            confirmed_flush_lsn?: string;
            /** @description How much WAL comes after what its reader has confirmed; on a standby, of what is replayed there. */
            lag_bytes?: number;
            /**
             * @description Whether the WAL that it needs is there (PostgreSQL manual, `pg_replication_slots`).
             * @enum {string}
             */
            wal_status?: "reserved" | "extended" | "unreserved" | "lost";
            /** @description How many bytes may still be written before it may be lost; left out where there is no limit. */
            safe_wal_size?: number;
            /**
             * @description Why it cannot be used any more.
             * @enum {string}
             */
            invalidation_reason?: "wal_removed" | "rows_removed" | "wal_level_insufficient" | "idle_timeout";
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            checked_at: string;
            warnings?: components["schemas"]["Warning"][];
            error?: components["schemas"]["ReplicationSlotError"];
        };
        /** @description Why it is not known how the slot stands. */
        ReplicationSlotError: {
            /**
             * @description What is wrong; stable, branch on it. Like the next two, only of a step that failed or warned.
             * @example refused
             */
            code?: string;
            /** @description What is wrong, for people. */
            message?: string;
            /** @description What to do about it. */
            hint?: string;
        };
        /**
         * @example {
         *       "status": "disabled"
         *     }
         */
        UpdateReplicationSlotRequest: {
            /**
             * @description A ReplicationSlotStatus; `""` changes nothing.
             * @enum {string}
             */
            status?: "active" | "disabled" | "";
            /** @description Cannot be changed: what was read may be sent back. */
            slot_name?: string;
            /** @description Cannot be changed: what was read may be sent back. */
            publication_name?: string;
            /** @description Cannot be changed: what was read may be sent back. */
            primary?: {
                /** @example db.example.com */
                host?: string;
                /** @example 5432 */
                port?: number;
                /**
                 * @description The database's name on the upstream.
                 * @example mydb
                 */
                database?: string;
                /** @example myuser */
                username?: string;
                /**
                 * password
                 * Format: password
                 * @description Sealed at rest, and shown to nobody who does not ask for it and may see it.
                 * @example pa$$word
                 */
                password?: string;
                ssl_mode?: components["schemas"]["SSLMode"];
            };
            /** @description Read-only; ignored in a request. */
            readonly id?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly project_id?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly database_id?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly upstream?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly created?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly warnings?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly created_at?: unknown;
            /** @description Read-only; ignored in a request. */
            readonly updated_at?: unknown;
        };
        /**
         * @example {
         *       "certificates": [
         *         {
         *           "id": "cert_01h455vb4pex5vsknk084sn02s",
         *           "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *           "name": "rds-global-bundle",
         *           "kind": "ca",
         *           "not_after": "2061-05-22T22:06:53.000Z",
         *           "certificate_count": 1,
         *           "certificates": [
         *             {
         *               "subject": "CN=Example Root CA,O=Example\\, Inc.,C=US",
         *               "issuer": "CN=Example Root CA,O=Example\\, Inc.,C=US",
         *               "serial_number": "5041228D492292145A369819C46F4FDC51648EB2",
         *               "not_before": "2021-05-22T21:06:53.000Z",
         *               "not_after": "2061-05-22T22:06:53.000Z",
         *               "fingerprint_sha256": "99:34:1E:01:24:15:D0:4F:AD:FA:96:26:E6:1F:71:7F:DF:96:B7:5A:E2:01:E2:53:3B:94:DF:1C:16:82:D0:B2",
         *               "is_ca": true
         *             }
         *           ],
         *           "created_at": "2026-11-21T08:30:00.000Z",
         *           "updated_at": "2026-11-21T08:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        ListCertificatesResponse: {
            certificates: components["schemas"]["Certificate"][];
            next_page_token?: string;
        };
        /**
         * @example {
         *       "id": "cert_01h455vb4pex5vsknk084sn02s",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "name": "rds-global-bundle",
         *       "kind": "ca",
         *       "not_after": "2061-05-22T22:06:53.000Z",
         *       "certificate_count": 1,
         *       "certificates": [
         *         {
         *           "subject": "CN=Example Root CA,O=Example\\, Inc.,C=US",
         *           "issuer": "CN=Example Root CA,O=Example\\, Inc.,C=US",
         *           "serial_number": "5041228D492292145A369819C46F4FDC51648EB2",
         *           "not_before": "2021-05-22T21:06:53.000Z",
         *           "not_after": "2061-05-22T22:06:53.000Z",
         *           "fingerprint_sha256": "99:34:1E:01:24:15:D0:4F:AD:FA:96:26:E6:1F:71:7F:DF:96:B7:5A:E2:01:E2:53:3B:94:DF:1C:16:82:D0:B2",
         *           "is_ca": true
         *         }
         *       ],
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        Certificate: {
            id: string;
            project_id: string;
            name: string;
            /**
             * @description `ca`: authorities that vouch for a server, as `sslrootcert` of libpq. `client`: what is shown to a server that asks for a certificate, as `sslcert` and `sslkey`.
             * @enum {string}
             */
            kind: "ca" | "client";
            /**
             * Format: date-time
             * @description When the first of its certificates expires; one of a bundle may have expired already.
             * @example 2026-11-21T08:30:00.000Z
             */
            not_after: string;
            certificate_count: number;
            /** @description In the order in which they were given; the first 10 of them, except in the answer of `getCertificate`, which has all. */
            certificates: components["schemas"]["CertificateInfo"][];
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            updated_at: string;
        };
        /** @description What one certificate says. */
        CertificateInfo: {
            /** @description Whose it is, as RFC 4514 writes names. */
            subject: string;
            /** @description Who has signed it, as RFC 4514 writes names. */
            issuer: string;
            /** @description In hexadecimal digits. */
            serial_number: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            not_before: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            not_after: string;
            /** @description The SHA-256 of the certificate, byte by byte. */
            fingerprint_sha256: string;
            /** @description Whether it says of itself that it may sign others. */
            is_ca: boolean;
        };
        /**
         * @example {
         *       "name": "rds-global-bundle",
         *       "kind": "ca",
         *       "certificate": "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"
         *     }
         */
        CreateCertificateRequest: {
            /**
             * @description What people call it.
             * @example rds-global-bundle
             */
            name: string;
            /**
             * @description `ca`: authorities that vouch for a server, as `sslrootcert` of libpq. `client`: what is shown to a server that asks for a certificate, as `sslcert` and `sslkey`.
             * @enum {string}
             */
            kind: "ca" | "client";
            /**
             * @description 1 to 500 CERTIFICATE blocks in PEM (RFC 7468). Of a client the first is its own, and those of its issuers follow. Text between the blocks is not kept.
             * @example -----BEGIN CERTIFICATE-----
             *     MIIB…
             *     -----END CERTIFICATE-----
             */
            certificate: string;
            /**
             * private_key
             * Format: password
             * @description The key of a client certificate in PEM: one PRIVATE KEY block (or RSA PRIVATE KEY, EC PRIVATE KEY), not encrypted. Sealed at rest, and shown to nobody.
             * @example -----BEGIN PRIVATE KEY-----
             *     MIIE…
             *     -----END PRIVATE KEY-----
             */
            private_key?: string;
        };
        /**
         * @example {
         *       "id": "cert_01h455vb4pex5vsknk084sn02s",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "name": "rds-global-bundle",
         *       "kind": "ca",
         *       "not_after": "2061-05-22T22:06:53.000Z",
         *       "certificate_count": 1,
         *       "certificates": [
         *         {
         *           "subject": "CN=Example Root CA,O=Example\\, Inc.,C=US",
         *           "issuer": "CN=Example Root CA,O=Example\\, Inc.,C=US",
         *           "serial_number": "5041228D492292145A369819C46F4FDC51648EB2",
         *           "not_before": "2021-05-22T21:06:53.000Z",
         *           "not_after": "2061-05-22T22:06:53.000Z",
         *           "fingerprint_sha256": "99:34:1E:01:24:15:D0:4F:AD:FA:96:26:E6:1F:71:7F:DF:96:B7:5A:E2:01:E2:53:3B:94:DF:1C:16:82:D0:B2",
         *           "is_ca": true
         *         }
         *       ],
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z",
         *       "certificate": "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"
         *     }
         */
        CertificateWithPem: components["schemas"]["Certificate"] & {
            /** @description All of its certificates in PEM. They are public. */
            certificate: string;
        };
        /**
         * @example {
         *       "entries": [
         *         {
         *           "query_hash": "f2d9924396c7ca17",
         *           "normalized_sql": "select name from countries where code = $1",
         *           "query_type": "read",
         *           "cache_enabled": true,
         *           "cache_ttl_seconds": 300,
         *           "cache_swr_seconds": null,
         *           "call_count": 0,
         *           "avg_latency_ms": 0,
         *           "p95_latency_ms": 0,
         *           "avg_response_bytes": 0,
         *           "stability_rate": 0,
         *           "recommendation": "poor",
         *           "first_seen_at": "2026-11-21T08:30:00.000Z",
         *           "last_seen_at": "2026-11-21T08:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        ListCacheRulesResponse: {
            entries: components["schemas"]["CacheRuleEntry"][];
            next_page_token?: string;
        };
        /**
         * @example {
         *       "query_hash": "f2d9924396c7ca17",
         *       "normalized_sql": "select name from countries where code = $1",
         *       "query_type": "read",
         *       "cache_enabled": true,
         *       "cache_ttl_seconds": 300,
         *       "cache_swr_seconds": null,
         *       "call_count": 0,
         *       "avg_latency_ms": 0,
         *       "p95_latency_ms": 0,
         *       "avg_response_bytes": 0,
         *       "stability_rate": 0,
         *       "recommendation": "poor",
         *       "first_seen_at": "2026-11-21T08:30:00.000Z",
         *       "last_seen_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        CacheRuleEntry: {
            /** @description Names the rule: 16 hexadecimal digits, the same for every spelling of the statement. */
            query_hash: string;
            /** @description The statement without comments, with one space between words, key words in lower case and each literal as `$N`, as it was when the rule was made. */
            normalized_sql: string;
            /** @enum {string} */
            query_type: "read" | "write" | "other";
            /** @description Whether answers to this statement are cached. In effect only while the database's own `cache_config.enabled` is true; until then nothing is cached, whatever its rules say. */
            cache_enabled: boolean;
            /** @description How long an answer is fresh, in seconds; null for the database's own `cache_config.ttl_seconds`. */
            cache_ttl_seconds: number | null;
            /** @description How long a stale answer may still be given while a new one is fetched, in seconds; null for the database's own `cache_config.swr_seconds`. */
            cache_swr_seconds: number | null;
            /**
             * Format: int64
             * @description How often it was called.
             */
            call_count: number;
            /**
             * Format: double
             * @description How long the database took for it on average, in milliseconds.
             */
            avg_latency_ms: number;
            /**
             * Format: double
             * @description How long it took at most in 95 of 100 calls, in milliseconds.
             */
            p95_latency_ms: number;
            /**
             * Format: int64
             * @description How large its answer was on average, in bytes.
             */
            avg_response_bytes: number;
            /**
             * Format: double
             * @description How often the answer was the same as the one before: 0 never, 1 always.
             */
            stability_rate: number;
            /**
             * @description What caching it would bring, from what was seen: `great` for an answer that stays the same 95 times in 100, is asked for 100 times or more and takes 5 ms or more; `good` for 80 in 100 and 10 calls; `fair` for 50 in 100 and 2 calls; otherwise, and until traffic has been seen, `poor`.
             * @enum {string}
             */
            recommendation: "great" | "good" | "fair" | "poor";
            /**
             * Format: date-time
             * @description When it was first seen or its rule was made, whichever was earlier.
             * @example 2026-11-21T08:30:00.000Z
             */
            first_seen_at: string;
            /**
             * Format: date-time
             * @description When it was last seen; until traffic has been seen, when its rule was made.
             * @example 2026-11-21T08:30:00.000Z
             */
            last_seen_at: string;
        };
        /**
         * @example {
         *       "entry": {
         *         "query_hash": "f2d9924396c7ca17",
         *         "normalized_sql": "select name from countries where code = $1",
         *         "query_type": "read",
         *         "cache_enabled": true,
         *         "cache_ttl_seconds": 300,
         *         "cache_swr_seconds": null,
         *         "call_count": 0,
         *         "avg_latency_ms": 0,
         *         "p95_latency_ms": 0,
         *         "avg_response_bytes": 0,
         *         "stability_rate": 0,
         *         "recommendation": "poor",
         *         "first_seen_at": "2026-11-21T08:30:00.000Z",
         *         "last_seen_at": "2026-11-21T08:30:00.000Z"
         *       }
         *     }
         */
        UpdateCacheRuleResponse: {
            entry: components["schemas"]["CacheRuleEntry"];
        };
        /**
         * @example {
         *       "sql": "SELECT name FROM countries WHERE code = 'CH'",
         *       "cache_enabled": true,
         *       "cache_ttl_seconds": 300
         *     }
         */
        CreateCacheRuleRequest: {
            /**
             * @description One statement that reads: SELECT, VALUES, TABLE or WITH … SELECT. Of its literals nothing is kept. Refused, with the reason: statements that write or lock rows, that call a volatile function or one that is not PostgreSQL's own, and TABLESAMPLE. Attribute notation counts as a call: `x.nextval` is `nextval(x)`. What a view or a policy does is not seen, nor a function of your own in attribute notation, which cannot be told from a column.
             * @example SELECT name FROM countries WHERE code = 'CH'
             */
            sql: string;
            /** @description Whether answers to this statement are cached. In effect only while the database's own `cache_config.enabled` is true; until then nothing is cached, whatever its rules say. */
            cache_enabled: boolean;
            /** @description How long an answer is fresh, in seconds; null for the database's own `cache_config.ttl_seconds`. */
            cache_ttl_seconds?: number | null;
            /** @description How long a stale answer may still be given while a new one is fetched, in seconds; null for the database's own `cache_config.swr_seconds`. */
            cache_swr_seconds?: number | null;
        };
        /**
         * @description All of the rule: what is left out becomes null.
         * @example {
         *       "cache_enabled": true,
         *       "cache_ttl_seconds": 60
         *     }
         */
        UpdateCacheRuleRequest: {
            /** @description Whether answers to this statement are cached. In effect only while the database's own `cache_config.enabled` is true; until then nothing is cached, whatever its rules say. */
            cache_enabled: boolean;
            /** @description How long an answer is fresh, in seconds; null for the database's own `cache_config.ttl_seconds`. */
            cache_ttl_seconds?: number | null;
            /** @description How long a stale answer may still be given while a new one is fetched, in seconds; null for the database's own `cache_config.swr_seconds`. */
            cache_swr_seconds?: number | null;
        };
        /**
         * @example {
         *       "api_keys": [
         *         {
         *           "id": "key_01h455vb4pex5vsknk084sn02s",
         *           "org_id": "org_demo",
         *           "name": "deploy",
         *           "hint": "hgo_5f1e0c3a",
         *           "scopes": [
         *             "projects:read",
         *             "databases:write"
         *           ],
         *           "owner_id": "user_ada",
         *           "created_at": "2026-11-21T08:30:00.000Z",
         *           "updated_at": "2026-11-21T08:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        ListApiKeysResponse: {
            api_keys: components["schemas"]["ApiKey"][];
            next_page_token?: string;
        };
        /**
         * @example {
         *       "id": "key_01h455vb4pex5vsknk084sn02s",
         *       "org_id": "org_demo",
         *       "name": "deploy",
         *       "hint": "hgo_5f1e0c3a",
         *       "scopes": [
         *         "projects:read",
         *         "databases:write"
         *       ],
         *       "owner_id": "user_ada",
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        ApiKey: {
            id: string;
            org_id: string;
            /** @description The one project that exists for this key. */
            project_id?: string;
            /** @example deploy */
            name: string;
            /** @description How the key begins, to tell one from another. */
            hint: string;
            scopes: components["schemas"]["Scope"][];
            /** @description The user with whose present role the key acts. */
            owner_id: string;
            /** @description The key that made this one, which is revoked with it. */
            parent_key_id?: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            expires_at?: string;
            /**
             * Format: date-time
             * @description When it was last used, to about half a minute.
             * @example 2026-11-21T08:30:00.000Z
             */
            last_used_at?: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            revoked_at?: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            updated_at: string;
        };
        /**
         * @description What a key may be used for. A key never does more than the role of its owner permits.
         * @enum {string}
         */
        Scope: "projects:read" | "projects:write" | "databases:read" | "databases:write" | "domains:read" | "domains:write" | "secrets:read" | "keys:read" | "keys:write" | "audit:read";
        /**
         * @example {
         *       "id": "key_01h455vb4pex5vsknk084sn02s",
         *       "org_id": "org_demo",
         *       "name": "deploy",
         *       "hint": "hgo_5f1e0c3a",
         *       "scopes": [
         *         "projects:read",
         *         "databases:write"
         *       ],
         *       "owner_id": "user_ada",
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z",
         *       "api_key": "hgo_5f1e0c3a000000000000000000000000000000000000000000000000000000007d4a9c21"
         *     }
         */
        CreatedApiKey: components["schemas"]["ApiKey"] & {
            /**
             * api_key
             * Format: password
             * @description The key itself. It is shown here and never again: only a hash of it is kept.
             */
            readonly api_key: string;
        };
        /**
         * @example {
         *       "name": "deploy",
         *       "scopes": [
         *         "projects:read",
         *         "databases:write"
         *       ],
         *       "expires_at": "2027-11-21T08:30:00Z"
         *     }
         */
        CreateApiKeyRequest: {
            /** @example deploy */
            name: string;
            /**
             * @description Confines the key to this project (`hgp_…`). Without it the key is for the organization (`hgo_…`).
             * @example prj_01h455vb4pex5vsknk084sn02r
             */
            project_id?: string;
            /**
             * @example [
             *       "databases:read",
             *       "databases:write"
             *     ]
             */
            scopes: components["schemas"]["Scope"][];
            /**
             * Format: date-time
             * @description When it ends by itself; never unless given.
             * @example 2027-11-21T08:30:00Z
             */
            expires_at?: string;
        };
        /**
         * @example {
         *       "domains": [
         *         {
         *           "id": "dom_01h455vb4pex5vsknk084sn02s",
         *           "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *           "domain": "db.example.com",
         *           "verified": false,
         *           "verified_at": null,
         *           "tls_cert_expiry": null,
         *           "dns_verification_token": "headgate-verification=5f0c4b9a1d2e3f40516273849aabbccddeeff001",
         *           "dns_instructions": {
         *             "cname_host": "db.example.com",
         *             "cname_target": "prj-01h455vb4pex5vsknk084sn02r.localhost",
         *             "txt_host": "_headgate.db.example.com",
         *             "txt_value": "headgate-verification=5f0c4b9a1d2e3f40516273849aabbccddeeff001",
         *             "acme_cname_host": "_acme-challenge.db.example.com",
         *             "acme_cname_target": "dom-01h455vb4pex5vsknk084sn02s.acme.localhost"
         *           },
         *           "created_at": "2026-11-21T08:30:00.000Z",
         *           "updated_at": "2026-11-21T08:30:00.000Z"
         *         }
         *       ]
         *     }
         */
        ListCustomDomainsResponse: {
            domains: components["schemas"]["CustomDomain"][];
            next_page_token?: string;
        };
        /**
         * @example {
         *       "id": "dom_01h455vb4pex5vsknk084sn02s",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "domain": "db.example.com",
         *       "verified": false,
         *       "verified_at": null,
         *       "tls_cert_expiry": null,
         *       "dns_verification_token": "headgate-verification=5f0c4b9a1d2e3f40516273849aabbccddeeff001",
         *       "dns_instructions": {
         *         "cname_host": "db.example.com",
         *         "cname_target": "prj-01h455vb4pex5vsknk084sn02r.localhost",
         *         "txt_host": "_headgate.db.example.com",
         *         "txt_value": "headgate-verification=5f0c4b9a1d2e3f40516273849aabbccddeeff001",
         *         "acme_cname_host": "_acme-challenge.db.example.com",
         *         "acme_cname_target": "dom-01h455vb4pex5vsknk084sn02s.acme.localhost"
         *       },
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "updated_at": "2026-11-21T08:30:00.000Z"
         *     }
         */
        CustomDomain: {
            id: string;
            project_id: string;
            domain: string;
            /** @description Whether DNS has proved it to be yours. A name is verified in one project at most. */
            verified: boolean;
            /**
             * Format: date-time
             * @description Since when; null while it is not verified.
             * @example 2026-11-21T08:30:00.000Z
             */
            verified_at: string | null;
            /**
             * Format: date-time
             * @description When its certificate runs out; null while it has none.
             * @example 2026-11-21T08:30:00.000Z
             */
            tls_cert_expiry: string | null;
            /** @description The value of the TXT record. */
            dns_verification_token: string;
            dns_instructions: components["schemas"]["DnsInstructions"];
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            updated_at: string;
        };
        /**
         * @description The records to set. TXT and CNAME are needed to verify, and are to stay.
         * @example {
         *       "cname_host": "db.example.com",
         *       "cname_target": "prj-01h455vb4pex5vsknk084sn02r.localhost",
         *       "txt_host": "_headgate.db.example.com",
         *       "txt_value": "headgate-verification=5f0c4b9a1d2e3f40516273849aabbccddeeff001",
         *       "acme_cname_host": "_acme-challenge.db.example.com",
         *       "acme_cname_target": "dom-01h455vb4pex5vsknk084sn02s.acme.localhost"
         *     }
         */
        DnsInstructions: {
            cname_host: string;
            /** @description The project's proxy host. */
            cname_target: string;
            txt_host: string;
            txt_value: string;
            acme_cname_host: string;
            /** @description Where the answers to certificate challenges are put (RFC 8555, section 8.4), so that a certificate can be had. */
            acme_cname_target: string;
        };
        /**
         * @example {
         *       "domain": "db.example.com"
         *     }
         */
        CreateCustomDomainRequest: {
            /**
             * @description A name of your own in the public DNS, such as a subdomain. It is answered to the letter; an internationalized name is stored and answered as A-labels (`xn--…`). IP addresses, public suffixes such as `co.uk`, wildcards and names under Headgate's own domain are refused.
             * @example db.example.com
             */
            domain: string;
        };
        /**
         * @example {
         *       "verified": false,
         *       "error": "The CNAME record of db.example.com is not right yet: it must be prj-01h455vb4pex5vsknk084sn02r.localhost, and there is none. Set it, and verify again when the change can be seen in DNS.",
         *       "domain": {
         *         "id": "dom_01h455vb4pex5vsknk084sn02s",
         *         "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *         "domain": "db.example.com",
         *         "verified": false,
         *         "verified_at": null,
         *         "tls_cert_expiry": null,
         *         "dns_verification_token": "headgate-verification=5f0c4b9a1d2e3f40516273849aabbccddeeff001",
         *         "dns_instructions": {
         *           "cname_host": "db.example.com",
         *           "cname_target": "prj-01h455vb4pex5vsknk084sn02r.localhost",
         *           "txt_host": "_headgate.db.example.com",
         *           "txt_value": "headgate-verification=5f0c4b9a1d2e3f40516273849aabbccddeeff001",
         *           "acme_cname_host": "_acme-challenge.db.example.com",
         *           "acme_cname_target": "dom-01h455vb4pex5vsknk084sn02s.acme.localhost"
         *         },
         *         "created_at": "2026-11-21T08:30:00.000Z",
         *         "updated_at": "2026-11-21T08:30:00.000Z"
         *       },
         *       "checks": [
         *         {
         *           "record": "TXT",
         *           "host": "_headgate.db.example.com",
         *           "expected": "headgate-verification=5f0c4b9a1d2e3f40516273849aabbccddeeff001",
         *           "found": [
         *             "headgate-verification=5f0c4b9a1d2e3f40516273849aabbccddeeff001"
         *           ],
         *           "ok": true
         *         },
         *         {
         *           "record": "CNAME",
         *           "host": "db.example.com",
         *           "expected": "prj-01h455vb4pex5vsknk084sn02r.localhost",
         *           "found": [],
         *           "ok": false
         *         }
         *       ]
         *     }
         */
        VerifyCustomDomainResponse: {
            /** @description Whether DNS shows both records now. */
            verified: boolean;
            /** @description What is missing, and what to do. */
            error?: string;
            domain: components["schemas"]["CustomDomain"];
            checks: components["schemas"]["DnsCheck"][];
        };
        DnsCheck: {
            /** @enum {string} */
            record: "TXT" | "CNAME";
            host: string;
            expected: string;
            /** @description What DNS answered, cut short where it is much; empty when there is no such record. */
            found: string[];
            ok: boolean;
            /** @description Why DNS could not be asked. */
            error?: string;
        };
        /**
         * @example {
         *       "entries": [
         *         {
         *           "id": "aud_01h455vb4pex5vsknk084sn02t",
         *           "org_id": "org_demo",
         *           "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *           "actor": {
         *             "kind": "user",
         *             "id": "user_1"
         *           },
         *           "action": "project.update",
         *           "resource": {
         *             "kind": "project",
         *             "id": "prj_01h455vb4pex5vsknk084sn02r"
         *           },
         *           "before": {
         *             "name": "shop"
         *           },
         *           "after": {
         *             "name": "web shop"
         *           },
         *           "request_id": "3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11",
         *           "address": "192.0.2.1",
         *           "created_at": "2026-11-21T08:30:00.000Z",
         *           "position": 42,
         *           "hash": "a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f",
         *           "previous_hash": "a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f"
         *         }
         *       ]
         *     }
         */
        AuditLogResponse: {
            entries: components["schemas"]["AuditEntry"][];
            next_page_token?: string;
        };
        /**
         * @example {
         *       "id": "aud_01h455vb4pex5vsknk084sn02t",
         *       "org_id": "org_demo",
         *       "project_id": "prj_01h455vb4pex5vsknk084sn02r",
         *       "actor": {
         *         "kind": "user",
         *         "id": "user_1"
         *       },
         *       "action": "project.update",
         *       "resource": {
         *         "kind": "project",
         *         "id": "prj_01h455vb4pex5vsknk084sn02r"
         *       },
         *       "before": {
         *         "name": "shop"
         *       },
         *       "after": {
         *         "name": "web shop"
         *       },
         *       "request_id": "3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11",
         *       "address": "192.0.2.1",
         *       "created_at": "2026-11-21T08:30:00.000Z",
         *       "position": 42,
         *       "hash": "a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f",
         *       "previous_hash": "a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f"
         *     }
         */
        AuditEntry: {
            id: string;
            org_id: string;
            /** @description Absent for what belongs to no project. */
            project_id?: string;
            actor: {
                /**
                 * @description A person, an API key, or whoever runs the service, at its terminal.
                 * @enum {string}
                 */
                kind: "user" | "api_key" | "operator";
                id: string;
            };
            /** @description What was done, such as `database.update`. */
            action: string;
            resource: {
                /** @enum {string} */
                kind: "organization" | "project" | "database" | "replica" | "cache_rule" | "custom_domain" | "api_key" | "certificate" | "schema_snapshot" | "replication_slot";
                id: string;
            };
            /** @description What was changed or removed, as it was. Never a secret. */
            before?: {
                [key: string]: unknown;
            };
            /** @description What was changed or made, as it is since. Never a secret. */
            after?: {
                [key: string]: unknown;
            };
            request_id: string;
            /** @description Where the request came from. */
            address?: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            created_at: string;
            /** @description The entry's place in the chain of its organization; absent until it is chained, and in entries from before there was a chain. */
            position?: number;
            /** @description SHA-256, in hexadecimal, of this object without `position` and `hash`, as canonical JSON (RFC 8785). */
            hash?: string;
            /** @description The `hash` of the entry one position before; 64 zeros in the first. */
            previous_hash?: string;
        };
        /**
         * @example {
         *       "verified": false,
         *       "entries_checked": 1042,
         *       "entries_before_chain": 0,
         *       "head": {
         *         "position": 1042,
         *         "hash": "a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f"
         *       },
         *       "findings": [
         *         {
         *           "kind": "altered",
         *           "position": 42,
         *           "entry_id": "aud_01h455vb4pex5vsknk084sn02t",
         *           "message": "What the entry says does not match its hash."
         *         }
         *       ]
         *     }
         */
        AuditVerification: {
            /** @description Whether all that this request has checked is as it was written. */
            verified: boolean;
            entries_checked: number;
            /** @description How many entries of the organization were written before there was a chain, and are not checked. The number does not grow: one that does, or is not 0 where every entry is newer, is of entries that were put in or taken out of the chain. */
            entries_before_chain: number;
            /** @description The end of the chain. Kept elsewhere, it proves more than the chain can by itself: whoever can write to the database could put back an older state of it, or remove the whole chain and let what is left begin another, but the entry at this position would no longer have this hash. */
            head?: {
                position: number;
                hash: string;
            };
            findings: components["schemas"]["AuditFinding"][];
            /**
             * @description There are more findings; the verification stopped here.
             * @enum {boolean}
             */
            truncated?: true;
            /** @description Present when the chain goes on: ask again with it to go on too. */
            next_page_token?: string;
        };
        AuditFinding: {
            /** @enum {string} */
            kind: "altered" | "missing" | "reordered" | "unchained" | "head";
            /** @description Where in the chain; the first of several. */
            position?: number;
            /** @description The last of several positions. */
            last_position?: number;
            entry_id?: string;
            /** @description For people: what is wrong there. */
            message: string;
        };
        /**
         * @example {
         *       "regions": [
         *         {
         *           "id": "local",
         *           "name": "Local",
         *           "provider": "local",
         *           "status": "active",
         *           "available": true
         *         }
         *       ]
         *     }
         */
        ListRegionsResponse: {
            regions: components["schemas"]["Region"][];
        };
        /**
         * @example {
         *       "id": "local",
         *       "name": "Local",
         *       "provider": "local",
         *       "status": "active",
         *       "available": true
         *     }
         */
        Region: {
            /** @description What `pool_region` refers to. */
            id: string;
            name: string;
            /** @enum {string} */
            provider: "aws" | "azure" | "gcp" | "local";
            /** @enum {string} */
            status: "active" | "draining" | "inactive";
            /** @description Whether new databases may be placed there. */
            available: boolean;
            continent?: string;
            country?: string;
        };
        /**
         * @example {
         *       "status": "ok",
         *       "version": "0.1.0",
         *       "image_sha": "unknown",
         *       "timestamp": "2026-11-21T08:30:00.000Z"
         *     }
         */
        HealthResponse: {
            /** @enum {string} */
            status: "ok" | "degraded";
            version: string;
            /** @description The image that runs, or `unknown`. */
            image_sha: string;
            /**
             * Format: date-time
             * @example 2026-11-21T08:30:00.000Z
             */
            timestamp: string;
        };
        /**
         * @example {
         *       "status": "ok"
         *     }
         */
        Liveness: {
            /** @enum {string} */
            status: "ok";
        };
        /**
         * @example {
         *       "status": "ready",
         *       "checks": {
         *         "database": "ok",
         *         "keys": "ok",
         *         "accepting": "ok"
         *       }
         *     }
         */
        Readiness: {
            /** @enum {string} */
            status: "ready" | "not_ready";
            checks: {
                /**
                 * @description The metadata database answers and is migrated.
                 * @enum {string}
                 */
                database: "ok" | "failed";
                /**
                 * @description The issuer's keys are at hand.
                 * @enum {string}
                 */
                keys: "ok" | "failed";
                /**
                 * @description The instance is not draining.
                 * @enum {string}
                 */
                accepting: "ok" | "failed";
            };
        };
    };
    responses: {
        /** @description `INVALID_INPUT`: The request is malformed or breaks a rule; `details` names each field. */
        BadRequest: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `UNAUTHORIZED`: No credentials, or credentials that are not valid here. */
        Unauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /**
         * @description `FORBIDDEN`: The caller is known, and its role, or the scopes of its key, do not permit this.
         *
         *     `LIMIT_EXCEEDED`: A limit of the organization or project would be passed.
         */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `NOT_FOUND`: There is no such resource, or it is not yours to see. */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `CONFLICT`: The request contradicts the present state, or an idempotency key was used for another request. */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `PRECONDITION_FAILED`: The resource has changed since the version named in `If-Match`. */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `PAYLOAD_TOO_LARGE`: The request body is over the limit. */
        PayloadTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `UNSUPPORTED_MEDIA_TYPE`: The request body is not JSON. */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `UPSTREAM_CHECK_FAILED`: The upstream database could not be used as described. */
        UpstreamCheckFailed: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `RATE_LIMITED`: Too many requests; repeat after the seconds in `Retry-After`. */
        TooManyRequests: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                "Retry-After": components["headers"]["RetryAfter"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `INTERNAL_ERROR`: A fault in Headgate; the request id finds it in the logs. */
        InternalError: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description `UNAVAILABLE`: Headgate cannot serve this now; repeat after the seconds in `Retry-After`. */
        Unavailable: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                "Retry-After": components["headers"]["RetryAfter"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
    };
    parameters: {
        /**
         * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
         * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
         */
        IdempotencyKey: string;
        /**
         * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
         * @example "3"
         */
        IfMatch: string;
        /**
         * @description The `ETag` of the version you hold. When it is the present one, the answer is 304 without a body.
         * @example "3"
         */
        IfNoneMatch: string;
    };
    requestBodies: never;
    headers: {
        /** @description The request's id: the caller's own `X-Request-Id` where it is well-formed, else a new one. */
        RequestId: string;
        /** @description The version of the resource, for `If-Match` and `If-None-Match`. */
        ETag: string;
        /** @description The name of the file to keep the answer in. */
        ContentDisposition: string;
        /** @description The path of the new resource. */
        Location: string;
        /** @description After how many seconds to repeat the request. */
        RetryAfter: number;
        /** @description How many requests are left (`r`) and for how many seconds (`t`), by the policy that holds (draft-ietf-httpapi-ratelimit-headers): `"user";r=997;t=7`. */
        RateLimit: string;
        /** @description How many requests (`q`) may be sent in how many seconds (`w`), all at once if need be: `"user";q=1000;w=10`, or `"api-key"` for what a key may send. */
        RateLimitPolicy: string;
        /** @description `true` when this is the first answer given again. */
        IdempotencyReplayed: "true";
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listOrganizations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The organizations. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListOrganizationsResponse"];
                };
            };
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getOrganizationLimits: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The organization, one of those of `listOrganizations`. */
                org_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The limits. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationLimits"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listProjects: {
        parameters: {
            query: {
                /** @description How many items a page has at most. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
                /** @description The organization, one of those in your token. */
                org_id: string;
                /** @description The order of the list. `active_connections` is the order of creation until a data plane reports connections. */
                sort_by?: "created_at" | "name" | "active_connections";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of projects. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListProjectsResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createProject: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateProjectRequest"];
            };
        };
        responses: {
            /** @description The project and its database. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreateProjectResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getProject: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version you hold. When it is the present one, the answer is 304 without a body.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The project. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            /** @description You hold the present version. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteProject: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateProject: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateProjectRequest"];
            };
        };
        responses: {
            /** @description The project as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    restoreProject: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The project as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listDatabases: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of databases. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListDatabasesResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createDatabase: {
        parameters: {
            query?: {
                /** @description Whether the upstream is tested first: what does not connect is not saved, and the answer is 422 with the steps of the check. */
                verify?: boolean;
            };
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateDatabaseRequest"];
            };
        };
        responses: {
            /** @description The database. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedDatabase"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UpstreamCheckFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDatabase: {
        parameters: {
            query?: {
                /** @description Whether the password is shown; such an answer is never a 304. */
                show_sensitive?: boolean;
            };
            header?: {
                /**
                 * @description The `ETag` of the version you hold. When it is the present one, the answer is 304 without a body.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The database. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevealedDatabase"];
                };
            };
            /** @description You hold the present version. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteDatabase: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateDatabase: {
        parameters: {
            query?: {
                /** @description Whether the upstream is tested first: what does not connect is not saved, and the answer is 422 with the steps of the check. */
                verify?: boolean;
            };
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateDatabaseRequest"];
            };
        };
        responses: {
            /** @description The database as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Database"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UpstreamCheckFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    restoreDatabase: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The database as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Database"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    testDatabaseConnection: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["TestDatabaseConnectionRequest"];
            };
        };
        responses: {
            /** @description What came of it, also when it does not connect. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestConnectionResult"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    rotateDatabaseCredentials: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateDatabaseCredentialsRequest"];
            };
        };
        responses: {
            /** @description The database with its new credentials. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotatedDatabaseCredentials"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UpstreamCheckFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    undoDatabaseCredentialsRotation: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The database with the credentials before. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Database"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    testDatabaseRegistration: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DatabaseDescription"];
            };
        };
        responses: {
            /** @description What came of it, also when it does not connect. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestConnectionResult"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    introspectDatabase: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IntrospectDatabaseRequest"];
            };
        };
        responses: {
            /** @description What was taken, without what it holds. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchemaSnapshot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UpstreamCheckFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDatabaseSchema: {
        parameters: {
            query?: {
                /** @description The snapshot; when it is left out the last one of all schemas, or the last of some where there is none of all. */
                snapshot_id?: string;
            };
            header?: {
                /**
                 * @description The `ETag` of the version you hold. When it is the present one, the answer is 304 without a body.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The snapshot. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatabaseSchema"];
                };
            };
            /** @description You hold this snapshot. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSchemaSnapshots: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of snapshots. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListSchemaSnapshotsResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    diffDatabaseSchema: {
        parameters: {
            query: {
                /** @description The snapshot before. */
                from: string;
                /** @description The snapshot after. */
                to: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The changes. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchemaDiff"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSchemaCatalog: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found, also when it could not be read. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchemaCatalog"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listReplicas: {
        parameters: {
            query?: {
                /** @description How many items a page has at most; 20 behind a page_token, all without one. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replicas, or a page of them. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListReplicasResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createReplica: {
        parameters: {
            query?: {
                /** @description Whether the upstream is tested first: what does not connect is not saved, and the answer is 422 with the steps of the check. */
                verify?: boolean;
            };
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateReplicaRequest"];
            };
        };
        responses: {
            /** @description The replica. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replica"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UpstreamCheckFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getReplica: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version you hold. When it is the present one, the answer is 304 without a body.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The database. */
                database_id: string;
                /** @description The replica. */
                replica_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replica. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replica"];
                };
            };
            /** @description You hold the present version. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteReplica: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The database. */
                database_id: string;
                /** @description The replica. */
                replica_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateReplica: {
        parameters: {
            query?: {
                /** @description Whether the upstream is tested first: what does not connect is not saved, and the answer is 422 with the steps of the check. */
                verify?: boolean;
            };
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The database. */
                database_id: string;
                /** @description The replica. */
                replica_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateReplicaRequest"];
            };
        };
        responses: {
            /** @description The replica as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replica"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UpstreamCheckFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    restoreReplica: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The database. */
                database_id: string;
                /** @description The replica. */
                replica_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replica as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replica"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    testReplicaConnection: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The database. */
                database_id: string;
                /** @description The replica. */
                replica_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["TestReplicaConnectionRequest"];
            };
        };
        responses: {
            /** @description What came of it, also when it does not connect. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestConnectionResult"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    testReplicaRegistration: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateReplicaRequest"];
            };
        };
        responses: {
            /** @description What came of it, also when it does not connect. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestConnectionResult"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listReplicationSlots: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of replication slots. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListReplicationSlotsResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createReplicationSlot: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateReplicationSlotRequest"];
            };
        };
        responses: {
            /** @description The replication slot. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedReplicationSlot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UpstreamCheckFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getReplicationSlot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
                /** @description The replication slot. */
                slot_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replication slot. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveReplicationSlot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteReplicationSlot: {
        parameters: {
            query?: {
                /** @description Whether to drop the slot on the upstream too, with all that is kept there for its reader. */
                drop?: boolean;
            };
            header?: {
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
                /** @description The replication slot. */
                slot_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["UpstreamCheckFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateReplicationSlot: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
                /** @description The replication slot. */
                slot_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateReplicationSlotRequest"];
            };
        };
        responses: {
            /** @description The replication slot as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplicationSlot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    restoreReplicationSlot: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
                /** @description The replication slot. */
                slot_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replication slot as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplicationSlot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listCertificates: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of certificates. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListCertificatesResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createCertificate: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCertificateRequest"];
            };
        };
        responses: {
            /** @description The certificate. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Certificate"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getCertificate: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version you hold. When it is the present one, the answer is 304 without a body.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The certificate. */
                certificate_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The certificate. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificateWithPem"];
                };
            };
            /** @description You hold the present version. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteCertificate: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The certificate. */
                certificate_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    restoreCertificate: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The certificate. */
                certificate_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The certificate as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Certificate"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listCacheRules: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of cache rules. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListCacheRulesResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createCacheRule: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCacheRuleRequest"];
            };
        };
        responses: {
            /** @description The rule. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpdateCacheRuleResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateCacheRule: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
                /** @description The rule, by the hash of its statement. */
                query_hash: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateCacheRuleRequest"];
            };
        };
        responses: {
            /** @description The rule as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpdateCacheRuleResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteCacheRule: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The database. */
                database_id: string;
                /** @description The rule, by the hash of its statement. */
                query_hash: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description The organization, one of those of `listOrganizations`. */
                org_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListApiKeysResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The organization, one of those of `listOrganizations`. */
                org_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateApiKeyRequest"];
            };
        };
        responses: {
            /** @description The key, shown this once. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedApiKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getApiKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version you hold. When it is the present one, the answer is 304 without a body.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The organization, one of those of `listOrganizations`. */
                org_id: string;
                /** @description The API key. */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            /** @description You hold the present version. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The organization, one of those of `listOrganizations`. */
                org_id: string;
                /** @description The API key. */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key is revoked. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listCustomDomains: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of custom domains. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListCustomDomainsResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createCustomDomain: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCustomDomainRequest"];
            };
        };
        responses: {
            /** @description The custom domain. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomDomain"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getCustomDomain: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version you hold. When it is the present one, the answer is 304 without a body.
                 * @example "3"
                 */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The custom domain. */
                domain_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The custom domain. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomDomain"];
                };
            };
            /** @description You hold the present version. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteCustomDomain: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.
                 * @example "3"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The custom domain. */
                domain_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is deleted. */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    verifyCustomDomain: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The custom domain. */
                domain_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What DNS says, also when it is not verified. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerifyCustomDomainResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    restoreCustomDomain: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A new UUID for each call, the same over its retries. The first answer is given again for 24 hours, marked by `Idempotency-Replayed: true`; the same key with another request is a 409.
                 * @example 3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The project. */
                project_id: string;
                /** @description The custom domain. */
                domain_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The custom domain as it is now. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    ETag: components["headers"]["ETag"];
                    "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomDomain"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getOrganizationAuditLog: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
                /** @description Only what this person or key did. */
                actor_id?: string;
                /** @description Only this action, such as `database.update`. */
                action?: string;
                /** @description Only what was done to resources of this kind. */
                resource_kind?: "organization" | "project" | "database" | "replica" | "cache_rule" | "custom_domain" | "api_key" | "certificate" | "schema_snapshot" | "replication_slot";
                /** @description Only what was done to this resource. */
                resource_id?: string;
                /** @description Only entries of this time and later. */
                created_after?: string;
                /** @description Only entries before this time. */
                created_before?: string;
                /** @description Only what was done in this project, whether it still exists or not. */
                project_id?: string;
            };
            header?: never;
            path: {
                /** @description The organization, one of those of `listOrganizations`. */
                org_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entries. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditLogResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    exportOrganizationAuditLog: {
        parameters: {
            query?: {
                /** @description Lines of JSON, or a table. */
                format?: "ndjson" | "csv";
                /** @description Only what this person or key did. */
                actor_id?: string;
                /** @description Only this action, such as `database.update`. */
                action?: string;
                /** @description Only what was done to resources of this kind. */
                resource_kind?: "organization" | "project" | "database" | "replica" | "cache_rule" | "custom_domain" | "api_key" | "certificate" | "schema_snapshot" | "replication_slot";
                /** @description Only what was done to this resource. */
                resource_id?: string;
                /** @description Only entries of this time and later. */
                created_after?: string;
                /** @description Only entries before this time. */
                created_before?: string;
                /** @description Only what was done in this project, whether it still exists or not. */
                project_id?: string;
            };
            header?: never;
            path: {
                /** @description The organization, one of those of `listOrganizations`. */
                org_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The entries. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Content-Disposition": components["headers"]["ContentDisposition"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    verifyOrganizationAuditLog: {
        parameters: {
            query?: {
                /** @description The `next_page_token` of the answer before; leave it out to begin. */
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description The organization, one of those of `listOrganizations`. */
                org_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditVerification"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getProjectAuditLog: {
        parameters: {
            query?: {
                /** @description How many items a page has at most. */
                page_size?: number;
                /** @description The `next_page_token` of the page before; leave it out for the first page. */
                page_token?: string;
                /** @description Only what this person or key did. */
                actor_id?: string;
                /** @description Only this action, such as `database.update`. */
                action?: string;
                /** @description Only what was done to resources of this kind. */
                resource_kind?: "organization" | "project" | "database" | "replica" | "cache_rule" | "custom_domain" | "api_key" | "certificate" | "schema_snapshot" | "replication_slot";
                /** @description Only what was done to this resource. */
                resource_id?: string;
                /** @description Only entries of this time and later. */
                created_after?: string;
                /** @description Only entries before this time. */
                created_before?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entries. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditLogResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    exportProjectAuditLog: {
        parameters: {
            query?: {
                /** @description Lines of JSON, or a table. */
                format?: "ndjson" | "csv";
                /** @description Only what this person or key did. */
                actor_id?: string;
                /** @description Only this action, such as `database.update`. */
                action?: string;
                /** @description Only what was done to resources of this kind. */
                resource_kind?: "organization" | "project" | "database" | "replica" | "cache_rule" | "custom_domain" | "api_key" | "certificate" | "schema_snapshot" | "replication_slot";
                /** @description Only what was done to this resource. */
                resource_id?: string;
                /** @description Only entries of this time and later. */
                created_after?: string;
                /** @description Only entries before this time. */
                created_before?: string;
            };
            header?: never;
            path: {
                /** @description The project. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The entries. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Content-Disposition": components["headers"]["ContentDisposition"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRegions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The regions. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListRegionsResponse"];
                };
            };
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The health of the service. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthResponse"];
                };
            };
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It lives. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Liveness"];
                };
            };
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Send requests. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalError"];
            /** @description Send no requests; `checks` says why. */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    "Retry-After": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
}
/** The codes of the error envelope, for as long as the client runs. */
export const ERROR_CODES = ["INVALID_INPUT","UNAUTHORIZED","FORBIDDEN","LIMIT_EXCEEDED","NOT_FOUND","CONFLICT","PRECONDITION_FAILED","PAYLOAD_TOO_LARGE","UNSUPPORTED_MEDIA_TYPE","UPSTREAM_CHECK_FAILED","RATE_LIMITED","INTERNAL_ERROR","UNAVAILABLE"] as const;
