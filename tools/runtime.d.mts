export const nodeFlags: readonly string[];
export function nodeEnvironment(environment?: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
