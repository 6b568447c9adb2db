import { describe } from '@jest/globals';

/** `describe` of what needs a real node; what cannot have one skips it, which `CI=true` does not allow. */
export const asRoot =
  process.platform === 'linux' && process.geteuid?.() === 0 ? describe : describe.skip;
