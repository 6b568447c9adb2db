import type { Recipe } from './recipe.ts';

/*
 * What examples/log-collection runs. No cluster needs it: it is made when the example is shown or tested.
 */

const collector = '0.149.0';
/** The collector's parts of API version 1. */
const collectorStable = '1.55.0';
const core = 'go.opentelemetry.io/collector';
const contrib = 'github.com/open-telemetry/opentelemetry-collector-contrib';

const parts = (version: string, ...modules: readonly string[]): readonly { gomod: string }[] =>
  modules.map((module) => ({ gomod: `${module} v${version}` }));

export const logRecipes: readonly Recipe[] = [
  {
    name: 'otelcol-contrib',
    version: collector,
    binaries: [{ name: 'otelcol-contrib', package: '' }],
    // Of the distribution of that name only the parts that the example uses: all are 300 MB.
    build: {
      module: `${core}/cmd/builder`,
      manifest: {
        dist: { name: 'otelcol-contrib', module: 'fluent-pvc-operator/build', version: collector },
        extensions: parts(
          collector,
          `${contrib}/extension/storage/filestorage`,
          `${contrib}/extension/healthcheckextension`,
        ),
        receivers: parts(
          collector,
          `${contrib}/receiver/filelogreceiver`,
          `${core}/receiver/nopreceiver`,
        ),
        processors: parts(collector, `${contrib}/processor/transformprocessor`),
        exporters: parts(collector, `${core}/exporter/otlphttpexporter`),
        providers: parts(
          collectorStable,
          `${core}/confmap/provider/envprovider`,
          `${core}/confmap/provider/fileprovider`,
        ),
      },
    },
    download: {
      url: 'https://github.com/open-telemetry/opentelemetry-collector-releases/releases/download/v{version}/otelcol-contrib_{version}_{os}_{arch}.tar.gz',
      checksumUrl:
        'https://github.com/open-telemetry/opentelemetry-collector-releases/releases/download/v{version}/opentelemetry-collector-releases_otelcol-contrib_checksums.txt',
      archivePath: '{binary}',
    },
  },
  {
    name: 'loki',
    version: '3.7.8',
    binaries: [{ name: 'loki', package: 'cmd/loki' }],
    // Its releases are zip archives, so it is always built.
    build: {
      module: 'github.com/grafana/loki/v3',
      forks: true,
      linkerFlags: ['-X=github.com/grafana/loki/v3/pkg/util/build.Version=3.7.8'],
    },
  },
];
