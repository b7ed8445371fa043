import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ApiError } from '../../../../gateway/ams/http/api-error.ts';
import { clientIdOf, readParameters, shown } from '../../../../gateway/ams/http/parameters.ts';

const refused = (says: RegExp) => (error: unknown) =>
  error instanceof ApiError && error.status === 400 && says.test(error.message);

suite('parameters', () => {
  const names = ['name', 'addr'] as const;

  test('known ones by name; empty ones beside a full one are not given', () => {
    assert.deepEqual(
      readParameters(
        [
          ['name', 'x'],
          ['addr', ''],
        ],
        names,
      ),
      { name: 'x' },
    );
    assert.deepEqual(readParameters([], names), {});
  });

  test('unknown, doubled and only empty ones are refused', () => {
    assert.throws(() => readParameters([['nam', 'x']], names), refused(/Did you mean "name"/));
    assert.throws(() => readParameters([['zzz', 'x']], names), refused(/It takes name, addr\./));
    assert.throws(() => readParameters([['x', '']], []), refused(/It takes none/));
    assert.throws(() => readParameters([['__proto__', 'x']], names), refused(/no parameter/));
    const twice = [
      ['name', 'x'],
      ['name', ''],
    ] as const;
    assert.throws(() => readParameters(twice, names), refused(/more than once/));
    assert.throws(() => readParameters([['name', '']], names), refused(/"name" is empty/));
  });

  test('a client’s number', () => {
    assert.equal(clientIdOf(undefined), undefined);
    assert.equal(clientIdOf('281474976710655'), 281_474_976_710_655);
    for (const wrong of ['', '-1', '1.5', '1e3', '0x1', ' 1', '9'.repeat(20)]) {
      assert.throws(() => clientIdOf(wrong), refused(/clientid must be a whole number/));
    }
  });

  test('what a client sent is cut, and its controls do not reach a terminal', () => {
    assert.equal(shown('a\u001b[31mb'), 'a�[31mb');
    assert.equal(shown('x'.repeat(100)).length, 65);
  });
});
