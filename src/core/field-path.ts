/** Where in an object something is: names of fields, indexes of lists. */
export type Steps = readonly (string | number)[];

/** As the API server writes it: `spec.containers[0].resources.limits[example.com/gpu]`. */
export function fieldPath(steps: Steps): string {
  return steps
    .map((step) => (typeof step === 'string' && /^\w[\w-]*$/.test(step) ? `.${step}` : `[${step}]`))
    .join('')
    .replace(/^\./, '');
}

/** The steps of a JSON pointer; digits are taken for indexes. */
export function pointerSteps(pointer: string): Steps {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
