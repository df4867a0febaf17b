/**
 * The endpoints of Better Auth that are served, under BASE_PATH. It brings many more: social sign-in, mail flows that
 * have no mail here, redirects. What is not listed is answered as if it did not exist.
 *
 * Left out on purpose: `get-full-organization`, which shows invitation ids to every member (see tenant-wall.ts), and
 * `jwks`, which has its one stable place at JWKS_PATH.
 */
export const AUTH_ROUTES = {
  POST: [
    '/sign-up/email',
    '/sign-in/email',
    '/sign-out',
    '/change-password',
    '/update-user',
    '/revoke-session',
    '/revoke-sessions',
    '/revoke-other-sessions',
    '/organization/create',
    '/organization/update',
    '/organization/delete',
    '/organization/set-active',
    '/organization/invite-member',
    '/organization/accept-invitation',
    '/organization/reject-invitation',
    '/organization/cancel-invitation',
    '/organization/update-member-role',
    '/organization/remove-member',
    '/organization/leave',
  ],
  GET: [
    '/get-session',
    '/list-sessions',
    '/token',
    '/organization/list',
    '/organization/get-organization',
    '/organization/get-invitation',
    '/organization/list-invitations',
    '/organization/list-members',
  ],
} as const;

/** Where verifiers fetch the public keys. */
export const JWKS_PATH = '/.well-known/jwks.json';
