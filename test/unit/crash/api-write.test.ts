import { describe, expect, test } from '@jest/globals';
import { readWrite, type ApiWrite } from '../../crash/api-write.ts';

interface Case {
  request: [method: string, path: string, body?: object];
  write: Omit<ApiWrite, 'body'> | undefined;
}

const inDefault = { namespace: 'default', subresource: '' };
const ofCluster = { namespace: '', subresource: '' };

const cases: Record<string, Case> = {
  'a create has its name in the body': {
    request: [
      'POST',
      '/api/v1/namespaces/default/pods?fieldManager=x',
      { metadata: { name: 'a' } },
    ],
    write: { verb: 'create', resource: 'pods', name: 'a', ...inDefault },
  },
  'a create whose name the API server makes has none': {
    request: [
      'POST',
      '/apis/events.k8s.io/v1/namespaces/default/events',
      { metadata: { generateName: 'a-' } },
    ],
    write: { verb: 'create', resource: 'events', name: '', ...inDefault },
  },
  'a patch of the status': {
    request: ['PATCH', '/apis/batch/v1/namespaces/default/jobs/a/status', { status: {} }],
    write: {
      verb: 'patch',
      resource: 'jobs',
      namespace: 'default',
      name: 'a',
      subresource: 'status',
    },
  },
  'an eviction': {
    request: ['POST', '/api/v1/namespaces/default/pods/a/eviction', { metadata: { name: 'a' } }],
    write: {
      verb: 'create',
      resource: 'pods',
      namespace: 'default',
      name: 'a',
      subresource: 'eviction',
    },
  },
  'an update': {
    request: ['PUT', '/apis/coordination.k8s.io/v1/namespaces/default/leases/a', {}],
    write: { verb: 'update', resource: 'leases', name: 'a', ...inDefault },
  },
  'an object of the cluster': {
    request: ['DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a', {}],
    write: { verb: 'delete', resource: 'customresourcedefinitions', name: 'a', ...ofCluster },
  },
  'a Namespace itself': {
    request: ['PATCH', '/api/v1/namespaces/a', {}],
    write: { verb: 'patch', resource: 'namespaces', name: 'a', ...ofCluster },
  },
  'a read writes nothing': {
    request: ['GET', '/api/v1/namespaces/default/pods/a'],
    write: undefined,
  },
  'a dry run writes nothing': {
    request: ['POST', '/api/v1/namespaces/default/pods?fieldManager=x&dryRun=All', {}],
    write: undefined,
  },
  'a review writes nothing': {
    request: ['POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}],
    write: undefined,
  },
};

describe('what a request writes', () => {
  test.each(Object.entries(cases))('%s', (_, { request: [method, path, body], write }) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    expect(readWrite(method, path, text)).toEqual(write && { ...write, body });
  });
});
