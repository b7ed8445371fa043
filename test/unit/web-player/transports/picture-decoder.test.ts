import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { PictureDecoder } from '../../../../web-player/src/transports/picture-decoder.ts';
import { AVC_CONFIG, AVC_OTHER_CONFIG } from '../../../helpers/crafted-media.ts';

interface Callbacks {
  output(frame: unknown): void;
  error(cause: Error): void;
}

/** A decoder that does what the test says. */
class FakeDecoder {
  static readonly made: FakeDecoder[] = [];
  state = 'unconfigured';
  decodeQueueSize = 0;
  readonly chunks: string[] = [];
  readonly says: Callbacks;

  constructor(says: Callbacks) {
    this.says = says;
    FakeDecoder.made.push(this);
  }
  configure() {
    this.state = 'configured';
  }
  decode({ type }: { type: string }) {
    this.chunks.push(type);
  }
  close() {
    this.state = 'closed';
  }
}

const fakes = {
  VideoDecoder: FakeDecoder,
  EncodedVideoChunk: class {
    readonly type: string;
    constructor({ type }: { type: string }) {
      this.type = type;
    }
  },
};
const before = Object.fromEntries(
  Object.keys(fakes).map((name) => [name, Reflect.get(globalThis, name) as unknown]),
);
Object.assign(globalThis, fakes);

const data = new Uint8Array(4);

describe('the picture decoder', () => {
  after(() => Object.assign(globalThis, before));
  beforeEach(() => FakeDecoder.made.splice(0));

  function make() {
    const errors: string[] = [];
    const pictures = new PictureDecoder({
      frame: () => undefined,
      failed: (error) => errors.push(error.code),
    });
    const last = () => {
      const decoder = FakeDecoder.made.at(-1);
      assert.ok(decoder);
      return decoder;
    };
    return { pictures, errors, last };
  }

  it('begins at a key frame', () => {
    const { pictures, last } = make();
    pictures.decode(true, 0, data);
    pictures.configure('h264', AVC_CONFIG);
    for (const key of [false, true, false]) pictures.decode(key, 0, data);
    assert.deepEqual(last().chunks, ['key', 'delta']);
    assert.equal(pictures.skipped, 1);
  });

  it('goes on from a key frame when it is far behind', () => {
    const { pictures, last } = make();
    pictures.configure('h264', AVC_CONFIG);
    pictures.decode(true, 0, data);
    last().decodeQueueSize = 100;
    pictures.decode(false, 0, data);
    last().decodeQueueSize = 0;
    for (const key of [false, true]) pictures.decode(key, 0, data);
    assert.deepEqual(last().chunks, ['key', 'key']);
  });

  it('begins anew with another configuration, not with the same', () => {
    const { pictures, last } = make();
    pictures.configure('h264', AVC_CONFIG);
    const first = last();
    pictures.configure('h264', AVC_CONFIG.slice());
    assert.equal(last(), first);
    pictures.configure('h264', AVC_OTHER_CONFIG);
    assert.notEqual(last(), first);
    assert.equal(first.state, 'closed');
  });

  it('survives damage', () => {
    const { pictures, errors, last } = make();
    pictures.configure('h264', AVC_CONFIG);
    for (let i = 0; i < 20; i += 1) {
      last().says.error(new Error('damaged'));
      last().says.output({});
    }
    assert.deepEqual(errors, []);
  });

  it('says that it cannot decode what never became a picture', () => {
    const { pictures, errors, last } = make();
    pictures.configure('h264', AVC_CONFIG);
    for (let i = 0; i < 4; i += 1) last().says.error(new Error('no'));
    assert.deepEqual(errors, ['codec']);
  });

  it('says that decoding broke when it has worked before', () => {
    const { pictures, errors, last } = make();
    pictures.configure('h264', AVC_CONFIG);
    last().says.output({});
    for (let i = 0; i < 4; i += 1) last().says.error(new Error('no'));
    assert.deepEqual(errors, ['decode']);
  });

  it('hears nothing from a decoder that it let go of', () => {
    const { pictures, errors, last } = make();
    pictures.configure('h264', AVC_CONFIG);
    const first = last();
    pictures.close();
    for (let i = 0; i < 9; i += 1) first.says.error(new Error('closed'));
    assert.deepEqual(errors, []);
  });
});
