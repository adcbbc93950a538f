import ipaddr from 'ipaddr.js';

/** All that is routed on the public internet today (RFC 4291, 2.4); older forms with an IPv4 address inside lie outside. */
const GLOBAL_IPV6 = ipaddr.IPv6.parse('2000::');
const GLOBAL_IPV6_BITS = 3;

/** Returns whether callbacks may go to an address: one on the public internet, or one in an allowed range. */
export function isAllowedAddress(text: string, allow: readonly string[]): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  const isPublic =
    address.range() === 'unicast' &&
    (address instanceof ipaddr.IPv4 || address.match(GLOBAL_IPV6, GLOBAL_IPV6_BITS));
  return (
    isPublic ||
    allow.some((range) => {
      const [network, bits] = ipaddr.parseCIDR(range);
      return network.kind() === address.kind() && address.match(network, bits);
    })
  );
}

/**
 * Returns whether a URL's host is an address that callbacks may not go to. A name is looked at when it is resolved.
 * `URL` writes decimal, octal and short forms of an address out in full.
 */
export function isForbiddenAddress(url: string, allow: readonly string[]): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(host)) return !isAllowedAddress(host, allow);
  return /(?:^|\.)localhost\.?$/.test(host) && allow.length === 0;
}
