// node-media-server with relay tasks, which its command takes only over an API behind a login.
// Arguments: the configuration and the tasks, both as JSON.
import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers';

const require = createRequire(import.meta.url);
const NodeMediaServer = require('node-media-server');
const context = require('node-media-server/src/core/context.js');

const [config, tasks] = process.argv.slice(2).map((text) => JSON.parse(text));
const server = new NodeMediaServer(config, '');
await server.run();
for (const task of tasks) {
  if (task.mode === 'pull') context.relayServer.addTask(task);
}
// A push task gives up for good when its stream is not there yet.
server.on('postPublish', ({ streamPath }) => {
  for (const task of tasks) {
    if (task.mode !== 'push' || task.streamPath !== streamPath) continue;
    setImmediate(() => context.relayServer.addTask(task));
  }
});
