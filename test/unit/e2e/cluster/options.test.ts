import { describe, expect, it } from '@jest/globals';
import { UserError } from '../../../../src/errors.ts';
import { parseCommand } from '../../../../e2e/cluster/options.ts';

const up = {
  kind: 'up',
  name: 'fluent-pvc',
  nodes: undefined,
  apiServerOnly: false,
  audit: false,
  apiServerArgs: [],
  kubernetesVersion: undefined,
  kubeconfig: undefined,
};

describe('parseCommand', () => {
  it.each([
    ['up', up],
    ['up --nodes real', { ...up, nodes: { kind: 'real' } }],
    ['up --nodes kwok:0 --name a', { ...up, name: 'a', nodes: { kind: 'kwok', count: 0 } }],
    ['up --nodes=kwok:1000', { ...up, nodes: { kind: 'kwok', count: 1000 } }],
    ['--name a up', { ...up, name: 'a' }],
    ['up --kubernetes-version v1.34.2', { ...up, kubernetesVersion: '1.34.2' }],
    ['up --api-server-arg=--v=4 --audit', { ...up, apiServerArgs: ['--v=4'], audit: true }],
    ['up --kubeconfig here', { ...up, kubeconfig: 'here' }],
    ['down', { kind: 'down', name: 'fluent-pvc', keepLogs: false }],
    ['down --keep-logs', { kind: 'down', name: 'fluent-pvc', keepLogs: true }],
    ['status --name a', { kind: 'status', name: 'a' }],
    ['logs', { kind: 'logs', name: 'fluent-pvc', component: undefined, follow: false }],
    ['logs etcd -f', { kind: 'logs', name: 'fluent-pvc', component: 'etcd', follow: true }],
    ['up --help', { kind: 'help' }],
  ])('reads "%s"', (line, command) => {
    expect(parseCommand(line.split(' '))).toEqual(command);
  });

  it.each([
    ['', 'say up, down, status or logs'],
    ['fly', '"fly" is not a command'],
    ['toString', '"toString" is not a command'],
    ['up --frob', "Unknown option '--frob'"],
    ['up --nodes', "Option '--nodes <value>' argument missing"],
    ['up --nodes big', '--nodes is real or kwok:N, not "big"'],
    ['up --nodes kwok:-1', '--nodes is real or kwok:N'],
    ['up --kubernetes-version latest', '--kubernetes-version is like 1.36.3, not "latest"'],
    ['down --nodes real', '--nodes does not go with down'],
    ['status etcd', '"etcd" is one word too many'],
    ['logs etcd kubelet', '"kubelet" is one word too many'],
  ])('refuses "%s" in one line', (line, message) => {
    const parse = (): unknown => parseCommand(line.split(' ').filter((word) => word !== ''));
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/\n/);
  });
});
