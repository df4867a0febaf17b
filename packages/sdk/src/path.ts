/**
 * Puts the values of parameters into a path.
 *
 * @throws TypeError for a value that would change which path it is: none, or a dot segment (RFC 3986 section 5.2.4),
 * with which the deletion of a database would become that of its project
 */
export function serializePath(path: string, parameters: Readonly<Record<string, unknown>>): string {
  return path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const value = parameters[name];
    if (typeof value !== 'string' || value === '' || value === '.' || value === '..')
      throw new TypeError(`The path parameter ${name} must be an id.`);
    return encodeURIComponent(value);
  });
}
