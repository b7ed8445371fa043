import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeEnvironment, nodeFlags } from '../../../tools/runtime.mjs';

/** Files that start the gateway without the `ams` command, and what their command line begins with. */
const starters = {
  Dockerfile: /ENTRYPOINT \["\/app\/node_modules\/\.bin\/node", (.*), "\/app\/gateway\/main\.ts"\]/,
  'ams-gateway.service': /ExecStart=\S+\/node (.*) \S+\/gateway\/main\.ts run/,
};

for (const [name, command] of Object.entries(starters)) {
  test(`${name} runs Node.js as the ams command does`, () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docker', name), 'utf8');
    const flags = command.exec(text)?.[1]?.match(/--[\w=-]+/g);
    assert.deepEqual(flags, nodeFlags);
    for (const [key, value] of Object.entries(nodeEnvironment({}))) {
      // Where compiled code is kept differs: the checkout belongs to somebody else.
      const expected = key === 'NODE_COMPILE_CACHE' ? `${key}=/var/` : `${key}=${value}`;
      assert.ok(text.includes(expected), `${expected} is not set`);
    }
  });
}
