import { didYouMean } from '../../config/suggest.ts';
import { ApiError } from './api-error.ts';

/** A request's parameters by name; those that were empty are left out. */
export type Parameters<Name extends string> = { readonly [N in Name]?: string };

/**
 * Reads parameters of which only these exist. An unknown name is refused: in `drop`, a typing error
 * would otherwise mean *all*. For the same reason a request whose parameters are all empty is
 * refused, while single empty ones count as not given.
 *
 * @throws ApiError naming the parameter
 */
export function readParameters<Name extends string>(
  pairs: Iterable<readonly [name: string, value: string]>,
  names: readonly Name[],
): Parameters<Name> {
  const found: { [N in Name]?: string } = {};
  const seen = new Set<string>();
  let empty = '';
  for (const [given, value] of pairs) {
    const name = names.find((known) => known === given);
    if (name === undefined) throw unknown(given, names);
    if (seen.has(name)) throw new ApiError('bad_parameter', `"${name}" is given more than once.`);
    seen.add(name);
    if (value === '') empty ||= name;
    else found[name] = value;
  }
  if (empty !== '' && Object.keys(found).length === 0) {
    throw new ApiError('bad_parameter', `"${empty}" is empty: give it a value, or leave it out.`);
  }
  return found;
}

/** A client's number, or undefined when none is given. */
export function clientIdOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ApiError('bad_parameter', `clientid must be a whole number, got "${shown(text)}".`);
}

function unknown(given: string, names: readonly string[]): ApiError {
  const known = names.length === 0 ? 'It takes none.' : `It takes ${names.join(', ')}.`;
  const message = `There is no parameter "${shown(given)}" here. ${known}`;
  return new ApiError('bad_parameter', message + didYouMean(given, names));
}

/** What a client sent, fit for a sentence. */
export function shown(text: string): string {
  const plain = text.replace(/\p{Cc}/gu, '�');
  return plain.length > 64 ? `${plain.slice(0, 64)}…` : plain;
}
