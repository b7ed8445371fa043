import type { FastifyRequest } from 'fastify';
import { ApiError } from './api-error.ts';

/** Names and values, in the order of the body. */
export type Body = readonly (readonly [name: string, value: string])[];

/** Reads `application/x-www-form-urlencoded`, and what has no type. */
export async function formParser({ headers }: FastifyRequest, text: string): Promise<Body> {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (text !== '' && type !== undefined && type !== 'application/x-www-form-urlencoded') {
    const message = `The body must be application/x-www-form-urlencoded or application/json, got ${type}.`;
    throw new ApiError('bad_type', message);
  }
  return [...new URLSearchParams(text)];
}

/**
 * Reads a JSON object of plain values: numbers and texts as they are, `true` and `false` as 1 and 0,
 * lists of texts as comma-separated lists.
 */
export async function jsonParser(_: FastifyRequest, text: string): Promise<Body> {
  if (text.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ApiError('bad_parameter', `The body is not JSON: ${why}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError('bad_parameter', 'The body must be a JSON object of names and values.');
  }
  return Object.entries(value).map(([name, member]) => [name, plainText(name, member)]);
}

function plainText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return value.join(',');
  }
  const message = `${name} must be a text, a number, true or false, or a list of texts.`;
  throw new ApiError('bad_parameter', message);
}
