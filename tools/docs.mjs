// Writes the pages that are made from the code: docs/configuration.md. Run it after a change of
// gateway/config/*-keys.ts: `node_modules/.bin/node tools/docs.mjs`.
import { writeFileSync } from 'node:fs';
import prettier from 'prettier';
import { configurationPage } from '../gateway/config/docs.ts';

const path = new URL('../docs/configuration.md', import.meta.url);
const options = { ...(await prettier.resolveConfig(path)), parser: 'markdown' };
writeFileSync(path, await prettier.format(configurationPage(), options));
