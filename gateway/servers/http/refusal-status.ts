import type { Refusal } from '../../sessions/admission.ts';

/** The HTTP status of a refusal. */
export function refusalStatus({ code }: Pick<Refusal, 'code'>): number {
  switch (code) {
    case 'bad_name':
      return 400;
    case 'forbidden':
    case 'no_answer':
      return 403;
    case 'busy':
      return 409;
    case 'limit':
    case 'shutdown':
      return 503;
  }
}
