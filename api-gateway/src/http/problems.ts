import { applyDecorators } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiSchema,
  getSchemaPath,
} from '@nestjs/swagger';
import { type Reason, REASONS } from '@shop/service-kit';

const REQUEST_ID = '3d6f3d6e-6b7c-4f0e-9d0c-0c1a2b3c4d5e';
const ORDER_ID = '5b9c1a52-8c52-4a43-9b3d-0c7c1f2e3d4f';
const PRODUCT_ID = '0f2b7c52-51b2-4f6e-8f3c-0f4f9c1f6a11';

@ApiSchema({ name: 'FieldProblem', description: 'What is wrong with one field' })
class FieldProblem {
  @ApiProperty({ example: 'email' })
  field: string;

  @ApiProperty({ example: 'email must be a string' })
  message: string;
}

@ApiSchema({ name: 'Shortage', description: 'A product of which there is not enough' })
class ShortageBody {
  @ApiProperty({ example: PRODUCT_ID })
  productId: string;

  @ApiProperty({ example: 2, type: 'integer' })
  requested: number;

  @ApiProperty({ example: 1, type: 'integer' })
  available: number;
}

@ApiSchema({ name: 'Problem', description: 'RFC 9457, as every error is answered' })
export class Problem {
  @ApiProperty({ example: 'urn:shop:problem:validation-failed' })
  type: string;

  @ApiProperty({ example: REASONS.VALIDATION_FAILED.title, description: 'The same for every occurrence' })
  title: string;

  @ApiProperty({ example: 400, type: 'integer' })
  status: number;

  @ApiProperty({ example: REASONS.VALIDATION_FAILED.title, description: 'What it was this time' })
  detail: string;

  @ApiProperty({ example: '/orders', description: 'The path that was asked for' })
  instance: string;

  @ApiProperty({ enum: Object.keys(REASONS), enumName: 'ProblemCode', description: 'Stable; made for programs' })
  code: Reason;

  @ApiProperty({ example: REQUEST_ID, description: 'As in X-Request-Id; to be told when asking for help' })
  requestId: string;

  @ApiPropertyOptional({ type: [FieldProblem], description: 'With VALIDATION_FAILED' })
  errors?: FieldProblem[];

  @ApiPropertyOptional({
    example: ORDER_ID,
    description: 'With OUT_OF_STOCK and PAYMENT_DECLINED: the order exists and reads `failed`',
  })
  orderId?: string;

  @ApiPropertyOptional({
    type: [ShortageBody],
    description: 'With OUT_OF_STOCK; empty when nothing could be reserved in time',
  })
  items?: ShortageBody[];

  @ApiPropertyOptional({ example: 3, type: 'integer', description: 'With INSUFFICIENT_STOCK: what there is' })
  available?: number;
}

const EXTRAS: Partial<Record<Reason, Partial<Problem>>> = {
  VALIDATION_FAILED: { errors: [{ field: 'colour', message: 'property colour should not exist' }] },
  OUT_OF_STOCK: { orderId: ORDER_ID, items: [{ productId: PRODUCT_ID, requested: 2, available: 1 }] },
  PAYMENT_DECLINED: { orderId: ORDER_ID },
  INSUFFICIENT_STOCK: { available: 3 },
};

const RETRY_AFTER = { description: 'Seconds to wait', schema: { type: 'integer' as const, example: 1 } };
type Headers = Record<string, { description: string; schema: object }>;

const HEADERS: Partial<Record<number, Headers>> = {
  401: {
    'WWW-Authenticate': {
      description: 'RFC 6750',
      schema: { type: 'string', example: 'Bearer error="invalid_token"' },
    },
  },
  429: { 'Retry-After': RETRY_AFTER },
  503: { 'Retry-After': RETRY_AFTER },
};
/** The header of an answer that was given before. */
export const REPLAYED_HEADER = {
  'Idempotent-Replayed': { description: 'true when the key was used before', schema: { type: 'string' as const } },
};
/** In addition to those of the status. */
const HEADERS_OF_CODES: Partial<Record<Reason, Headers>> = {
  REQUEST_IN_PROGRESS: { 'Retry-After': RETRY_AFTER },
  ORDER_NOT_CANCELLABLE: { 'Retry-After': { ...RETRY_AFTER, description: 'While it is being paid: seconds to wait' } },
  OUT_OF_STOCK: REPLAYED_HEADER,
  PAYMENT_DECLINED: REPLAYED_HEADER,
};

/** The problems a route may answer with, for the OpenAPI document; those that any route may have are added by openapi.ts. */
export function ApiProblems(...codes: Reason[]): MethodDecorator {
  const statuses = [...new Set(codes.map((code) => REASONS[code].http))];
  return applyDecorators(
    ApiExtraModels(Problem),
    ...statuses.map((status) => ApiResponse({ status, ...problemResponse(withStatus(codes, status)) })),
  );
}

/** One response of the document, for codes of one status, with an example for each. */
export function problemResponse(codes: readonly Reason[]) {
  const examples = codes.map((code) => [code, { value: exampleOf(code) }] as const);
  const ofStatus = HEADERS[REASONS[codes[0] ?? 'INTERNAL'].http];
  const headers = Object.assign({}, ofStatus, ...codes.map((code) => HEADERS_OF_CODES[code])) as Headers;
  return {
    description: codes.map((code) => `${code}: ${REASONS[code].title}`).join(' · '),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(Problem) },
        examples: Object.fromEntries(examples),
      },
    },
  };
}

function withStatus(codes: readonly Reason[], status: number): Reason[] {
  return codes.filter((code) => REASONS[code].http === status);
}

function exampleOf(code: Reason): Partial<Problem> {
  const { http, title } = REASONS[code];
  const type = `urn:shop:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  return { type, title, status: http, detail: title, instance: '/', code, requestId: REQUEST_ID, ...EXTRAS[code] };
}
