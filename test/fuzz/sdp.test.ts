import { test } from 'node:test';
import fc from 'fast-check';
import { buildAnswer } from '../../gateway/protocols/sdp/answer.ts';
import { chooseCodec } from '../../gateway/protocols/sdp/codecs.ts';
import { SdpError } from '../../gateway/protocols/sdp/description.ts';
import { readIceFragment, readOffer } from '../../gateway/protocols/sdp/offer.ts';
import { offerText } from '../helpers/sdp-fixtures.ts';

const run = { seed: 5, numRuns: 300 };

/** Reads it as the server does; a refusal is fine, anything else thrown is not. */
const take = (text: string): void => {
  try {
    readIceFragment(text);
    const offer = readOffer(text);
    const media = offer.media.map((offered) => {
      const codec = chooseCodec(offered.codecs, 'h264', 100) ?? chooseCodec(offered.codecs, 'opus');
      const accepted = codec && {
        direction: 'sendonly' as const,
        codec,
        extensions: [],
        feedback: [...codec.feedback],
      };
      return { offered, accepted };
    });
    const ice = { ufrag: 'u', password: 'p' };
    const fingerprint = { algorithm: 'sha-256', value: 'AB' };
    buildAnswer({ sessionId: '1', ice, fingerprint, candidates: [], media });
  } catch (error) {
    if (!(error instanceof SdpError)) throw error;
  }
};

test('no text makes the offer reader throw anything but a refusal', () => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), take), run);
});

test('offers with lines cut, repeated, swapped and mangled', () => {
  const lines = [
    ...offerText('chrome-156-recvonly').split('\r\n'),
    ...offerText('obs-31-sendonly').split('\r\n'),
  ];
  const line = fc.constantFrom(...lines);
  const mangled = fc
    .tuple(line, fc.nat(40), fc.string({ maxLength: 5 }))
    .map(([text, at, insert]) => text.slice(0, at) + insert + text.slice(at));
  fc.assert(
    fc.property(fc.array(fc.oneof(line, mangled), { maxLength: 120 }), (some) => {
      take(
        `v=0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:sha-256 AB\r\n${some.join('\r\n')}`,
      );
    }),
    run,
  );
});
