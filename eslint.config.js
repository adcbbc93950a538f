import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', '.baton', 'node_modules', '**/*.mjs', '*.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      'no-console': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'assert', message: 'Use node:assert or vitest.' }] },
      ],
    },
  },
  {
    // Workflow code is replayed: whatever can differ between two runs is banned here.
    files: ['src/workflows/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        {
          name: 'Intl',
          message: 'Time zones and formats come from an activity, never from a workflow.',
        },
        { name: 'process', message: 'Workflow code reads no environment: pass it as input.' },
        { name: 'fetch', message: 'Workflow code does no I/O: use an activity.' },
      ],
    },
  },
  {
    // Entries and scripts talk to a person on a terminal.
    files: [
      'src/dev.ts',
      'deploy/native/main.ts',
      'test/bench/**',
      'test/faults/**',
      'test/support/summary-reporter.ts',
      'examples/*/src/**',
    ],
    rules: { 'no-console': 'off' },
  },
  prettier,
);
