import { describe, expect, test } from '@jest/globals';
import { readConfig, type Config } from '../../src/config.ts';
import { UserError } from '../../src/errors.ts';
import { environmentName, FLAGS } from '../../src/flags.ts';

type Env = Record<string, string>;

function config(argv: string[], env: Env = {}): Config {
  const invocation = readConfig('1.2.3', argv, env);
  if (!('config' in invocation)) throw new Error('it only prints');
  return invocation.config;
}
function fault(argv: string[], env: Env = {}): string {
  try {
    readConfig('1.2.3', argv, env);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ code: 'ConfigInvalid' });
    return (error as Error).message;
  }
  return '';
}

test('defaults', () => {
  expect(config(['all'])).toEqual({
    command: 'all',
    kubeconfig: undefined,
    namespace: 'kube-system',
    instance: 'fluent-pvc-operator',
    bindAddress: '0.0.0.0',
    webhookPort: 9443,
    metricsPort: 8080,
    certDir: undefined,
    certSecret: undefined,
    drainMs: 0,
    register: false,
    webhookHost: undefined,
    force: false,
    validationNamespace: 'fluent-pvc-validation',
    rescueNamespace: 'fluent-pvc-rescue',
    defaults: { sidecarMode: 'Native', podDeletionTrigger: 'SidecarFailure' },
    evictionTimeoutMs: 300_000,
    concurrency: 8,
    logLevel: 'info',
  });
});

test.each<[string[], string[] | undefined]>([
  [[], undefined],
  [['--namespaces=shop'], ['shop', 'fluent-pvc-rescue']],
  [
    ['--namespaces=shop,pay', '--disable-rescue'],
    ['shop', 'pay'],
  ],
  [
    ['--namespaces=shop,shop,rescue', '--rescue-namespace=rescue'],
    ['shop', 'rescue'],
  ],
])('with %j it works for %j', (flags, namespaces) => {
  expect(config(['all', ...flags]).namespaces).toEqual(namespaces);
});

describe('a certificate in a Secret', () => {
  const own = ['webhook', '--cert-secret=x', '--webhook-host=y'];
  test('is for a host', () => {
    expect(config(own)).toMatchObject({ certSecret: 'x', webhookHost: 'y' });
  });
  test.each([
    [['webhook', '--cert-secret=x'], '--cert-secret needs --webhook-host'],
    [[...own, '--cert-dir=z'], '--cert-secret and --cert-dir exclude each other'],
    [[...own, '--register'], '--cert-secret is for an installation, and not for --register'],
  ])('%j is a fault', (argv, why) => {
    expect(fault(argv)).toContain(why);
  });
});

describe('a value', () => {
  interface Case {
    argv: string[];
    env?: Env;
    is: Partial<Config>;
  }
  const cases: Record<string, Case> = {
    'of a flag': { argv: ['all', '--webhook-port', '1'], is: { webhookPort: 1 } },
    'of a flag with an equals sign': { argv: ['all', '--cert-dir=/x'], is: { certDir: '/x' } },
    'before the command': {
      argv: ['--instance', 'x', 'webhook'],
      is: { command: 'webhook', instance: 'x' },
    },
    'of the environment': {
      argv: ['all'],
      env: { FLUENT_PVC_WEBHOOK_PORT: '2' },
      is: { webhookPort: 2 },
    },
    'of a flag before the environment': {
      argv: ['all', '--webhook-port', '1'],
      env: { FLUENT_PVC_WEBHOOK_PORT: '2' },
      is: { webhookPort: 1 },
    },
    'of the environment that is empty counts as absent': {
      argv: ['all'],
      env: { FLUENT_PVC_WEBHOOK_PORT: '', FLUENT_PVC_REGISTER: '' },
      is: { webhookPort: 9443, register: false },
    },
    'of a switch that takes something away': {
      argv: ['all', '--disable-rescue', '--rescue-namespace=x'],
      is: { rescueNamespace: undefined },
    },
    'of a switch': { argv: ['all', '--register', '--force'], is: { register: true, force: true } },
    'of a switch in the environment': {
      argv: ['all'],
      env: { FLUENT_PVC_REGISTER: 'true', FLUENT_PVC_FORCE: 'false' },
      is: { register: true, force: false },
    },
    'of the namespace: that of the Pod': {
      argv: ['all'],
      env: { POD_NAMESPACE: 'ops' },
      is: { namespace: 'ops' },
    },
    'of the namespace: a flag before that of the Pod': {
      argv: ['all', '--namespace', 'mine'],
      env: { POD_NAMESPACE: 'ops' },
      is: { namespace: 'mine' },
    },
    'of the namespace: its own variable before that of the Pod': {
      argv: ['all'],
      env: { POD_NAMESPACE: 'ops', FLUENT_PVC_NAMESPACE: 'mine' },
      is: { namespace: 'mine' },
    },
    'of the validation namespace': {
      argv: ['all', '--validation-namespace', 'trials'],
      is: { validationNamespace: 'trials' },
    },
    'in seconds': { argv: ['all', '--eviction-timeout', '30s'], is: { evictionTimeoutMs: 30_000 } },
    'in minutes': { argv: ['all', '--eviction-timeout', '2m'], is: { evictionTimeoutMs: 120_000 } },
    'in hours': { argv: ['all', '--eviction-timeout', '1h'], is: { evictionTimeoutMs: 3_600_000 } },
    'of a FluentPVC that is silent': {
      argv: ['all', '--sidecar-mode', 'Regular', '--pod-deletion-trigger', 'SidecarTermination'],
      is: { defaults: { sidecarMode: 'Regular', podDeletionTrigger: 'SidecarTermination' } },
    },
    'at the edges': {
      argv: ['all', '--webhook-port', '0', '--metrics-port', '65535', '--concurrency', '1000'],
      is: { webhookPort: 0, metricsPort: 65_535, concurrency: 1000 },
    },
  };
  test.each(Object.entries(cases))('%s', (_, { argv, env, is }) => {
    expect(config(argv, env)).toMatchObject(is);
  });
  test.each(['webhook', 'controllers', 'all'])('command %s', (command) => {
    expect(config([command]).command).toBe(command);
  });
});

describe('a fault is', () => {
  const cases: Record<string, { argv: string[]; env?: Env; says: string }> = {
    'no command': {
      argv: [],
      says: 'the command is webhook, controllers, all, check-install, check-uninstall, not ""',
    },
    'a namespace that can be none': {
      argv: ['all', '--namespaces=shop,'],
      says: '--namespaces is names with commas between them, not "shop,"',
    },
    'an unknown command': { argv: ['serve'], says: 'not "serve"' },
    'an argument too many': { argv: ['all', 'more'], says: 'too many arguments: more' },
    'an unknown flag': { argv: ['all', '--nope'], says: 'there is no flag --nope' },
    'an unknown flag with a value': { argv: ['all', '--nope=1'], says: 'there is no flag --nope' },
    'an unknown short flag': { argv: ['all', '-x'], says: 'there is no flag -x' },
    'a missing value at the end': { argv: ['all', '--cert-dir'], says: '--cert-dir needs a value' },
    'a missing value before a flag': {
      argv: ['all', '--cert-dir', '--register'],
      says: '--cert-dir needs a value',
    },
    'a value for a switch': { argv: ['all', '--register=true'], says: '--register' },
    'a switch in the environment that is neither true nor false': {
      argv: ['all'],
      env: { FLUENT_PVC_REGISTER: '1' },
      says: 'FLUENT_PVC_REGISTER',
    },
    'a port that is no number': { argv: ['all', '--webhook-port', 'x'], says: '--webhook-port is' },
    'a port that is too large': {
      argv: ['all', '--metrics-port', '65536'],
      says: 'from 0 to 65535, not "65536"',
    },
    'a port below zero': { argv: ['all', '--metrics-port=-1'], says: '--metrics-port is' },
    'a part of a number': { argv: ['all', '--concurrency', '1.5'], says: '--concurrency is' },
    'no concurrency': { argv: ['all', '--concurrency', '0'], says: 'from 1 to 1000, not "0"' },
    'a duration without unit': {
      argv: ['all', '--eviction-timeout', '5'],
      says: 'like 30s, 5m or 1h',
    },
    'a word that is not one of those allowed': {
      argv: ['all', '--sidecar-mode', 'native'],
      says: '--sidecar-mode is Native or Regular, not "native"',
    },
    'a wrong value in the environment': {
      argv: ['all'],
      env: { FLUENT_PVC_LOG_LEVEL: 'loud' },
      says: '--log-level is debug or info or warn or error, not "loud"',
    },
  };
  test.each(Object.entries(cases))('%s', (_, { argv, env, says }) => {
    expect(fault(argv, env)).toContain(says);
  });
  test('told together with all others', () => {
    const text = fault(['serve', '--nope', '--webhook-port', 'x', '--eviction-timeout', 'y']);
    for (const part of ['"serve"', '--nope', '--webhook-port', '--eviction-timeout', '--help'])
      expect(text).toContain(part);
  });
});

test.each([
  [['check-install', '--namespace=ops'], { command: 'check-install', namespace: 'ops' }],
  [['check-uninstall'], { command: 'check-uninstall', crdsGo: false }],
  [['check-uninstall', '--crds-go'], { command: 'check-uninstall', crdsGo: true }],
])('%j is a check', (argv, is) => {
  expect(readConfig('1.2.3', argv, {})).toMatchObject({ check: is });
});

describe('what is only printed', () => {
  test('the version', () => {
    expect(readConfig('1.2.3', ['--version'], {})).toEqual({ print: '1.2.3\n' });
  });
  test('the help, whatever else is wrong', () => {
    const invocation = readConfig('1.2.3', ['serve', '--nope', '--help'], {});
    expect(invocation).toEqual({ print: expect.stringContaining('COMMAND') as unknown });
  });
  const { print } = readConfig('1.2.3', ['--help'], {}) as { print: string };
  test.each(FLAGS.map((flag) => [flag.name, flag] as const))('--%s is in the help', (_, flag) => {
    const line = print.split('\n').find((row) => row.trim().startsWith(`--${flag.name} `)) ?? '';
    expect(line).toContain(flag.help);
    if (flag.value !== undefined) expect(line).toContain(flag.value);
    if (flag.default !== undefined) expect(line).toContain(`(${flag.default})`);
  });
});

test('each flag has one variable of the environment', () => {
  expect(environmentName('webhook-port')).toBe('FLUENT_PVC_WEBHOOK_PORT');
  const all = FLAGS.map((flag) => environmentName(flag.name));
  expect(new Set(all).size).toBe(all.length);
});
