import { parseArgs } from 'node:util';
import { POD_DELETION_TRIGGERS, SIDECAR_MODES, type OperatorDefaults } from './api/fluentpvc.ts';
import { UserError } from './errors.ts';
import { environmentName, FLAGS, help } from './flags.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';

export const COMMANDS = ['webhook', 'controllers', 'all'] as const;
export type Command = (typeof COMMANDS)[number];
/** Commands that look, say what they find, and end. */
export const CHECKS = ['check-install', 'check-uninstall'] as const;

/** What the program is told from outside. */
export interface Config {
  command: Command;
  kubeconfig: string | undefined;
  namespace: string;
  instance: string;
  bindAddress: string;
  webhookPort: number;
  metricsPort: number;
  certDir: string | undefined;
  certSecret: string | undefined;
  drainMs: number;
  register: boolean;
  webhookHost: string | undefined;
  force: boolean;
  validationNamespace: string;
  /** `undefined`: rescue is switched off. */
  rescueNamespace: string | undefined;
  /** Only these are worked for, the rescue namespace among them; `undefined`: all. */
  namespaces: readonly string[] | undefined;
  defaults: OperatorDefaults;
  evictionTimeoutMs: number;
  concurrency: number;
  logLevel: LogLevel;
}

/** What a check is told. */
export interface CheckConfig extends Pick<
  Config,
  'kubeconfig' | 'namespace' | 'instance' | 'validationNamespace' | 'namespaces'
> {
  command: (typeof CHECKS)[number];
  crdsGo: boolean;
}

/** `--help` and `--version`, a check, or a config. */
export type Invocation = { print: string } | { check: CheckConfig } | { config: Config };

/**
 * The config from arguments (without node and script) and environment. All faults are reported
 * together.
 *
 * @throws UserError ConfigInvalid
 */
export function readConfig(
  version: string,
  argv: readonly string[] = process.argv.slice(2),
  env: Record<string, string | undefined> = process.env,
): Invocation {
  const faults: string[] = [];
  const { values, positionals } = parse(argv, faults);
  if (values.help === true) return { print: help() };
  if (values.version === true) return { print: `${version}\n` };

  const text = (name: string): string | undefined => {
    const value = values[name] ?? env[environmentName(name)];
    if (typeof value === 'string' && value !== '') return value;
    const flag = FLAGS.find((candidate) => candidate.name === name);
    const fallback = flag?.fallback === undefined ? '' : env[flag.fallback];
    return fallback === undefined || fallback === '' ? flag?.default : fallback;
  };
  const switched = (name: string): boolean => {
    const value = env[environmentName(name)] ?? '';
    if (!['', 'true', 'false'].includes(value)) {
      faults.push(`${environmentName(name)} is true or false, not "${value}"`);
    }
    return values[name] === true || value === 'true';
  };
  const oneOf = <T extends string>(name: string, allowed: readonly [T, ...T[]]): T => {
    const value = text(name);
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined)
      faults.push(`--${name} is ${allowed.join(' or ')}, not "${value ?? ''}"`);
    return found ?? allowed[0];
  };
  const whole = (name: string, min: number, max: number): number => {
    const value = Number(text(name));
    if (!Number.isInteger(value) || value < min || value > max) {
      faults.push(`--${name} is a whole number from ${min} to ${max}, not "${text(name) ?? ''}"`);
    }
    return value;
  };
  const durationMs = (name: string): number => {
    const match = /^(\d+)(s|m|h)$/.exec(text(name) ?? '');
    if (match === null) {
      faults.push(`--${name} is a duration like 30s, 5m or 1h, not "${text(name) ?? ''}"`);
    }
    const unit = { s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] as 's' | 'm' | 'h'];
    return Number(match?.[1]) * unit;
  };

  const names = (name: string): readonly string[] | undefined => {
    const value = text(name);
    const all = value?.split(',');
    if (all?.some((one) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(one)) === true) {
      faults.push(`--${name} is names with commas between them, not "${value ?? ''}"`);
    }
    return all;
  };

  const [command, ...surplus] = positionals;
  const known = COMMANDS.find((candidate) => candidate === command);
  const check = CHECKS.find((candidate) => candidate === command);
  if (known === undefined && check === undefined) {
    const all = [...COMMANDS, ...CHECKS].join(', ');
    faults.push(`the command is ${all}, not "${command ?? ''}"`);
  }
  if (surplus.length > 0) faults.push(`too many arguments: ${surplus.join(' ')}`);
  const config: Config = {
    command: known ?? 'all',
    kubeconfig: text('kubeconfig'),
    namespace: text('namespace') ?? '',
    instance: text('instance') ?? '',
    bindAddress: text('bind-address') ?? '',
    webhookPort: whole('webhook-port', 0, 65_535),
    metricsPort: whole('metrics-port', 0, 65_535),
    certDir: text('cert-dir'),
    certSecret: text('cert-secret'),
    drainMs: durationMs('drain-time'),
    register: switched('register'),
    webhookHost: text('webhook-host'),
    force: switched('force'),
    validationNamespace: text('validation-namespace') ?? '',
    rescueNamespace: switched('disable-rescue') ? undefined : text('rescue-namespace'),
    namespaces: undefined,
    defaults: {
      sidecarMode: oneOf('sidecar-mode', SIDECAR_MODES),
      podDeletionTrigger: oneOf('pod-deletion-trigger', POD_DELETION_TRIGGERS),
    },
    evictionTimeoutMs: durationMs('eviction-timeout'),
    concurrency: whole('concurrency', 1, 1000),
    logLevel: oneOf('log-level', LOG_LEVELS),
  };
  const some = names('namespaces');
  if (some !== undefined) {
    config.namespaces = [...new Set([...some, config.rescueNamespace ?? []].flat())];
  }
  if (config.rescueNamespace === config.namespace) {
    faults.push(`--rescue-namespace is a namespace of its own, not "${config.namespace}"`);
  }
  const crdsGo = switched('crds-go');
  faults.push(...certificateFaults(config));
  if (faults.length > 0) throw new UserError(`${faults.join('; ')} (see --help)`);
  return check === undefined ? { config } : { check: { ...config, command: check, crdsGo } };
}

/** One certificate, from one place. */
function certificateFaults(config: Config): string[] {
  const { certSecret, certDir, register, webhookHost } = config;
  if (certSecret === undefined) return [];
  return [
    ...(certDir === undefined ? [] : ['--cert-secret and --cert-dir exclude each other']),
    ...(register ? ['--cert-secret is for an installation, and not for --register'] : []),
    ...(webhookHost === undefined ? ['--cert-secret needs --webhook-host'] : []),
  ];
}

function parse(
  argv: readonly string[],
  faults: string[],
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  const options = Object.fromEntries(
    FLAGS.map((flag) => [
      flag.name,
      { type: flag.value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { tokens, values, positionals } = parseArgs({
    args: [...argv],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = options[token.name];
    if (option === undefined) faults.push(`there is no flag ${token.rawName}`);
    else if (option.type === 'boolean' && token.value !== undefined) {
      faults.push(`${token.rawName} takes no value`);
    } else if (option.type === 'string' && !isValue(token)) {
      faults.push(`${token.rawName} needs a value`);
    }
  }
  return { values, positionals };
}

/** In `--cert-dir --register` the second word is a flag and not a folder. */
function isValue(token: { value: string | undefined; inlineValue: boolean | undefined }): boolean {
  return token.value !== undefined && (token.inlineValue === true || !token.value.startsWith('--'));
}
