import type { FastifyReply } from 'fastify';

/** For the OpenAPI document. */
export const LOCATION_HEADER = {
  Location: { description: 'Where it can be read', schema: { type: 'string' as const } },
};

/** `Location` of what a POST to a collection has made, under the version the client uses. */
export function setLocation(reply: FastifyReply, id: string): void {
  const [collection = ''] = reply.request.originalUrl.split('?');
  void reply.header('location', `${collection}/${id}`);
}
