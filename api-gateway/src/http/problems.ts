import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { type Reason, REASONS } from '@shop/service-kit';

class FieldProblem {
  @ApiProperty({ example: 'email' })
  field: string;

  @ApiProperty({ example: 'email must be an email' })
  message: string;
}

/** RFC 9457, as every error is answered. */
export class Problem {
  @ApiProperty({ example: 'urn:shop:problem:validation-failed' })
  type: string;

  @ApiProperty({ example: REASONS.VALIDATION_FAILED.title })
  title: string;

  @ApiProperty({ example: 400 })
  status: number;

  @ApiProperty({ example: REASONS.VALIDATION_FAILED.title })
  detail: string;

  @ApiProperty({ example: '/orders' })
  instance: string;

  @ApiProperty({ enum: Object.keys(REASONS), enumName: 'ProblemCode', description: 'Stable; made for programs' })
  code: Reason;

  @ApiProperty({ example: '3d6f3d6e-6b7c-4f0e-9d0c-0c1a2b3c4d5e' })
  requestId: string;

  @ApiPropertyOptional({ type: [FieldProblem] })
  errors?: FieldProblem[];
}

/** The problems a route may answer with, for the OpenAPI document; those that any route may have are added by openapi.ts. */
export function ApiProblems(...codes: Reason[]): MethodDecorator {
  const statuses = [...new Set(codes.map((code) => REASONS[code].http))];
  return applyDecorators(
    ApiExtraModels(Problem),
    ...statuses.map((status) => ApiResponse({ status, ...problemResponse(withStatus(codes, status)) })),
  );
}

/** One response of the document with an example for each code. */
export function problemResponse(codes: readonly Reason[]) {
  const examples = codes.map((code) => [code, { value: exampleOf(code) }] as const);
  return {
    description: codes.map((code) => `${code}: ${REASONS[code].title}`).join(' · '),
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
  return { type, title, status: http, detail: title, instance: '/…', code, requestId: '3d6f3d6e-6b7c-4f0e' };
}
