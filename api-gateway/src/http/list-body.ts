import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** What every list has besides its items. */
export abstract class PageBody {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'WyIyMDI2LTExLTI0Il0',
    description: 'For `?cursor=`; null on the last page',
  })
  nextCursor: string | null;

  @ApiPropertyOptional({ type: 'integer', example: 137, description: 'Only when `?page=` was given' })
  total?: number;
}

/** For the OpenAPI document: what a list's answer carries in its head. */
export const LINK_HEADER = {
  Link: { description: '`<…>; rel="next"` unless this is the last page', schema: { type: 'string' as const } },
};
