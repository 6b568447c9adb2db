import { describe, expect, it } from '@jest/globals';
import { chooseSubnet } from '../../../../e2e/cluster/subnet.ts';

describe('chooseSubnet', () => {
  it.each([
    ['nothing in use', [], '10.214.0.2'],
    ['unrelated networks', ['192.168.1.7/24', '127.0.0.0/8', 'default'], '10.214.0.2'],
    ['another cluster', ['10.214.0.1/24', '10.214.0.0/24'], '10.214.1.2'],
    ['a gap between two clusters', ['10.214.0.0/24', '10.214.2.0/24'], '10.214.1.2'],
    ['a route to one host of a network', ['10.214.0.77'], '10.214.1.2'],
    ['a wide network around the first ones', ['10.214.0.0/22'], '10.214.4.2'],
    ['the last address of a network', ['10.214.0.255/32'], '10.214.1.2'],
  ])('with %s', (_, inUse, node) => {
    expect(chooseSubnet(inUse)?.node).toBe(node);
  });

  it('puts this machine and the node into the same network', () => {
    expect(chooseSubnet([])).toEqual({ host: '10.214.0.1', node: '10.214.0.2', prefix: 24 });
  });

  it('finds none where a network covers all candidates', () => {
    expect(chooseSubnet(['10.0.0.0/8'])).toBeUndefined();
  });
});
