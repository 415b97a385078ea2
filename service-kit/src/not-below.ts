import { ValidateBy, type ValidationArguments } from 'class-validator';

/** The upper end of a range of numbers or times (RFC 3339): where the lower one is given too, it is no larger. */
export function NotBelow(other: string): PropertyDecorator {
  return ValidateBy({
    name: 'notBelow',
    validator: {
      // What cannot be compared is named by other rules.
      validate: (value: unknown, args?: ValidationArguments) =>
        !(orderOf(value) < orderOf((args?.object as Record<string, unknown>)[other])),
      defaultMessage: () => `$property must not be less than ${other}`,
    },
  });
}

function orderOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : typeof value === 'number' ? value : NaN;
}
