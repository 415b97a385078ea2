import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { Problem, problemResponse } from './http/problems';
import type { Reason } from '@shop/service-kit';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & Record<string, unknown>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** The page at /docs and the document at /docs-json, generated from the controllers. */
export function setUpOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => buildDocument(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Shop API',
    swaggerOptions: { persistAuthorization: true },
  });
}

export function buildDocument(app: NestFastifyApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Shop API')
    .setVersion('1')
    .setDescription(
      'Money is `{ amount, currency }` in the smallest unit. Lists take `limit` with `cursor` or `page`. Errors are RFC 9457 ' +
        'problem documents with a stable `code`. Every answer has an `X-Request-Id`. `/v1/…` is the same API.',
    )
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addServer('/v1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .build();
  const document = SwaggerModule.createDocument(app, options, {
    extraModels: [Problem],
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '').toLowerCase()}-${method}`,
  });
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method] as Operation | undefined;
      if (operation && path.startsWith('/health')) describeProbe(operation);
      else if (operation) describeAccess(operation);
    }
  }
  return document;
}

function describeProbe(operation: Operation): void {
  operation.tags = ['health'];
  operation.security = [];
  addProblem(operation, 503, ['UNAVAILABLE']);
}

/** What the guards and filters do to every route, so that no controller has to say it. */
function describeAccess(operation: Operation): void {
  const isPublic = operation['x-public'] === true;
  delete operation['x-public'];
  operation.security = isPublic ? [] : [{ bearer: [] }];
  if (!isPublic) addProblem(operation, 401, ['UNAUTHENTICATED', 'TOKEN_EXPIRED']);
  if (operation['x-roles']) addProblem(operation, 403, ['FORBIDDEN']);
  addProblem(operation, 429, ['RATE_LIMITED']);
  addProblem(operation, 503, ['UNAVAILABLE']);
  operation.responses.default ??= problemResponse(['INTERNAL']);
}

function addProblem(operation: Operation, status: number, codes: Reason[]): void {
  operation.responses[String(status)] ??= problemResponse(codes);
}
