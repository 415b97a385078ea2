import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import jest from 'eslint-plugin-jest';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['**/dist/', '**/node_modules/', 'proto/generated/', '.local/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...ts.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', 200],
      'max-lines-per-function': ['error', 40],
      // Five for what a constructor is given, three for everything else.
      'max-params': ['error', 5],
      'no-restricted-syntax': [
        'error',
        ...[
          ':not(MethodDefinition[kind="constructor"]) > FunctionExpression',
          'FunctionDeclaration',
          'ArrowFunctionExpression',
        ].map((one) => ({
          selector: `${one}[params.length>3]`,
          message: 'More than three parameters: name them in one object.',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Configuration is read once, in config.ts.' },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-extraneous-class': 'off',
      // Drivers and parsers answer `any`; what comes out of them is checked where it enters.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  { files: ['**/migrations/*.ts'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['**/*.test.ts', '**/test/**/*.ts', 'system-tests/**/*.ts', '**/testing/**/*.ts'],
    extends: [jest.configs['flat/recommended']],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 300, skipBlankLines: true }],
      // Answers are read as a client would, without our types.
      '@typescript-eslint/no-explicit-any': 'off',
      'no-restricted-properties': 'off',
      'jest/expect-expect': 'off',
      'jest/no-conditional-expect': 'off',
      // `proof` is a test of its own kind, and what it runs is a property.
      'jest/no-standalone-expect': 'off',
      'jest/no-export': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/config.ts', '**/migrate.ts', '**/seed-*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'fetch',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'AbortSignal',
          'AbortController',
          'performance',
          'structuredClone',
          'require',
          'module',
          '__dirname',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  prettier,
);
