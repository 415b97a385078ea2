import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsEmail, Matches, MaxLength, ValidateBy } from 'class-validator';

const NO_CONTROL_CHARACTERS = /^\P{Cc}*$/u;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const MOST_DETAILS = 30;
const LONGEST_DETAIL = 500;

/** Nobody can have an address there (RFC 2606); erased accounts once had. */
export const ERASED_DOMAIN = 'erased.invalid';

/** Spaces around the value do not count. */
export function Trimmed(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));
}

/** An address in ASCII: two that look alike or differ by an exotic case never become two accounts, or one. */
export function EmailAddress(): PropertyDecorator {
  return applyDecorators(
    Trimmed(),
    Matches(/^[!-~]+$/, { message: '$property must be an email address' }),
    IsEmail({ host_blacklist: [ERASED_DOMAIN] }),
    MaxLength(254),
  );
}

/** RFC 3339, from 1970 on. */
export function Timestamp(): PropertyDecorator {
  return ValidateBy({
    name: 'timestamp',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && TIMESTAMP.test(value) && Date.parse(value) >= 0,
      defaultMessage: () => '$property must be a time as in RFC 3339',
    },
  });
}

/** Names with short texts. */
export function Details(): PropertyDecorator {
  return ValidateBy({
    name: 'details',
    validator: {
      validate: (value: unknown) => typeof value === 'object' && value !== null && areDetails(Object.entries(value)),
      defaultMessage: () => `$property must be at most ${MOST_DETAILS} short texts`,
    },
  });
}

function areDetails(entries: [string, unknown][]): boolean {
  const isShort = (text: unknown) =>
    typeof text === 'string' && text.length <= LONGEST_DETAIL && NO_CONTROL_CHARACTERS.test(text);
  return entries.length <= MOST_DETAILS && entries.flat().every(isShort);
}
