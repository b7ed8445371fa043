import ipaddr from 'ipaddr.js';

/** Whether an IP address is in a list of addresses, CIDR ranges and the word `all`. */
export function inAddressList(list: readonly string[], address: string): boolean {
  if (list.includes('all')) return true;
  if (!ipaddr.isValid(address)) return false;
  const client = ipaddr.process(address); // IPv4-mapped becomes IPv4
  return list.some((entry) => {
    const [range, bits] = entry.includes('/')
      ? ipaddr.parseCIDR(entry)
      : [ipaddr.process(entry), undefined];
    if (range.kind() !== client.kind()) return false;
    return client.match(range, bits ?? (range.kind() === 'ipv4' ? 32 : 128));
  });
}
