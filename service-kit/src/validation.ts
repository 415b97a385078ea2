import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { DomainError, type FieldError } from './errors';

/** Unknown fields are refused, nothing is coerced, and every wrong field is named. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors: ValidationError[]) =>
      new DomainError('VALIDATION_FAILED', { fields: errors.flatMap((error) => fieldErrors(error)) }),
  });
}

// Of a number where a text belongs, nobody wants to read that it is too short.
const MOST_TELLING_FIRST = [
  'whitelistValidation',
  'isDefined',
  'isString',
  'isInt',
  'isNumber',
  'isBoolean',
  'isArray',
  'isObject',
  'nestedValidation',
];

function mostTelling(constraints: Record<string, string> = {}): string | undefined {
  const name = MOST_TELLING_FIRST.find((each) => each in constraints);
  return name ? constraints[name] : Object.values(constraints)[0];
}

function fieldErrors(error: ValidationError, parent = ''): FieldError[] {
  const field = parent ? `${parent}.${error.property}` : error.property;
  const message = mostTelling(error.constraints);
  return [
    ...(message ? [{ field, message }] : []),
    ...(error.children ?? []).flatMap((child) => fieldErrors(child, field)),
  ];
}
