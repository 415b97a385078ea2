import { applyDecorators, type PipeTransform } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { DomainError, type Reason } from '@shop/service-kit';
import { IsObject, IsString, Length, Matches, ValidateIf, ValidateNested } from 'class-validator';

// PostgreSQL refuses NUL in text, and the others have no place in one line.
const NO_CONTROL_CHARACTERS = { message: '$property must not contain control characters' };
const CONTROL = '\\u0000-\\u001f\\u007f-\\u009f';
const BLANK = '\\s\\ufeff';

/* For the OpenAPI document: patterns that say no less and no more than the rules, in the syntax that ECMAScript, Python and Rust share. */

const LINE = `^[^${CONTROL}]*$`;
const LINE_WITH_TEXT = `^[^${CONTROL}]*[^${BLANK}${CONTROL}][^${CONTROL}]*$`;
/** One line that neither begins nor ends with a space. */
export const TIDY_LINE = `^[^${BLANK}${CONTROL}]([^${CONTROL}]*[^${BLANK}${CONTROL}])?$`;

const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Absent is fine, null is not: it would mean "make it nothing". */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

/** One line of text that says something. */
export function Line(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    Matches(/^\P{Cc}*$/u, NO_CONTROL_CHARACTERS),
    ...(min > 0 ? [Matches(/\S/, { message: '$property must not be blank' })] : []),
    Length(min, max),
    IsString(),
    ApiProperty({ ...(min > 0 ? { minLength: min } : {}), maxLength: max, pattern: min > 0 ? LINE_WITH_TEXT : LINE }),
  );
}

/** For the OpenAPI document: one line of so many characters; spaces around it do not count. */
export function lineToTrim(max: number) {
  const line = `[^${BLANK}${CONTROL}]([^${CONTROL}]{0,${max - 2}}[^${BLANK}${CONTROL}])?`;
  return { minLength: 1, maxLength: 1000, pattern: `^[${BLANK}]*${line}[${BLANK}]*$` };
}

/** An object with rules of its own; without the first rule an empty array would pass as one. */
export function Nested(): PropertyDecorator {
  return applyDecorators(ValidateNested(), IsObject());
}

/** What cannot be an id of ours answers as an id that nothing has. */
export class IdPipe implements PipeTransform<string, string> {
  constructor(private readonly reason: Reason = 'NOT_FOUND') {}

  transform(id: string): string {
    if (!ID.test(id)) throw new DomainError(this.reason);
    return id;
  }
}
