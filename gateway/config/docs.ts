import { amsKeys } from './ams-keys.ts';
import { configKeys, schema } from './schema.ts';
import type { Kind } from './kinds.ts';
import type { KeySpec } from './key-spec.ts';
import type { ConfigKey } from './schema.ts';
import { defaultConfig, textOf } from './values.ts';

const intro = `# Configuration · 配置

<!-- Made from gateway/config/*-keys.ts by \`node tools/docs.mjs\`; a test compares the two. -->

Every key can be given in four ways; the first that is there wins.
每个键有四种设置方式，按下列顺序以先者为准。

1. a flag · 命令行参数: \`npm start -- --http_port=8089\`, \`ams start --http_port=8089\`
2. an environment variable · 环境变量: \`AMS_HTTP_PORT=8089\` (an empty one counts as not given · 空值视为未设置)
3. the configuration file · 配置文件: \`ams.json\` in the state folder, e.g. \`{ "http_port": 8089 }\`
4. the default · 默认值

\`POST /cfg/set\` saves keys (\`ams.saved.json\`) and writes them to \`ams.json\`; \`POST /cfg/reload\` or
\`ams reload\` applies \`ams.json\`; \`ams reset\` empties \`ams.json\`, so that the next start or reload uses
defaults, while \`/cfg/get\` still shows what was saved. Editing \`ams.json\` by hand is fine: the next
start or reload takes the edit over as the saved configuration. A key that a flag or a variable fixes
cannot be set to another value.

\`POST /cfg/set\` 保存各键（\`ams.saved.json\`）并写入 \`ams.json\`；\`POST /cfg/reload\` 或 \`ams reload\`
使 \`ams.json\` 生效；\`ams reset\` 清空 \`ams.json\`，下次启动或 reload 使用默认值，而 \`/cfg/get\` 仍显示已保存的值。
也可以直接编辑 \`ams.json\`，下次启动或 reload 会将其作为已保存的配置。由参数或环境变量固定的键不能改成别的值。

State (configuration, PID, logs) is in \`/var/lib/ams\` and media in \`/var/ams\`; where those cannot be
written, in \`./ams-data\` and \`./ams-data/media\`. \`--home DIR\` (\`AMS_HOME\`) puts state in \`DIR\` and
media in \`DIR/media\`; the defaults below that begin with \`/var/ams\` move along.

状态文件（配置、PID、日志）位于 \`/var/lib/ams\`，媒体位于 \`/var/ams\`；若不可写，则使用 \`./ams-data\` 和
\`./ams-data/media\`。\`--home DIR\`（\`AMS_HOME\`）将状态放在 \`DIR\`、媒体放在 \`DIR/media\`，
下表中以 \`/var/ams\` 开头的默认值随之移动。

Reload · 重新加载: **live** applies at once, connections stay · 立即生效，连接不受影响; **listener** the listener
moves, connections that exist are served on · 监听地址切换，已有连接继续服务; **restart** a restart applies it · 重启后生效.
`;

/** What the page says of a key. */
type DocumentedKey = Pick<KeySpec<never>, 'meaning' | 'reload' | 'defaultShown'> & {
  readonly kind: Pick<Kind<never>, 'describe'>;
};

/** The configuration reference, `docs/configuration.md`. */
export function configurationPage(): string {
  const split = Object.keys(amsKeys).length;
  return [
    intro,
    '## Keys of the AMS surface · AMS 标准键\n',
    table(configKeys.slice(0, split)),
    '## Keys of the gateway · 网关自有键\n',
    table(configKeys.slice(split)),
  ].join('\n');
}

function table(keys: readonly ConfigKey[]): string {
  const defaults = defaultConfig();
  const rows = keys.map((key) => {
    const { kind, meaning, reload, defaultShown }: DocumentedKey = schema[key];
    const text = textOf(defaults, key);
    const value = defaultShown ?? (text === '' ? '' : `\`${text}\``);
    return [`\`${key}\``, value, kind.describe.en, meaning.en, meaning.zh, reload];
  });
  const head = ['key', 'default', 'value', 'meaning', '含义', 'reload'];
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}
