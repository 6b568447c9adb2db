/*
 * The grammar of names that stand for things: keys of labels and annotations, resources. See
 * apimachinery, pkg/util/validation; each constant is what a message may say of the form.
 */

const NAME = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const DOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME_LENGTH = 63;
const MAX_DOMAIN_LENGTH = 253;

export const QUALIFIED_NAME_FORM =
  'a name of at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends, and ' +
  'perhaps a DNS domain and "/" before it (example.com/team)';
export const LABEL_VALUE_FORM =
  'empty, or at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends';

/** A key of a label: `team`, `example.com/team`. */
export function isQualifiedName(text: string): boolean {
  const parts = text.split('/');
  const [name = '', domain] = parts.toReversed();
  return (
    parts.length <= 2 &&
    isName(name) &&
    (domain === undefined || (domain.length <= MAX_DOMAIN_LENGTH && DOMAIN.test(domain)))
  );
}

/** A value of a label. */
export function isLabelValue(text: string): boolean {
  return text === '' || isName(text);
}

function isName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && NAME.test(text);
}
