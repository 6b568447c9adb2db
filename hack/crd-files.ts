import { dump } from 'js-yaml';
import { crds } from '../src/api/crd.ts';

/** The chart's copies of the CustomResourceDefinitions: path below the root, and content. */
export function crdFiles(): { path: string; content: string }[] {
  return crds.map((crd) => {
    const name = crd.metadata.name?.split('.')[0] ?? '';
    return {
      path: `charts/fluent-pvc-operator/crds/${name}.yaml`,
      content:
        '# Generated from src/api by `npm run generate`. Do not edit.\n' +
        dump(crd, { lineWidth: 110, noRefs: true }),
    };
  });
}
