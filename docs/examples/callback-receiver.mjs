/*
 * A receiver of AMS Gateway's callbacks for Node 20 or newer, without dependencies.
 *
 *   CALLBACK_SECRET=change-me node callback-receiver.mjs 8080
 *
 * It lets in whoever brings a valid signature, names the file of a VOD play, orders a recording of
 * lessons, writes down what ended, and stores the picture of a finished recording.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, join, parse } from 'node:path';

const secret = process.env.CALLBACK_SECRET;
if (!secret) throw new Error('Set CALLBACK_SECRET.');
const data = process.env.CALLBACK_DATA ?? 'data'; // events/ and pictures/ are made in it
const vod = process.env.CALLBACK_VOD ?? '/var/ams/vod'; // where the files of VOD plays are
const recordings = process.env.CALLBACK_RECORDINGS ?? '/var/ams'; // must exist on the gateway's machine

await mkdir(join(data, 'events'), { recursive: true });
await mkdir(join(data, 'pictures'), { recursive: true });

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request).then(
    ({ status = 200, headers = {} }) => response.writeHead(status, headers).end(),
    (error) => {
      console.error(error);
      response.writeHead(500).end();
    },
  );
});
server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});

async function answer(request) {
  const fields = await readForm(request);
  const text = (name) => String(fields.get(name) ?? '');
  const [call, name] = [text('call'), text('name')];
  switch (call) {
    // Asked: the client waits for this answer. 2xx lets it in, anything else refuses it.
    case 'publish':
      if (!isSigned(call, name, text)) return { status: 403 };
      if (!name.startsWith('lesson-')) return {};
      // These count when the gateway runs with enable_rtmp_record_manual=1.
      return { headers: { is_rec: '1', rec_path: recordings, rec_name: utf8(name) } };
    case 'play':
      if (!isSigned(call, name, text)) return { status: 403 };
      if (!/^(http_)?vod$/i.test(text('app'))) return {};
      return { headers: { Filename: utf8(join(vod, `${basename(name, '.mp4')}.mp4`)) } };

    // Told: any answer is fine. One that was repeated has the event_id that we know already.
    case 'publish_done':
    case 'play_done':
      await writeDown(fields);
      return {};
    case 'update_publish':
      return {}; // time, timestamp, totlebyte, dropped: a figure for a dashboard
    case 'record_transfer_done':
    case 'upload_transfer_done': {
      const picture = fields.getAll('file').find((value) => typeof value === 'object');
      if (picture) {
        const file = join(data, 'pictures', `${parse(basename(text('filename'))).name}.jpg`);
        await writeFile(file, Buffer.from(await picture.arrayBuffer()));
      }
      await writeDown(fields);
      return {};
    }
    default:
      return { status: 400 };
  }
}

/** Reads a form, url-encoded or multipart. */
async function readForm(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  return new Response(Buffer.concat(parts), { headers }).formData();
}

/**
 * The link that the client was given carries user=, expires= (Unix seconds) and sign=, an
 * HMAC-SHA256 over "CALL/NAME/USER/EXPIRES" as hexadecimal digits.
 */
function isSigned(call, name, text) {
  const expires = text('expires');
  const expected = createHmac('sha256', secret)
    .update(`${call}/${name}/${text('user')}/${expires}`)
    .digest();
  const given = Buffer.from(text('sign'), 'hex');
  const same = given.length === expected.length && timingSafeEqual(given, expected);
  return same && Number(expires) * 1000 >= Date.now();
}

/** One file an event, named by its event_id: a repetition finds its file there and changes nothing. */
async function writeDown(fields) {
  const event = Object.fromEntries([...fields].filter(([, value]) => typeof value === 'string'));
  if (!/^[0-9a-f-]{36}$/.test(event.event_id ?? '')) return;
  const file = join(data, 'events', `${event.event_id}.json`);
  await writeFile(file, JSON.stringify(event), { flag: 'wx' }).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Header values go out byte by byte: this writes them in UTF-8, as the gateway reads them. */
function utf8(text) {
  return Buffer.from(text, 'utf8').toString('latin1');
}
