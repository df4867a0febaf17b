/** Asked by supervisors every few seconds: let through when much is asked, and not worth a line each while all is well. */
const QUIET_PATHS = new Set<string | undefined>(['/livez', '/readyz']);

export function isQuiet(path: string | undefined): boolean {
  return QUIET_PATHS.has(path);
}
