import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Reporter, silentReporter } from '../cluster/reporter.ts';
import type { Cluster } from '../cluster/running-cluster.ts';
import { obtainTool } from '../tools.ts';

/** Names as the manifests have them, and where each of the public images has its program. */
const PROGRAMS = [
  {
    tool: 'otelcol-contrib',
    image: 'otel/opentelemetry-collector-contrib:0.149.0',
    path: '/otelcol-contrib',
  },
  { tool: 'loki', image: 'grafana/loki:3.7.8', path: '/usr/bin/loki' },
] as const;

/** What {@link ensureLogCollectionImages} makes known. */
export const logCollectionImages: readonly string[] = PROGRAMS.map(({ image }) => image);

/** Downloads or builds what the images consist of, where this machine has it not yet: minutes. */
export async function obtainLogCollection(reporter: Reporter): Promise<void> {
  for (const { tool } of PROGRAMS) await obtainTool(tool, reporter);
}

/**
 * Makes the images of examples/log-collection known to a cluster with a real node: the same programs,
 * alone on their file system, as in the public images.
 */
export async function ensureLogCollectionImages(
  cluster: Cluster,
  reporter: Reporter = silentReporter,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fluent-pvc-logs-'));
  try {
    for (const { tool, image, path } of PROGRAMS) {
      const program = await obtainTool(tool, reporter);
      const rootfs = join(folder, tool);
      await mkdir(dirname(join(rootfs, path)), { recursive: true });
      await cp(program, join(rootfs, path));
      await cluster.pushImages([{ name: image, rootfs, entrypoint: [path], user: '10001' }]);
      await rm(rootfs, { recursive: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
