import { applyDecorators } from '@nestjs/common';
import type { types } from '@shop/proto';
import { IsInt, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';

/** One line of text, from `min` to `max` characters. PostgreSQL refuses NUL, and the others have no place in one line. */
export function PlainText(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    Matches(/^\P{Cc}*$/u, { message: '$property must not contain control characters' }),
    Length(min, max),
    IsString(),
  );
}

/** Amounts stay exact in a JavaScript number. */
export const MAX_AMOUNT = 1_000_000_000_000;

export class MoneyDto implements types.Money {
  @IsInt()
  @Min(1)
  @Max(MAX_AMOUNT)
  amount: number;

  @IsString()
  @Length(3, 3)
  @Matches(/^[A-Z]{3}$/, { message: 'currency must be an ISO 4217 code in upper case' })
  currency: string;
}

/** Shape only; `pageOf` has the rules. */
export class PageRequestDto implements types.PageRequest {
  @IsInt()
  limit: number;

  @IsString()
  @MaxLength(1000)
  cursor: string;

  @IsInt()
  page: number;
}
