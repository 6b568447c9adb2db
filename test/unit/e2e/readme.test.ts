import { describe, expect, test } from '@jest/globals';
import { lasting, sectionsOf } from '../../../e2e/readme.ts';

const README = `# An example

Words.

## Run it

\`\`\`sh
kubectl apply -f app.yaml
\`\`\`

More words.

\`\`\`sh
kubectl get pods
\`\`\`

This is shown:

\`\`\`text
NAME  READY
## no heading
\`\`\`

\`\`\`console
$ kubectl get pods --watch
\`\`\`

\`\`\`
npm run demo
\`\`\`

## Clean up

\`\`\`sh
kubectl delete -f app.yaml
\`\`\`
`;

describe('sections of a README', () => {
  test('have its commands, each with what it shows, and nothing that is only to be read', () => {
    expect(sectionsOf(README)).toEqual([
      {
        heading: 'Run it',
        steps: [
          { line: 8, commands: 'kubectl apply -f app.yaml\n' },
          { line: 14, commands: 'kubectl get pods\n', shows: 'NAME  READY\n## no heading\n' },
        ],
      },
      { heading: 'Clean up', steps: [{ line: 35, commands: 'kubectl delete -f app.yaml\n' }] },
    ]);
  });

  test.each([
    ['commands before the first heading', '```sh\ntrue\n```\n', 'at line 2 is in no section'],
    ['output without commands', '## A\n```text\nx\n```\n', 'no commands print the block at line 3'],
    [
      'output that follows output',
      '## A\n```sh\ntrue\n```\n```text\nx\n```\n```text\ny\n```\n',
      'no commands print the block at line 9',
    ],
    ['a block without an end', '## A\n```sh\ntrue\n', 'the block at line 3 does not end'],
  ])('refuse %s', (_, markdown, message) => {
    expect(() => sectionsOf(markdown)).toThrow(message);
  });
});

describe('what lasts of an output', () => {
  test.each([
    ['ages', 'app   2/2   Running   0   1m9s', 'app 2/2 Running 0 AGE'],
    ['ages in days and hours', 'app 3d4h', 'app AGE'],
    ['sizes stay', 'Bound  64Mi  RWO', 'Bound 64Mi RWO'],
    ['the suffix of a Job’s Pod', 'pod/report-x7k2p', 'pod/report-SUFFIX'],
    ['both suffixes of a Deployment’s Pod', 'web-6d959df684-9js29 x', 'web-SUFFIX x'],
    ['words stay', 'persistentvolumeclaim/data-counter-0 log-collection', undefined],
    ['names of claims', 'log-collection-0123abcd-89abcdef01', 'log-collection-HASH'],
    ['names of volumes', 'pvc-e9a2ecf1-40a3-4a5a-9a08-0b1c2d3e4f50 64Mi', 'pvc-UID 64Mi'],
  ])('%s', (_, output, rest) => {
    expect(lasting(output)).toEqual([rest ?? output]);
  });

  test('has its lines in one order, and no empty ones', () => {
    expect(lasting('NAME\n\nb\na\n')).toEqual(['NAME', 'a', 'b']);
  });
});
