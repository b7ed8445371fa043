import { mkdtempSync, rmSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolders } from '../../gateway/config/folders.ts';
import { combine, readInvocation } from '../../gateway/config/layers.ts';
import { startGateway, type Gateway } from '../../gateway/gateway.ts';
import { descriptorOutput } from '../../gateway/ops/log-file.ts';
import { startLogging } from '../../gateway/ops/log.ts';

/** The gateway on free ports of loopback with the configuration of `args` (`--key=value`); it ends
 *  with the process at SIGTERM. */
export async function startBenchGateway(args: readonly string[]): Promise<Gateway> {
  const { fixed } = readInvocation([...args], {});
  const home = mkdtempSync(join(tmpdir(), 'ams-bench-'));
  const folders = { state: home, media: join(home, 'media') };
  createFolders(folders);
  const loopback = {
    rtmp_port: 0,
    http_port: 0,
    webrtc_port: 0,
    webrtc_bind: '127.0.0.1',
    rtmp_bind: '127.0.0.1',
    http_bind: '127.0.0.1',
    log_level: 'warn',
    // The peers record nothing either.
    enable_rtmp_record_manual: true,
  } as const;
  const config = { ...combine(folders.media, {}, fixed), ...loopback };
  const { log } = startLogging(descriptorOutput(2), config);
  const gateway = await startGateway({ config, folders, log });
  flushCompileCache(); // as `ams run` does
  process.once('SIGTERM', () => {
    void gateway.close().finally(() => {
      rmSync(home, { recursive: true, force: true });
      process.exit(0);
    });
  });
  return gateway;
}
