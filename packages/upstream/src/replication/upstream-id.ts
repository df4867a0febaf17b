import type { Target } from '../target.ts';
import type { SlotFacts } from './slot-facts.ts';

/**
 * Whose slot a slot is, so that the same one can be told from another of the same name. A cluster has an identifier,
 * which its standbys share although each has slots of its own: theirs are told apart by host and port too. A server
 * that does not tell it is known by these alone, and by each name that it has.
 */
export function upstreamId(
  { systemIdentifier, inRecovery }: Pick<SlotFacts, 'systemIdentifier' | 'inRecovery'>,
  { host, port }: Pick<Target, 'host' | 'port'>,
): string {
  const address = `${host.toLowerCase().replace(/\.$/, '')}:${port}`;
  if (systemIdentifier === undefined) return address;
  return inRecovery ? `${systemIdentifier}${AT}${address}` : systemIdentifier;
}

const AT = ' at ';

/** Whether these are surely different upstreams. A standby that was promoted is what it was, and so are its slots. */
export function isOtherUpstream(a: string, b: string): boolean {
  const [first, second] = [parse(a), parse(b)];
  if (first.cluster !== second.cluster)
    return (first.cluster === undefined) === (second.cluster === undefined);
  return first.address !== undefined && second.address !== undefined && first.address !== second.address;
}

function parse(id: string): { readonly cluster?: string | undefined; readonly address?: string | undefined } {
  if (!/^[0-9]+( |$)/.test(id)) return { address: id };
  const [cluster, address] = id.split(AT);
  return { cluster, address };
}
