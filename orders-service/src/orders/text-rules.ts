import { applyDecorators } from '@nestjs/common';
import { IsString, Length, Matches } from 'class-validator';

/** One line of text, from `min` to `max` characters. PostgreSQL refuses NUL, and no address needs the others. */
export function PlainText(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    Matches(/^\P{Cc}*$/u, { message: '$property must not contain control characters' }),
    Length(min, max),
    IsString(),
  );
}
