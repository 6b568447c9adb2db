import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../src/errors.ts';
import { freePorts } from '../e2e/cluster/free-ports.ts';
import { bundle } from '../hack/bundle.ts';
import { makeCertificate, type ServingCertificate } from '../webhook/certificate.ts';
import type { FloorScript } from './floor.ts';
import { startProgram, type Program } from './program.ts';

/** The programs that are measured, each bundled as the operator ships. */
export interface Shipped {
  readonly operator: string;
  readonly floor: string;
  /** Flags for Node that the image sets, which both are given. */
  readonly nodeFlags: readonly string[];
}

const root = join(import.meta.dirname, '..');

export async function ship(folder: string): Promise<Shipped> {
  const shipped = {
    operator: join(folder, 'main.mjs'),
    floor: join(folder, 'floor.mjs'),
    nodeFlags: flagsIn(await readFile(join(root, 'Dockerfile'), 'utf8')),
  };
  await bundle(join(root, 'src/main.ts'), shipped.operator);
  await bundle(join(root, 'bench/floor.ts'), shipped.floor);
  return shipped;
}

/** The flags for Node that a Dockerfile sets. */
export function flagsIn(dockerfile: string): string[] {
  const [, value] = /^ENV NODE_OPTIONS="(.+)"$/m.exec(dockerfile) ?? [];
  if (value === undefined) throw new Error('the Dockerfile sets no NODE_OPTIONS');
  return value.split(' ');
}

/** A serving certificate in a folder, as the programs read it. */
export async function storeCertificate(
  folder: string,
  host: string,
): Promise<ServingCertificate & { readonly folder: string }> {
  const certificate = await makeCertificate([host, 'localhost'], new Date());
  const own = join(folder, 'certificate');
  await mkdir(own, { recursive: true });
  await writeFile(join(own, 'tls.crt'), certificate.cert);
  await writeFile(join(own, 'tls.key'), certificate.key);
  await writeFile(join(own, 'ca.crt'), certificate.ca);
  return { ...certificate, folder: own };
}

/** A webhook that runs, and where. */
export interface Serving extends Program {
  readonly port: number;
}

/** What both programs are told. */
export interface ServingOptions {
  readonly shipped: Shipped;
  readonly kubeconfig: string;
  /** Folder of the serving certificate. */
  readonly certificate: string;
  /** Where its log goes. */
  readonly folder: string;
  /** Address that it serves at. */
  readonly host: string;
  readonly nodeFlags?: readonly string[];
}

/** Starts the operator as it ships, and returns when it says that it is ready. */
export function startOperator(
  command: 'webhook' | 'controllers' | 'all',
  options: ServingOptions,
  flags: readonly string[] = [],
): Promise<Serving> {
  const { shipped, kubeconfig, certificate, host } = options;
  return serve(`operator-${command}`, shipped.operator, options, ({ port, ready }) => [
    command,
    `--kubeconfig=${kubeconfig}`,
    `--cert-dir=${certificate}`,
    `--webhook-host=${host}`,
    `--webhook-port=${port}`,
    `--metrics-port=${ready}`,
    ...flags,
  ]);
}

/** Starts the floor's webhook. */
export async function startFloor(options: ServingOptions, script: FloorScript): Promise<Serving> {
  const { shipped, kubeconfig, certificate, folder } = options;
  const file = join(folder, 'floor-script.json');
  await writeFile(file, JSON.stringify(script));
  return serve('floor', shipped.floor, options, ({ port, ready }) => [
    `--kubeconfig=${kubeconfig}`,
    `--cert-dir=${certificate}`,
    `--port=${port}`,
    `--ready-port=${ready}`,
    `--script=${file}`,
  ]);
}

async function serve(
  name: string,
  file: string,
  { shipped, folder, nodeFlags = [] }: ServingOptions,
  argsFor: (ports: { port: number; ready: number }) => string[],
): Promise<Serving> {
  for (let tries = 1; ; tries += 1) {
    const [port = 0, ready = 0] = await freePorts('127.0.0.1', 2);
    try {
      const program = await startProgram({
        file,
        args: argsFor({ port, ready }),
        nodeFlags: [...shipped.nodeFlags, ...nodeFlags],
        logFile: join(folder, `${name}.log`),
        isReady: () => answers(`http://127.0.0.1:${ready}/readyz`),
      });
      return { ...program, port };
    } catch (error) {
      // Free ports are free until somebody else takes them.
      if (tries === PORT_TRIES || !/PortInUse|EADDRINUSE/.test(messageOf(error))) throw error;
    }
  }
}

const PORT_TRIES = 5;

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url);
  await answer.text();
  return answer.ok;
}
