const apps = ['api-gateway', 'users-service', 'products-service', 'orders-service'];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    ...apps.map((app) => ({
      name: `${app}-stands-alone`,
      comment: 'Apps talk over gRPC and events; importing each other would tie their releases together.',
      severity: 'error',
      from: { path: `^${app}/` },
      to: { path: `^(${apps.filter((other) => other !== app).join('|')})/` },
    })),
    {
      name: 'kit-knows-no-app',
      severity: 'error',
      from: { path: '^service-kit/' },
      to: { path: `^(${apps.join('|')})/` },
    },
    {
      name: 'contracts-stop-at-the-door',
      comment:
        'Types of the contracts are for controllers, clients, DTOs, event handlers and to-proto.ts. The files of orders that ' +
        'are named here keep or give the very answer that a client got, which the contract defines.',
      severity: 'error',
      from: {
        path: '^(users|products|orders)-service/src/',
        pathNot:
          '(\\.controller|\\.client|\\.dto|/to-proto|-when-[a-z-]+)\\.ts$|\\.test\\.ts$|' +
          '/orders/(order-row|order-progress|idempotency-keys|place-order|list-orders|fingerprint)\\.ts$',
      },
      to: { path: '^proto/' },
    },
    {
      name: 'no-test-code-in-production',
      comment: 'An app runs without what its tests are made of.',
      severity: 'error',
      from: { path: '^[^/]+/src/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: '\\.test\\.ts$|^[^/]+/test/|/(src|dist)/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // What was built is not looked at, but for the test support: importing it by its package's name ends there.
    exclude: { path: '^(?!proto/|service-kit/dist/testing/)[^/]+/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
