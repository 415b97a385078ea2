import { ApiPropertyOptional } from '@nestjs/swagger';
import type { types } from '@shop/proto';
import { DomainError } from '@shop/service-kit';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';

const DEFAULT_LIMIT = 20;
const MAX_PAGE = 10_000;

/** `?limit=`, `?cursor=`, `?page=` of every list. */
export class ListQueryDto {
  @ApiPropertyOptional({
    minimum: 1,
    maximum: 100,
    default: DEFAULT_LIMIT,
    type: 'integer',
    description: 'How many at most',
  })
  @IsOptional()
  @QueryInt()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before', type: String, minLength: 1, maxLength: 1000 })
  @IsOptional()
  @IsString()
  @Length(1, 1000)
  cursor?: string;

  @ApiPropertyOptional({
    minimum: 1,
    maximum: MAX_PAGE,
    type: 'integer',
    description: 'By number, with a `total`; not together with `cursor`',
  })
  @IsOptional()
  @QueryInt()
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE)
  page?: number;

  /** As the services want it. */
  pageRequest(): types.PageRequest {
    if (this.cursor !== undefined && this.page !== undefined) {
      throw new DomainError('VALIDATION_FAILED', {
        fields: [{ field: 'cursor', message: 'use either page or cursor' }],
      });
    }
    return { limit: this.limit ?? DEFAULT_LIMIT, cursor: this.cursor ?? '', page: this.page ?? 0 };
  }
}

/** A whole number in a query string becomes one; anything else is left for the validation to refuse. */
export function QueryInt(): PropertyDecorator {
  return Transform(({ value }) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value));
}

/** "true" and "false" of a query string. */
export function QueryBool(): PropertyDecorator {
  return Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value));
}

export interface ListBody<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
  readonly total?: number;
}

/** The body of a list, and its `Link` header. */
export function toListBody<T>(
  reply: FastifyReply,
  request: FastifyRequest,
  list: { readonly items: readonly T[]; readonly page?: types.PageInfo | null },
): ListBody<T> {
  setNextLink(reply, request, list.page);
  return listBodyOf(list.items, list.page);
}

export function listBodyOf<T>(items: readonly T[], page?: types.PageInfo | null): ListBody<T> {
  const total = page?.total;
  return { items, nextCursor: page?.nextCursor || null, ...(typeof total === 'number' ? { total } : {}) };
}

export function setNextLink(reply: FastifyReply, request: FastifyRequest, page?: types.PageInfo | null): void {
  const next = nextLink(request, page?.nextCursor || null, page?.total);
  if (next) void reply.header('link', `<${next}>; rel="next"`);
}

function nextLink(request: FastifyRequest, nextCursor: string | null, total?: number): string | undefined {
  const [path = '/', query] = request.originalUrl.split('?');
  const parameters = new URLSearchParams(query);
  const page = Number(parameters.get('page') ?? 0);
  const limit = Number(parameters.get('limit') ?? DEFAULT_LIMIT);
  if (page > 0) {
    if (page * limit >= (total ?? 0)) return undefined;
    parameters.set('page', String(page + 1));
  } else {
    if (!nextCursor) return undefined;
    parameters.set('cursor', nextCursor);
  }
  return `${path}?${parameters.toString()}`;
}
