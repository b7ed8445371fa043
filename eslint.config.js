import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const outsideWorld =
  '^(node:)?(net|http|https|http2|dgram|fs|fs/promises|tls|child_process|timers|timers/promises|worker_threads|os|perf_hooks|process)$';

export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'web-player/dist/',
      'web-player/src/player.d.ts',
      'ams-data/',
      'docs/examples/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'it', 'describe', 'suite'], package: 'node:test' },
          ],
        },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'prefer-const': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // Protocols are pure: bytes in, values out. No sockets, files, timers or clock.
    files: ['gateway/protocols/**/*.ts', 'shared/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: outsideWorld,
              message: 'This room is pure: it may not touch the outside world.',
            },
            {
              regex: '/(live|sessions|servers|library|relay|ams|ops|config)/',
              message: 'This room is pure: it may not know the rooms that do I/O.',
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'performance',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes in as a parameter.' },
        { object: 'Math', property: 'random', message: 'Randomness comes in as a parameter.' },
      ],
    },
  },
  {
    // What gateway and player share may not know Node either.
    files: ['shared/**/*.ts', 'web-player/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^node:', message: 'This runs in the browser too.' },
            { regex: '/gateway/', message: 'This runs in the browser too.' },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'tools/**', 'web-player/build.ts', 'gateway/main.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
      },
    },
    rules: { 'no-console': 'off' },
  },
);
