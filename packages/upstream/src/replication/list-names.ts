const MAX_LISTED = 5;

/** Names in a sentence: the first few of them, and how many more there are. */
export function listNames(names: readonly string[]): string {
  const listed = names.slice(0, MAX_LISTED).join(', ');
  return names.length > MAX_LISTED ? `${listed} and ${names.length - MAX_LISTED} more` : listed;
}
