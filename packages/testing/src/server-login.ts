/** The server of the tests as a customer's: who can log in there, and with what. */
import postgres, { type Sql } from 'postgres';
import { afterAll, inject } from 'vitest';
import { uniqueName } from './actors.ts';

/** Where it is and as whom, as a request describes a database. It speaks no TLS. */
export function serverConnection() {
  const { hostname, port, username, password, pathname } = new URL(inject('postgresUrl'));
  return {
    ...{ host: hostname, port: Number(port), name: pathname.slice(1), ssl_mode: 'disable' as const },
    ...{ username: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}

export interface ServerLogin {
  readonly username: string;
  readonly password: string;
}

/** Roles of a test file's own on that server. They are dropped when its tests are done. */
export function useLogins() {
  const sql: Sql = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} });
  const made: string[] = [];
  afterAll(async () => {
    for (const username of made) await sql`drop role if exists ${sql(username)}`;
    await sql.end();
  });
  const setPassword = async ({ username, password }: ServerLogin) =>
    await sql.unsafe(`alter role "${username}" password '${password}'`);
  return {
    setPassword,
    /** Makes a role that can log in. */
    create: async (): Promise<ServerLogin> => {
      const login = { username: uniqueName('login'), password: uniqueName('pa$$word') };
      await sql.unsafe(`create role "${login.username}" login`);
      made.push(login.username);
      await setPassword(login);
      return login;
    },
  };
}
