import { fieldPath, type Steps } from './field-path.ts';
import { isQuantity } from './quantity.ts';

/**
 * Where an object has what the API server could not read. Its answer (400) names no field, or one
 * without the indexes of lists; so the object is searched for what the answer speaks of. Empty where
 * that is not found.
 */
export function undecodablePaths(object: unknown, message: string): string[] {
  const wrongType = /cannot unmarshal (\w+)(?: \S+)? into Go struct field \w+\.(\S+) of type/.exec(
    message,
  );
  if (wrongType !== null) {
    const [, type = '', path = ''] = wrongType;
    return locate(object, path.split('.'), type).map(fieldPath);
  }
  if (/quantit(y|ies)/.test(message)) return wrongQuantities(object).map(fieldPath);
  return [];
}

/** Values of that type of JSON at a path that knows no indexes. */
function locate(value: unknown, [name, ...rest]: readonly string[], type: string): Steps[] {
  if (Array.isArray(value)) {
    const names = name === undefined ? [] : [name, ...rest];
    return value.flatMap((item, index) => below(index, locate(item, names, type)));
  }
  if (name !== undefined) {
    const field = isObject(value) ? value[name] : undefined;
    return field === undefined ? [] : below(name, locate(field, rest, type));
  }
  if (typeName(value) === type) return [[]];
  // The path of a map stands for its entries.
  return entries(value).flatMap(([key, entry]) => (typeName(entry) === type ? [[key]] : []));
}

const QUANTITY_MAPS = ['limits', 'requests'];
const QUANTITY_FIELDS = ['sizeLimit', 'divisor'];

/** Where Kubernetes expects a quantity and there is none. */
function wrongQuantities(value: unknown): Steps[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => below(index, wrongQuantities(item)));
  }
  return entries(value).flatMap(([name, field]) => {
    if (QUANTITY_FIELDS.includes(name)) return isAmount(field) ? [] : [[name]];
    if (!QUANTITY_MAPS.includes(name)) return below(name, wrongQuantities(field));
    const wrong = entries(field).filter(([, quantity]) => !isAmount(quantity));
    return wrong.map(([resource]) => [name, resource]);
  });
}

function isAmount(value: unknown): boolean {
  return (
    value === null || typeof value === 'number' || (typeof value === 'string' && isQuantity(value))
  );
}

function below(step: string | number, found: readonly Steps[]): Steps[] {
  return found.map((steps) => [step, ...steps]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entries(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

/** As Go's decoder calls it. */
function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
