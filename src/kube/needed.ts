import { UserError } from '../errors.ts';
import { ApiError, ApiUnreachable } from './api-error.ts';

/** What the program cannot start without: the API server's no is the user's to mend. */
export async function needed<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError) throw new UserError(error.message, 'ApiServerRefused');
    if (error instanceof ApiUnreachable) throw new UserError(error.message, 'ApiServerUnreachable');
    throw error;
  }
}
