const swc = {
  swcrc: false,
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    target: 'es2022',
    keepClassNames: true,
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

// Jest on Node 20 cannot load ESM-only packages, so these are transformed like our own code.
const esmPackages = [
  '@nestjs',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@tokenizer',
  '@borewit',
  'load-esm',
  'content-disposition',
  'cookie',
  'lru-cache',
  'jose',
].join('|');

const project = (displayName, testMatch) => ({
  displayName,
  rootDir: __dirname,
  testEnvironment: 'node',
  testMatch,
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/.local/'],
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/.local/'],
  setupFiles: ['reflect-metadata'],
  transform: { '^.+\\.(ts|m?js)$': ['@swc/jest', swc] },
  transformIgnorePatterns: [`/node_modules/(?!(${esmPackages})/)`],
  moduleNameMapper: {
    '^@shop/service-kit$': '<rootDir>/service-kit/src/index.ts',
    '^@shop/service-kit/testing$': '<rootDir>/service-kit/src/testing/index.ts',
    '^@shop/proto$': '<rootDir>/proto/index.ts',
  },
});

// Started once, and only when such tests are chosen: it takes longer than most of them.
const onRunningSystem = {
  globalSetup: '<rootDir>/system-tests/testing/start-shared-system.ts',
  globalTeardown: '<rootDir>/system-tests/testing/stop-shared-system.ts',
};

module.exports = {
  testTimeout: 30_000,
  projects: [
    project('unit', ['<rootDir>/*/src/**/*.test.ts', '<rootDir>/system-tests/simulation/**/*.test.ts']),
    project('component', ['<rootDir>/*/test/**/*.test.ts']),
    {
      ...project('system', ['<rootDir>/system-tests/{flows,faults,observability}/**/*.test.ts']),
      ...onRunningSystem,
    },
    { ...project('proofs', ['<rootDir>/system-tests/proofs/**/*.test.ts']), ...onRunningSystem },
  ],
};
