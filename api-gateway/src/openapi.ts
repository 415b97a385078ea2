import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { Problem } from './http/problems';
import { closeRequests, describeOperation, describeProbe, type Operation } from './openapi-operations';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

// In the order in which a newcomer meets them.
const TAGS = {
  auth: 'Accounts are opened and sessions begun and ended here',
  products: 'The catalogue and its stock',
  orders: 'Ordering and what becomes of it',
  users: 'One’s own account, and everybody’s for admins',
  audit: 'Who did what',
  webhooks: 'For machines that tell us something',
  health: 'For load balancers and orchestrators',
};

const DESCRIPTION = `Sign in with \`POST /auth/login\`, press *Authorize* and paste the \`accessToken\`.

| | |
| --- | --- |
| Money | \`{ amount, currency }\`, in the currency's smallest unit |
| Times | RFC 3339, UTC, milliseconds |
| Lists | \`limit\` with \`cursor\` (or \`page\`); \`Link\` names the next part |
| Bodies | JSON up to 100 kB; unknown fields are refused, nothing is coerced |
| Errors | RFC 9457 problem documents; \`code\` is stable and made for programs |
| Ids | opaque; a malformed one is answered like an unknown one |
| Limits | \`RateLimit-Policy\` and \`RateLimit\` on every limited answer, 429 with \`Retry-After\` |
| Versions | \`/v1/…\` is the same API |

Every answer has an \`X-Request-Id\`: yours, if it is 8 to 64 of \`[A-Za-z0-9_-]\`.`;

/** The page at /docs and the document at /docs-json, generated from the controllers. */
export function setUpOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => buildDocument(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Shop API',
    swaggerOptions: { persistAuthorization: true },
  });
}

function buildDocument(app: NestFastifyApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, outline(), {
    extraModels: [Problem],
    operationIdFactory: (controller, method) =>
      `${controller.replace(/(Admin)?Controller$/, '').toLowerCase()}-${method}`,
  });
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method] as Operation | undefined;
      if (operation && path.startsWith('/health')) describeProbe(operation, path);
      else if (operation) describeOperation(operation, path, document.components?.schemas);
      if (operation) closeRequests(operation, document.components?.schemas);
    }
  }
  return document;
}

function outline() {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Shop API')
    .setVersion('1')
    .setDescription(DESCRIPTION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addServer('/v1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token' }, 'bearer');
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  return builder.build();
}
