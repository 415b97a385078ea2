import { applyDecorators } from '@nestjs/common';
import { ApiNoContentResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

const NAME = 'Clear-Site-Data';

/** A browser whose session has ended forgets what it kept of this origin, the token in /docs too. */
export function forgetHere(reply: FastifyReply): void {
  void reply.header(NAME, '"cache", "cookies", "storage"');
}

/** 204 with that header, in the OpenAPI document. */
export function ApiForgets(): MethodDecorator {
  const header = { description: 'What a browser keeps of this origin goes', schema: { type: 'string' as const } };
  return applyDecorators(ApiNoContentResponse({ headers: { [NAME]: header } }));
}
